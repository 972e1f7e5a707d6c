#include "value_text.h"

#include <inttypes.h>
#include <stdio.h>

const char *value_text(const struct event_value *value, char room[VALUE_TEXT_BYTES], size_t *bytes)
{
	int length;

	switch (value->type) {
	case VALUE_SIGNED:
		length = snprintf(room, VALUE_TEXT_BYTES, "%" PRId64, value->number.i);
		break;
	case VALUE_UNSIGNED:
		length = snprintf(room, VALUE_TEXT_BYTES, "%" PRIu64, value->number.u);
		break;
	case VALUE_DOUBLE:
		length = snprintf(room, VALUE_TEXT_BYTES, "%.10g", value->number.d);
		break;
	case VALUE_BOOL:
		length = snprintf(room, VALUE_TEXT_BYTES, "%s", value->number.u ? "true" : "false");
		break;
	case VALUE_POINTER:
		length = snprintf(room, VALUE_TEXT_BYTES, "0x%" PRIx64, value->number.u);
		break;
	default:
		if (value->string) {
			*bytes = value->string_bytes;
			return value->string;
		}
		length = snprintf(room, VALUE_TEXT_BYTES, "null");
	}
	*bytes = (size_t)length;
	return room;
}
