#include "writer.h"

#include <inttypes.h>
#include <string.h>

int writer_cbor(struct writer *writer, const struct snapshot_item *item, const unsigned char **cbor, size_t *bytes)
{
	int error;

	*cbor = item->cbor;
	*bytes = item->bytes;
	if (item->cbor)
		return 0;
	error = snapshot_encode_event(item->event, &writer->cbor, &writer->cbor_room, bytes);
	*cbor = writer->cbor;
	if (error)
		snprintf(writer->error->text, sizeof(writer->error->text), "cannot encode: %s", strerror(-error));
	return error;
}

void writer_json_string(FILE *out, const char *string)
{
	if (string)
		snapshot_print_json_text(out, string, strlen(string));
	else
		fputs("null", out);
}

void writer_json_value(FILE *out, const struct event_value *value)
{
	switch (value->type) {
	case VALUE_SIGNED:
		fprintf(out, "%" PRId64, value->number.i);
		break;
	case VALUE_UNSIGNED:
		fprintf(out, "%" PRIu64, value->number.u);
		break;
	case VALUE_DOUBLE:
		snapshot_print_json_double(out, value->number.d);
		break;
	case VALUE_BOOL:
		fputs(value->number.u ? "true" : "false", out);
		break;
	case VALUE_POINTER:
		fprintf(out, "\"0x%" PRIx64 "\"", value->number.u);
		break;
	default:
		if (value->string)
			snapshot_print_json_text(out, value->string, value->string_bytes);
		else
			fputs("null", out);
	}
}

void writer_json_values(FILE *out, const struct snapshot_event *event)
{
	char room[SNAPSHOT_KEY_BYTES];

	putc('{', out);
	for (size_t i = 0; i < event->value_count; i++) {
		fputs(i ? ", " : "", out);
		writer_json_string(out, snapshot_value_key(event->values, i, room));
		fputs(": ", out);
		writer_json_value(out, &event->values[i].value);
	}
	putc('}', out);
}
