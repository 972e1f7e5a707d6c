#include "cbor_writer.h"
#include "schema.h"
#include "snapshot.h"
#include "stream.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void encode_struct(struct cbor_writer *writer, const struct schema *schema, const void *object);

/* Members by offset ----------------------------------------------------------------------------------------------------------- */

static const void *member(const void *object, size_t at)
{
	return (const char *)object + at;
}

static size_t size_at(const void *object, size_t at)
{
	return *(const size_t *)member(object, at);
}

static const void *pointer_at(const void *object, size_t at)
{
	const void *pointer;

	memcpy(&pointer, member(object, at), sizeof(pointer));
	return pointer;
}

static bool is_set(const struct field *field, const void *object)
{
	switch (field->kind) {
	case FIELD_U32:
	case FIELD_INT:
		return *(const uint32_t *)member(object, field->at) != 0;
	case FIELD_U64:
	case FIELD_I64:
		return *(const uint64_t *)member(object, field->at) != 0;
	case FIELD_BOOL:
		return *(const bool *)member(object, field->at);
	case FIELD_DOUBLE:
		return *(const double *)member(object, field->at) != 0;
	case FIELD_STRINGS:
	case FIELD_LIST:
	case FIELD_REGISTERS:
	case FIELD_VALUES:
	case FIELD_STAGES:
		return size_at(object, field->other) != 0;
	default:
		return pointer_at(object, field->at) != NULL;
	}
}

static bool is_wanted(const struct field *field, const void *object)
{
	switch (field->when) {
	case WHEN_SET:
		return is_set(field, object);
	case WHEN_POINTER:
		return pointer_at(object, field->other) != NULL;
	case WHEN_FLAG:
		return *(const bool *)member(object, field->other);
	default:
		return true;
	}
}

/* Values ---------------------------------------------------------------------------------------------------------------------- */

static void encode_string(struct cbor_writer *writer, const char *string)
{
	writer_text(writer, string ? string : "", string ? strlen(string) : 0);
}

static void encode_strings(struct cbor_writer *writer, const char *const *strings, size_t count)
{
	writer_array(writer, count);
	for (size_t i = 0; i < count; i++)
		encode_string(writer, strings[i]);
}

static void encode_list(struct cbor_writer *writer, const struct schema *schema, const char *items, size_t count)
{
	writer_array(writer, count);
	for (size_t i = 0; i < count; i++)
		encode_struct(writer, schema, items + i * schema->bytes);
}

static void encode_registers(struct cbor_writer *writer, const struct snapshot_register *registers, size_t count)
{
	writer_map(writer, count);
	for (size_t i = 0; i < count; i++) {
		encode_string(writer, registers[i].name);
		writer_unsigned(writer, registers[i].value);
	}
}

/* A pointer is written as text, so that JavaScript and jq, which know doubles only, show it exactly. */
static void encode_pointer(struct cbor_writer *writer, uint64_t value)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "0x%" PRIx64, value);

	writer_text(writer, text, (size_t)length);
}

static void encode_value(struct cbor_writer *writer, const struct event_value *value)
{
	switch (value->type) {
	case VALUE_SIGNED:
		writer_signed(writer, value->number.i);
		break;
	case VALUE_UNSIGNED:
		writer_unsigned(writer, value->number.u);
		break;
	case VALUE_DOUBLE:
		writer_double(writer, value->number.d);
		break;
	case VALUE_BOOL:
		writer_bool(writer, value->number.u != 0);
		break;
	case VALUE_POINTER:
		encode_pointer(writer, value->number.u);
		break;
	default:
		if (value->type == VALUE_STRING && value->string)
			writer_text(writer, value->string, value->string_bytes);
		else
			writer_null(writer);
	}
}

static bool key_is_used(const struct snapshot_value *values, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(values[i].key, key))
			return true;
	}
	return false;
}

/* The keys of a CBOR map must differ (RFC 8949, 5.6), those of a macro call need not: a second "id" becomes "id#2". */
const char *snapshot_value_key(const struct snapshot_value *values, size_t at, char room[SNAPSHOT_KEY_BYTES])
{
	if (!key_is_used(values, at, values[at].key))
		return values[at].key;
	snprintf(room, SNAPSHOT_KEY_BYTES, "%.480s#%zu", values[at].key, at + 1);
	return room;
}

