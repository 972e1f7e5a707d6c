/* An event as an entry of systemd's journal (systemd.io/JOURNAL_NATIVE_PROTOCOL). */
#include "render.h"

enum { FIELD_MAX = 64 }; /* longest name that journald takes */

/* NAME=value, or for a value that holds a line feed: NAME, its length in 64 bits of little endian, and the bytes. */
static void field(struct render *render, const char *name, size_t name_bytes, const char *value, size_t bytes)
{
	render_bytes(render, name, name_bytes);
	if (bytes == 0 || !memchr(value, '\n', bytes)) {
		render_char(render, '=');
	} else {
		render_char(render, '\n');
		for (unsigned i = 0; i < 8; i++)
			render_char(render, (char)((uint64_t)bytes >> 8 * i));
	}
	render_bytes(render, value, bytes);
	render_char(render, '\n');
}

static void text_if(struct render *render, const char *name, struct ttlog_text text)
{
	if (text.data)
		field(render, name, strlen(name), text.data, text.bytes);
}

static void string_if(struct render *render, const char *name, const char *string)
{
	if (string && string[0])
		field(render, name, strlen(name), string, strlen(string));
}

static void number(struct render *render, const char *name, uint64_t value)
{
	render_string(render, name);
	render_char(render, '=');
	render_number(render, value, 10, 1);
	render_char(render, '\n');
}

static void number_if(struct render *render, const char *name, uint64_t value)
{
	if (value)
		number(render, name, value);
}

/* KV_ and the key in capitals; what may not stand in a name becomes '_'. */
static size_t field_name(char name[FIELD_MAX], struct ttlog_text key)
{
	size_t bytes = 3;
	memcpy(name, "KV_", bytes);
	for (size_t i = 0; i < key.bytes && bytes < FIELD_MAX; i++) {
		const char c = key.data[i];
		const bool small = c >= 'a' && c <= 'z', fits = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		name[bytes++] = small ? (char)(c - 'a' + 'A') : fits ? c : '_';
	}
	return bytes;
}

static void render_value(struct render *render, const struct ttlog_value *value)
{
	char name[FIELD_MAX];
	const size_t name_bytes = field_name(name, value->key);
	if (value->type == TTLOG_TYPE_STRING) {
		if (value->number.string.data)
			field(render, name, name_bytes, value->number.string.data, value->number.string.bytes);
		return;
	}
	render_bytes(render, name, name_bytes);
	render_char(render, '=');
	render_scalar(render, value);
	render_char(render, '\n');
}

void render_journal(struct render *render, const struct ttlog_event *event)
{
	field(render, "MESSAGE", 7, event->message.data ? event->message.data : "", event->message.bytes);
	number(render, "PRIORITY", render_severity(event->level));
	string_if(render, "SYSLOG_IDENTIFIER", event->service);
	text_if(render, "CODE_FILE", event->file);
	number_if(render, "CODE_LINE", event->line);
	text_if(render, "CODE_FUNC", event->function);
	number(render, "TID", event->tid);
	string_if(render, "THREAD_NAME", event->thread_name);
	number(render, "TTLOG_TIMESTAMP", event->realtime_ns);
	string_if(render, "TTLOG_LEVEL", render_level(event->level));
	string_if(render, "TTLOG_SOURCE", event->source);
	text_if(render, "TTLOG_TARGET", event->target);
	number_if(render, "TTLOG_TRUNCATED", event->truncated);
	number_if(render, "TTLOG_LOST", event->lost);
	if (event->kind == TTLOG_EVENT_SPAN_ENTER)
		string_if(render, "TTLOG_SPAN", "enter");
	if (event->kind == TTLOG_EVENT_SPAN_EXIT) {
		string_if(render, "TTLOG_SPAN", "exit");
		number(render, "TTLOG_DURATION", event->duration_ns);
	}
	for (uint32_t i = 0; i < event->value_count; i++)
		render_value(render, &event->values[i]);
}
