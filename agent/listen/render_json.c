/* An event as one line of JSON, with the names that it has in a snapshot. */
#include "render.h"

#include "json_text.h"

#include <math.h>

/* `nul`: whether U+0000 may stand in it. */
static void render_quoted(struct render *render, const char *text, size_t bytes, bool nul)
{
	char shown[JSON_TEXT_BYTES];
	size_t at = 0, plain = 0, used;
	render_char(render, '"');
	while (at < bytes) {
		if (json_is_plain((unsigned char)text[at])) {
			at++;
			continue;
		}
		render_bytes(render, text + plain, at - plain);
		const bool refused = !nul && !text[at];
		at += json_character(refused ? "\xff" : text + at, refused ? 1 : bytes - at, shown, &used);
		render_bytes(render, shown, used);
		plain = at;
	}
	render_bytes(render, text + plain, bytes - plain);
	render_char(render, '"');
}

static void key(struct render *render, const char *name)
{
	if (render->used && render->data[render->used - 1] != '{')
		render_string(render, ", ");
	render_char(render, '"');
	render_string(render, name);
	render_string(render, "\": ");
}

static void number(struct render *render, const char *name, uint64_t value)
{
	key(render, name);
	render_number(render, value, 10, 1);
}

static void number_if(struct render *render, const char *name, uint64_t value)
{
	if (value)
		number(render, name, value);
}

static void string(struct render *render, const char *name, const char *value)
{
	key(render, name);
	render_quoted(render, value, strlen(value), true);
}

static void text_if(struct render *render, const char *name, struct ttlog_text text)
{
	if (!text.data)
		return;
	key(render, name);
	render_quoted(render, text.data, text.bytes, true);
}

static void render_value(struct render *render, const struct ttlog_value *value, bool nul)
{
	const bool pointer = value->type == TTLOG_TYPE_POINTER;
	if (value->type == TTLOG_TYPE_STRING && value->number.string.data) {
		render_quoted(render, value->number.string.data, value->number.string.bytes, nul);
	} else if (value->type == TTLOG_TYPE_STRING || (value->type == TTLOG_TYPE_DOUBLE && !isfinite(value->number.d))) {
		render_string(render, "null");
	} else {
		render_string(render, pointer ? "\"" : "");
		render_scalar(render, value);
		render_string(render, pointer ? "\"" : "");
	}
}

static bool key_is_used(const struct ttlog_event *event, uint32_t index)
{
	const struct ttlog_text *own = &event->values[index].key;
	for (uint32_t i = 0; i < index; i++) {
		const struct ttlog_text *other = &event->values[i].key;
		if (other->bytes == own->bytes && (!own->bytes || memcmp(other->data, own->data, own->bytes) == 0))
			return true;
	}
	return false;
}

/* A key that the program gave twice is "key#n", n its place, the second time: as in snapshots. */
static void render_key(struct render *render, const struct ttlog_event *event, uint32_t index, bool nul)
{
	const struct ttlog_text *name = &event->values[index].key;
	render_quoted(render, name->data, name->bytes, nul);
	if (!key_is_used(event, index) || render->full)
		return;
	render->used--; /* the quote */
	render_char(render, '#');
	render_number(render, index + 1, 10, 1);
	render_char(render, '"');
}

void render_json_values(struct render *render, const struct ttlog_event *event, bool nul)
{
	render_char(render, '{');
	for (uint32_t i = 0; i < event->value_count; i++) {
		render_string(render, i ? ", " : "");
		render_key(render, event, i, nul);
		render_string(render, ": ");
		render_value(render, &event->values[i], nul);
	}
	render_char(render, '}');
}

static void render_origin(struct render *render, const struct ttlog_event *event)
{
	number(render, "timestamp", event->realtime_ns);
	string(render, "level", render_level(event->level));
	string(render, "service", event->service ? event->service : "");
	number(render, "pid", event->pid);
	number(render, "tid", event->tid);
	if (event->thread_name && event->thread_name[0])
		string(render, "thread_name", event->thread_name);
	string(render, "source", event->source ? event->source : "");
}

static void render_span(struct render *render, const struct ttlog_event *event)
{
	if (event->kind == TTLOG_EVENT_PLAIN)
		return;
	string(render, "span", event->kind == TTLOG_EVENT_SPAN_ENTER ? "enter" : "exit");
	if (event->kind == TTLOG_EVENT_SPAN_EXIT)
		number(render, "duration", event->duration_ns);
}

void render_json(struct render *render, const struct ttlog_event *event)
{
	render_char(render, '{');
	render_origin(render, event);
	text_if(render, "target", event->target);
	text_if(render, "message", event->message);
	if (event->value_count) {
		key(render, "kv");
		render_json_values(render, event, true);
	}
	text_if(render, "file", event->file);
	number_if(render, "line", event->line);
	number_if(render, "column", event->column);
	text_if(render, "function", event->function);
	number_if(render, "caller", event->caller);
	number_if(render, "truncated", event->truncated);
	number_if(render, "lost", event->lost);
	render_span(render, event);
	render_string(render, "}\n");
}