static void encode_values(struct cbor_writer *writer, const struct snapshot_value *values, size_t count)
{
	char room[SNAPSHOT_KEY_BYTES];

	writer_map(writer, count);
	for (size_t i = 0; i < count; i++) {
		encode_string(writer, snapshot_value_key(values, i, room));
		encode_value(writer, &values[i].value);
	}
}

static void encode_stages(struct cbor_writer *writer, const struct snapshot *snapshot)
{
	writer_map(writer, snapshot->agent.stage_count);
	for (size_t i = 0; i < snapshot->agent.stage_count; i++) {
		encode_string(writer, snapshot->agent.stages[i].name);
		writer_unsigned(writer, snapshot->agent.stages[i].ns);
	}
}

static void encode_text(struct cbor_writer *writer, const struct snapshot_text *text)
{
	writer_text(writer, text->data, text->bytes);
}

static const char *source_word(unsigned source)
{
	const char *name = source_name(source);

	return name ? name : "unknown";
}

static const char *level_word(unsigned level)
{
	const char *name = level_name(level);

	return name ? name : "info";
}

/* The one place that knows how each kind looks in the file; its counterpart is decode_field(). */
static void encode_field(struct cbor_writer *writer, const struct field *field, const void *object)
{
	const void *at = member(object, field->at);

	switch (field->kind) {
	case FIELD_U32:
		writer_unsigned(writer, *(const uint32_t *)at);
		break;
	case FIELD_U64:
		writer_unsigned(writer, *(const uint64_t *)at);
		break;
	case FIELD_INT:
		writer_signed(writer, *(const int *)at);
		break;
	case FIELD_I64:
		writer_signed(writer, *(const int64_t *)at);
		break;
	case FIELD_BOOL:
		writer_bool(writer, *(const bool *)at);
		break;
	case FIELD_DOUBLE:
		writer_double(writer, *(const double *)at);
		break;
	case FIELD_STRING:
		encode_string(writer, pointer_at(object, field->at));
		break;
	case FIELD_TEXT:
		encode_text(writer, at);
		break;
	case FIELD_LEVEL:
		encode_string(writer, level_word(*(const unsigned *)at));
		break;
	case FIELD_SOURCE:
		encode_string(writer, source_word(*(const unsigned *)at));
		break;
	case FIELD_STRINGS:
		encode_strings(writer, pointer_at(object, field->at), size_at(object, field->other));
		break;
	case FIELD_RECORD:
		encode_struct(writer, field->of, at);
		break;
	case FIELD_LIST:
		encode_list(writer, field->of, pointer_at(object, field->at), size_at(object, field->other));
		break;
	case FIELD_REGISTERS:
		encode_registers(writer, pointer_at(object, field->at), size_at(object, field->other));
		break;
	case FIELD_VALUES:
		encode_values(writer, pointer_at(object, field->at), size_at(object, field->other));
		break;
	case FIELD_STAGES:
		encode_stages(writer, object);
		break;
	}
}

static void encode_members(struct cbor_writer *writer, size_t map, const struct schema *schema, const void *object)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct field *field = &schema->fields[i];
		if (!is_wanted(field, object))
			continue;
		writer_key(writer, map, field->name);
		encode_field(writer, field, object);
	}
}

static void encode_struct(struct cbor_writer *writer, const struct schema *schema, const void *object)
{
	encode_members(writer, writer_map_begin(writer), schema, object);
}

static int finish(const struct cbor_writer *writer, unsigned char **cbor, size_t *bytes, struct snapshot_error *error)
{
	if (writer->error) {
		free(writer->data);
		snprintf(error->text, sizeof(error->text), "cannot encode: %s", strerror(-writer->error));
		error->offset = writer->used;
		return writer->error;
	}
	*cbor = writer->data;
	*bytes = writer->used;
	return 0;
}

int snapshot_encode(const struct snapshot *snapshot, unsigned char **cbor, size_t *bytes, struct snapshot_error *error)
{
	struct cbor_writer writer = {0};

	encode_struct(&writer, &schema_snapshot, snapshot);
	return finish(&writer, cbor, bytes, error);
}

int snapshot_encode_event(const struct snapshot_event *event, unsigned char **cbor, size_t *room, size_t *bytes)
{
	struct cbor_writer writer = {.data = *cbor, .room = *room};

	encode_struct(&writer, &schema_event, event);
	*cbor = writer.data;
	*room = writer.room;
	*bytes = writer.used;
	return writer.error;
}
