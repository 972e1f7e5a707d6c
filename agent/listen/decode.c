#include "decode.h"

#include "clock.h"
#include "recorder_file.h"
#include "text_level.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SCALE_NS = 500 * 1000000 };

struct decode_block {
	struct decode_block *next;
	char data[];
};

static void *allocate(void *context, size_t bytes)
{
	struct decode_memory *memory = context;
	struct decode_block *block = malloc(sizeof(*block) + bytes);
	if (!block)
		return NULL;
	block->next = memory->blocks;
	memory->blocks = block;
	return block->data;
}

static void release(struct decode_memory *memory)
{
	while (memory->blocks) {
		struct decode_block *block = memory->blocks;
		memory->blocks = block->next;
		free(block);
	}
}

int decoder_open(struct decoder *decoder, const struct recorder_view *view, const char *service, const char *redact)
{
	memset(decoder, 0, sizeof(*decoder));
	decoder->view = view;
	decoder->service = service;
	decoder->rules = redact_rules_create(redact);
	return decoder->rules ? 0 : -ENOMEM;
}

void decoder_close(struct decoder *decoder)
{
	release(&decoder->memory);
	for (unsigned i = 0; i < DECODE_READERS_MAX; i++)
		decoder_leave(decoder, i);
	if (decoder->rules)
		redact_rules_destroy(decoder->rules);
	decoder->rules = NULL;
}

/* Readers ----------------------------------------------------------------------------------------------------------------------- */

void decoder_leave(struct decoder *decoder, unsigned reader)
{
	struct decode_reader *it = &decoder->readers[reader];
	redact_flow_destroy(it->flow);
	redact_flow_destroy(it->kept);
	*it = (struct decode_reader){NULL, NULL};
}

/* NULL: no memory. */
static struct redact_flow *flow_of(struct decoder *decoder, unsigned reader)
{
	struct decode_reader *it = &decoder->readers[reader];
	if (it->kept)
		return it->flow;
	it->flow = redact_flow_create(decoder->rules);
	it->kept = redact_flow_create(decoder->rules);
	if (!it->flow || !it->kept)
		decoder_leave(decoder, reader);
	return it->flow;
}

void decoder_keep(struct decoder *decoder, unsigned reader)
{
	if (decoder->readers[reader].flow)
		redact_flow_copy(decoder->readers[reader].kept, decoder->readers[reader].flow);
}

void decoder_return(struct decoder *decoder, unsigned reader)
{
	if (decoder->readers[reader].flow)
		redact_flow_copy(decoder->readers[reader].flow, decoder->readers[reader].kept);
}

/* Where nobody has noted a pair for long, the present one stands for it. */
void decoder_begin(struct decoder *decoder, uint64_t now_ns)
{
	release(&decoder->memory);
	if (now_ns < decoder->scale_until_ns)
		return;
	const struct recorder_header *header = (const void *)decoder->view->base;
	const struct clock_pair now = clock_pair_now((enum clock_kind)header->clock.kind);
	clock_scale_init(&decoder->scale, &header->clock, recorder_view_pairs(decoder->view),
			 recorder.clock_kind == header->clock.kind ? &now : NULL);
	decoder->scale_until_ns = now_ns + SCALE_NS;
}

/* Texts ------------------------------------------------------------------------------------------------------------------------- */

static struct ttlog_text clean(struct decoder *decoder, const char *data, size_t bytes)
{
	struct redact_text text = {data, bytes};
	if (data)
		redact_rules_apply(decoder->rules, &text, allocate, &decoder->memory);
	return (struct ttlog_text){text.data, text.bytes};
}

static size_t without_line_end(const char *text, size_t bytes)
{
	if (bytes && text[bytes - 1] == '\n')
		bytes--;
	if (bytes && text[bytes - 1] == '\r')
		bytes--;
	return bytes;
}

static const struct site_view *site_of(const struct decoder *decoder, const struct record *record, struct site_view *site)
{
	const bool has = (record->flags & RECORD_HAS_SITE) && recorder_view_site(decoder->view, record->origin, site) == 0;
	return has ? site : NULL;
}

/* The text of the record where there is one, as it goes on with what its thread has begun; otherwise the literal of its call site. */
static struct ttlog_text message_of(struct decoder *decoder, unsigned reader, const struct record *record,
				    const struct site_view *site)
{
	if (!record->text_bytes && site && site->message.text)
		return clean(decoder, site->message.text, site->message.bytes);
	const bool whole = !redact_flow_is_stream(record->source) || (record->flags & RECORD_TRUNCATED);
	const struct redact_speaker speaker = {record->tid, record->source, whole};
	struct redact_text text = {record->text, record->text_bytes};
	struct redact_flow *flow = text.bytes ? flow_of(decoder, reader) : NULL;
	if (flow)
		redact_flow_apply(flow, &speaker, &text, 1, allocate, &decoder->memory);
	else if (text.bytes)
		redact_rules_replace(&text);
	return (struct ttlog_text){text.data, without_line_end(text.data, text.bytes)};
}

unsigned decode_level(const struct decoder *decoder, const struct record *record)
{
	(void)decoder;
	return text_level_of(record->source, record->level, record->text, record->text_bytes);
}

/* Values ------------------------------------------------------------------------------------------------------------------------ */

static struct ttlog_text key_of(const struct event_value *value, const struct site_view *site, uint32_t n)
{
	uint32_t bytes = 0;
	const char *key = value->key || !site ? value->key : site_key(site, n, &bytes);
	return (struct ttlog_text){key, value->key ? value->key_bytes : bytes};
}

