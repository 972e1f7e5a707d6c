#include "decoder.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/*
 * Memory that a file may cost: a member of a struct takes more room than its bytes in the file, but never MEMORY_FACTOR times
 * as much in a file that ttlog wrote. So a small hostile file cannot ask for gigabytes.
 */
#define MEMORY_FACTOR 16u
#define MEMORY_BASE   ((size_t)1 << 20)

static void *allocate(struct decoder *decoder, uint64_t count, size_t bytes)
{
	size_t total;

	if (__builtin_mul_overflow(count, bytes, &total) || total > decoder->budget) {
		decoder_fail(decoder,
			     "damaged at byte %" PRIu64 " of the CBOR: a list needs more memory than the file's size allows",
			     decoder->reader.origin + decoder->reader.at);
		return NULL;
	}
	decoder->budget -= total;
	return arena_alloc(decoder->arena, count, bytes);
}

/* Containers ------------------------------------------------------------------------------------------------------------------ */

/* Enters an array or map and allocates its items. *storage stays NULL where it is empty. */
static int enter(struct decoder *decoder, const char *name, const struct cbor_token *token, enum cbor_kind kind, size_t item_bytes,
		 struct cbor_items *items, void **storage, uint64_t *count)
{
	*storage = NULL;
	if (token->kind != kind)
		return decoder_fail_type(decoder, name, kind == CBOR_MAP ? "a map" : "an array");
	if (reader_enter(&decoder->reader, token, items) || reader_count(&decoder->reader, token, count))
		return decoder_fail_read(decoder);
	if (!*count)
		return 0;
	*storage = allocate(decoder, *count, item_bytes);
	return *storage ? 0 : -EBADMSG;
}

static int decode_strings(struct decoder *decoder, const struct field *field, const struct cbor_token *token, const char ***strings,
			  size_t *count)
{
	struct cbor_items items;
	struct cbor_token item;
	void *storage;
	uint64_t most;
	int error = enter(decoder, field->name, token, CBOR_ARRAY, sizeof(char *), &items, &storage, &most);

	*strings = storage;
	for (*count = 0; !error && reader_more(&decoder->reader, &items); *count += !error) {
		error = decoder_next(decoder, &item);
		if (!error)
			error = decode_string(decoder, field->name, &item, &(*strings)[*count]);
	}
	return error;
}

static int decode_list(struct decoder *decoder, const struct field *field, const struct cbor_token *token, void *list,
		       size_t *count)
{
	struct cbor_items items;
	void *storage;
	uint64_t most;
	int error = enter(decoder, field->name, token, CBOR_ARRAY, field->of->bytes, &items, &storage, &most);

	memcpy(list, &storage, sizeof(storage));
	for (*count = 0; !error && reader_more(&decoder->reader, &items); ++*count)
		error = decode_struct(decoder, field->of, (char *)storage + *count * field->of->bytes);
	return error;
}

/* One "name: value" of a map whose names are data. */
static int decode_pair(struct decoder *decoder, const char *what, const char **name, struct cbor_token *value)
{
	struct cbor_token key;
	int error = decoder_next(decoder, &key);

	if (!error)
		error = decode_string(decoder, what, &key, name);
	return error ? error : decoder_next(decoder, value);
}

static int decode_registers(struct decoder *decoder, const struct cbor_token *token, struct snapshot_register **registers,
			    size_t *count)
{
	struct cbor_items items;
	struct cbor_token value;
	void *storage;
	uint64_t most;
	int error = enter(decoder, "registers", token, CBOR_MAP, sizeof(**registers), &items, &storage, &most);

	*registers = storage;
	for (*count = 0; !error && reader_more(&decoder->reader, &items); *count += !error) {
		struct snapshot_register *one = &(*registers)[*count];
		error = decode_pair(decoder, "registers", &one->name, &value);
		if (!error)
			error = decode_unsigned(decoder, "registers", &value, UINT64_MAX, &one->value);
	}
	return error;
}

static int decode_value_string(struct decoder *decoder, const struct cbor_token *token, struct event_value *value)
{
	if (!token->data || token->bytes > UINT32_MAX)
		return decoder_fail_type(decoder, "kv", "made of plain values");
	value->type = VALUE_STRING;
	value->string = arena_bytes(decoder->arena, token->data, token->bytes);
	value->string_bytes = (uint32_t)token->bytes;
	return 0;
}

/* Integers come back as unsigned where they are not negative: the value is the same. Pointers come back as text. */
static int decode_value(struct decoder *decoder, const struct cbor_token *token, struct event_value *value)
{
	switch (token->kind) {
	case CBOR_UNSIGNED:
		value->type = VALUE_UNSIGNED;
		value->number.u = token->number;
		return 0;
	case CBOR_NEGATIVE:
		value->type = VALUE_SIGNED;
		return decode_signed(decoder, "kv", token, INT64_MAX, &value->number.i);
	case CBOR_NUMBER:
		value->type = VALUE_DOUBLE;
		value->number.d = token->real;
		return 0;
	case CBOR_TRUTH:
		value->type = VALUE_BOOL;
		value->number.u = token->number;
		return 0;
	case CBOR_TEXT:
	case CBOR_BYTES:
		return decode_value_string(decoder, token, value);
	case CBOR_NONE:
		value->type = VALUE_STRING;
		return 0;
	default:
		return decoder_fail_type(decoder, "kv", "made of plain values");
	}
}

static int decode_values(struct decoder *decoder, const struct cbor_token *token, struct snapshot_value **values, size_t *count)
{
	struct cbor_items items;
	struct cbor_token value;
	void *storage;
	uint64_t most;
	int error = enter(decoder, "kv", token, CBOR_MAP, sizeof(**values), &items, &storage, &most);

	*values = storage;
	for (*count = 0; !error && reader_more(&decoder->reader, &items); *count += !error) {
		struct snapshot_value *one = &(*values)[*count];
		error = decode_pair(decoder, "kv", &one->key, &value);
		if (!error)
			error = decode_value(decoder, &value, &one->value);
	}
	return error;
}

/* Stages are few and in place; what does not fit is passed over. */
static int decode_stages(struct decoder *decoder, const struct cbor_token *token)
{
	const size_t room = sizeof(decoder->snapshot->agent.stages) / sizeof(decoder->snapshot->agent.stages[0]);
	size_t *count = &decoder->snapshot->agent.stage_count;
	struct snapshot_register *stages;
	size_t found = 0;
	int error = decode_registers(decoder, token, &stages, &found);

	for (*count = 0; !error && *count < found && *count < room; ++*count) {
		decoder->snapshot->agent.stages[*count].name = stages[*count].name;
		decoder->snapshot->agent.stages[*count].ns = stages[*count].value;
	}
	return error;
}

/* Structs --------------------------------------------------------------------------------------------------------------------- */

/* decode_struct() reads the head of the map itself: give it back. */
static int decode_record(struct decoder *decoder, const struct field *field, size_t start, void *object)
{
	decoder->reader.at = start;
	return decode_struct(decoder, field->of, object);
}

/* The counterpart of encode_field(). `start` is where the item begins. */
static int decode_field(struct decoder *decoder, const struct field *field, const struct cbor_token *token, size_t start,
			void *object)
{
	void *at = (char *)object + field->at;
	void *other = (char *)object + field->other;

	switch (field->kind) {
	case FIELD_U32:
		return decode_u32(decoder, field->name, token, at);
	case FIELD_U64:
		return decode_unsigned(decoder, field->name, token, UINT64_MAX, at);
	case FIELD_INT:
		return decode_int(decoder, field->name, token, at);
	case FIELD_I64:
		return decode_signed(decoder, field->name, token, INT64_MAX, at);
	case FIELD_BOOL:
		return decode_bool(decoder, field->name, token, at);
	case FIELD_DOUBLE:
		return decode_double(decoder, field->name, token, at);
	case FIELD_STRING:
		return decode_string(decoder, field->name, token, at);
	case FIELD_TEXT:
		return decode_text(decoder, field->name, token, at);
	case FIELD_LEVEL:
		return decode_level(decoder, token, at);
	case FIELD_SOURCE:
		return decode_source(decoder, token, at);
	case FIELD_STRINGS:
		return decode_strings(decoder, field, token, at, other);
	case FIELD_RECORD:
		return decode_record(decoder, field, start, at);
	case FIELD_LIST:
		return decode_list(decoder, field, token, at, other);
	case FIELD_REGISTERS:
		return decode_registers(decoder, token, at, other);
	case FIELD_VALUES:
		return decode_values(decoder, token, at, other);
	case FIELD_STAGES:
		return decode_stages(decoder, token);
	}
	return -EBADMSG;
}