static struct ttlog_text string_of(struct decoder *decoder, const struct event_value *value, const struct ttlog_text *key)
{
	struct redact_text all = {value->string, value->string_bytes};
	if (!value->string || !key->data || !all.bytes || !redact_rules_name(decoder->rules, key->data, key->bytes))
		return clean(decoder, value->string, value->string_bytes);
	redact_rules_replace(&all);
	return (struct ttlog_text){all.data, all.bytes};
}

static void decode_value(struct decoder *decoder, const struct event_value *value, struct ttlog_text key, struct ttlog_value *to)
{
	memset(to, 0, sizeof(*to));
	to->key = key;
	to->type = value->type;
	if (value->type == VALUE_STRING)
		to->number.string = string_of(decoder, value, &to->key);
	else
		to->number.u = value->number.u;
}

/* The mark of a span is the time at which it began. */
static void decode_span(const struct decoder *decoder, const struct record *record, const struct event_value *mark,
			struct ttlog_event *event)
{
	event->kind = mark->type == VALUE_SPAN_ENTER ? TTLOG_EVENT_SPAN_ENTER : TTLOG_EVENT_SPAN_EXIT;
	if (event->kind != TTLOG_EVENT_SPAN_EXIT || mark->number.u > record->ticks)
		return;
	const uint32_t era = clock_scale_era(&decoder->scale, record->ticks);
	const int64_t begin = clock_scale_monotonic_ns(&decoder->scale, era, mark->number.u);
	event->duration_ns = event->monotonic_ns > (uint64_t)begin ? event->monotonic_ns - (uint64_t)begin : 0;
}

static void decode_own_values(struct decoder *decoder, const struct record *record, const struct site_view *site,
			      struct ttlog_event *event)
{
	struct value_cursor cursor = {.words.types = site ? site->types : 0};
	struct event_value value;
	while (event->value_count < DECODE_VALUES_MAX && record_value(record, &cursor, &value) == 1) {
		const uint32_t n = event->value_count;
		if (value.type >= VALUE_SPAN_ENTER) {
			decode_span(decoder, record, &value, event);
			continue;
		}
		decode_value(decoder, &value, key_of(&value, site, n), &decoder->values[n]);
		event->value_count++;
	}
}

static bool has_key(const struct decoder *decoder, uint32_t count, const struct event_value *value)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct ttlog_text *key = &decoder->values[i].key;
		if (key->data && key->bytes == value->key_bytes && memcmp(key->data, value->key, key->bytes) == 0)
			return true;
	}
	return false;
}

/* Those of the thread's context, behind the event's own, which count where both have a key. */
static void decode_context(struct decoder *decoder, const struct record *record, struct ttlog_event *event)
{
	const uint32_t own = event->value_count;
	struct event_value value;
	size_t at = 0;
	while (event->value_count < own + CONTEXT_KEYS_MAX && record_context_value(record, &at, &value) == 1) {
		if (!value.key || has_key(decoder, own, &value))
			continue;
		decode_value(decoder, &value, (struct ttlog_text){value.key, value.key_bytes},
			     &decoder->values[event->value_count]);
		event->value_count++;
	}
}

/* Event ------------------------------------------------------------------------------------------------------------------------- */

/* A name belongs to the thread that owns a lane now: older records of it may be another thread's. */
static const char *thread_name_of(struct decoder *decoder, const struct record *record)
{
	const struct lane_control control = recorder_view_lane(decoder->view, record->lane);
	if (control.owner_tid != record->tid)
		return "";
	memcpy(decoder->thread_name, control.thread_name, sizeof(decoder->thread_name));
	return decoder->thread_name;
}

static void add_times(const struct decoder *decoder, const struct record *record, struct ttlog_event *event)
{
	const uint32_t era = clock_scale_era(&decoder->scale, record->ticks);
	event->realtime_ns = (uint64_t)clock_scale_ns(&decoder->scale, era, record->ticks);
	event->monotonic_ns = (uint64_t)clock_scale_monotonic_ns(&decoder->scale, era, record->ticks);
}

void decode_event(struct decoder *decoder, unsigned reader, const struct record *record, struct ttlog_event *event)
{
	struct site_view view;
	const struct site_view *site = site_of(decoder, record, &view);
	*event = (struct ttlog_event){
		.size = sizeof(*event),
		.pid = decoder->view->header.pid,
		.tid = record->tid,
		.level = decode_level(decoder, record),
		.caller = record->flags & RECORD_HAS_SITE ? 0 : record->origin,
		.truncated = record->flags & RECORD_TRUNCATED ? record->full_bytes - record->text_bytes : 0,
		.source = source_name(record->source),
		.service = decoder->service,
		.thread_name = thread_name_of(decoder, record),
		.message = message_of(decoder, reader, record, site),
		.values = decoder->values,
		.recorder = decoder->view->header.clock.begin.monotonic_ns,
		.position = record->position,
		.lane = record->lane,
	};
	if (!event->source)
		event->source = "unknown";
	if (site) {
		event->target = (struct ttlog_text){site->target.text, site->target.bytes};
		event->file = (struct ttlog_text){site->file.text, site->file.bytes};
		event->function = (struct ttlog_text){site->function.text, site->function.bytes};
		event->line = site->line;
		event->column = site->column;
	}
	add_times(decoder, record, event);
	decode_own_values(decoder, record, site, event);
	decode_context(decoder, record, event);
}