/* Keys come in the order of the table as a rule: the search begins behind the last one found. */
static const struct field *field_find(const struct schema *schema, const struct cbor_token *key, size_t *from)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct field *field = &schema->fields[(*from + i) % schema->count];
		if (strlen(field->name) == key->bytes && !memcmp(field->name, key->data, key->bytes)) {
			*from = (*from + i + 1) % schema->count;
			return field;
		}
	}
	return NULL;
}

int decode_member(struct decoder *decoder, const struct schema *schema, size_t *from, void *object)
{
	const struct field *field = NULL;
	struct cbor_token key, value;
	size_t start;
	int error = decoder_next(decoder, &key);

	if (error)
		return error;
	if (decoder_is_string(&key))
		field = field_find(schema, &key, from);
	else if (decoder_skip(decoder, &key))
		return -EBADMSG;
	start = decoder->reader.at;
	error = decoder_next(decoder, &value);
	decoder->snapshot->unknown_keys += !field;
	if (error || !field)
		return error ? error : decoder_skip(decoder, &value);
	if (field->when == WHEN_FLAG)
		*(bool *)((char *)object + field->other) = true;
	return decode_field(decoder, field, &value, start, object);
}

int decode_struct(struct decoder *decoder, const struct schema *schema, void *object)
{
	struct cbor_items items;
	struct cbor_token token;
	size_t from = 0;
	int error = decoder_next(decoder, &token);

	if (error)
		return error;
	if (token.kind != CBOR_MAP)
		return decoder_fail_type(decoder, schema->name, "a map");
	if (reader_enter(&decoder->reader, &token, &items))
		return decoder_fail_read(decoder);
	while (!error && reader_more(&decoder->reader, &items))
		error = decode_member(decoder, schema, &from, object);
	return error;
}

/* File ------------------------------------------------------------------------------------------------------------------------ */

/* Paths of modules are used without asking; everything else may be missing. */
int decode_check(struct decoder *decoder)
{
	const struct snapshot *snapshot = decoder->snapshot;

	if (!snapshot->version)
		return decoder_fail(decoder, "not a ttlog snapshot: it has no version");
	if (snapshot->version > SNAPSHOT_VERSION)
		return decoder_fail(decoder, "made by a newer ttlog (snapshot version %" PRIu32 ")", snapshot->version);
	for (size_t i = 0; i < snapshot->module_count; i++) {
		if (!snapshot->modules[i].path)
			return decoder_fail(decoder, "damaged: a module has no path");
	}
	return 0;
}

void decoder_init(struct decoder *decoder, struct snapshot *snapshot, struct arena *arena, struct arena *names,
		  struct snapshot_error *error)
{
	memset(decoder, 0, sizeof(*decoder));
	decoder->snapshot = snapshot;
	decoder->arena = arena;
	decoder->names = names;
	decoder->error = error;
	decoder->budget = MEMORY_BASE;
	error->text[0] = '\0';
	error->offset = 0;
}

void decoder_feed(struct decoder *decoder, const unsigned char *data, size_t bytes, uint64_t origin)
{
	size_t more;

	reader_init(&decoder->reader, data, bytes);
	decoder->reader.origin = origin;
	if (__builtin_mul_overflow(bytes, (size_t)MEMORY_FACTOR, &more) ||
	    __builtin_add_overflow(decoder->budget, more, &decoder->budget))
		decoder->budget = SIZE_MAX;
}

int snapshot_decode(struct snapshot *snapshot, const unsigned char *cbor, size_t bytes, struct snapshot_error *error)
{
	struct decoder decoder;
	int result;

	decoder_init(&decoder, snapshot, &snapshot->arena, &snapshot->arena, error);
	decoder_feed(&decoder, cbor, bytes, 0);
	snapshot->version = 0;
	snapshot->unknown_keys = 0;
	result = decode_struct(&decoder, &schema_snapshot, snapshot);
	if (!result && decoder.reader.at != bytes)
		result = decoder_fail(&decoder, "%zu bytes behind the end of the snapshot, at byte %zu of the CBOR",
				      bytes - decoder.reader.at, decoder.reader.at);
	return result ? result : decode_check(&decoder);
}
