/* An event as a message of syslog: RFC 5424, and what the daemon of the same machine expects. */
#include "render.h"

/* Longest names of RFC 5424, section 6. */
enum { HOSTNAME_MAX = 255, APP_NAME_MAX = 48, MSGID_MAX = 32, PARAM_NAME_MAX = 32 };

static void render_priority(struct render *render, const struct ttlog_event *event, unsigned facility)
{
	render_char(render, '<');
	render_number(render, facility * 8 + render_severity(event->level), 10, 1);
	render_char(render, '>');
}

/* PRINTUSASCII but for `refused`, which become '_'; "-" for nothing. */
static void render_name(struct render *render, const char *name, size_t bytes, size_t most, const char *refused)
{
	if (bytes == 0)
		render_char(render, '-');
	for (size_t i = 0; i < bytes && i < most; i++) {
		const bool fits = name[i] > 0x20 && name[i] < 0x7f && !strchr(refused, name[i]);
		render_char(render, fits ? name[i] : '_');
	}
}

static void render_field(struct render *render, const char *name, size_t most)
{
	render_name(render, name ? name : "", name ? strlen(name) : 0, most, "");
	render_char(render, ' ');
}

/* PARAM-VALUE: UTF-8 with a backslash before '"', '\' and ']'. */
static void render_escaped(struct render *render, const char *text, size_t bytes)
{
	size_t plain = 0;
	for (size_t at = 0; at < bytes; at++) {
		if (text[at] != '"' && text[at] != '\\' && text[at] != ']')
			continue;
		render_utf8(render, text + plain, at - plain, true);
		render_char(render, '\\');
		plain = at;
	}
	render_utf8(render, text + plain, bytes - plain, true);
}

static void param_name(struct render *render, const char *name, size_t bytes)
{
	render_char(render, ' ');
	render_name(render, name, bytes, PARAM_NAME_MAX, "=]\"");
	render_string(render, "=\"");
}

static void param(struct render *render, const char *name, const char *text, size_t bytes)
{
	param_name(render, name, strlen(name));
	render_escaped(render, text, bytes);
	render_char(render, '"');
}

static void param_if(struct render *render, const char *name, struct ttlog_text text)
{
	if (text.data)
		param(render, name, text.data, text.bytes);
}

static void param_number(struct render *render, const char *name, uint64_t number)
{
	if (!number)
		return;
	param_name(render, name, strlen(name));
	render_number(render, number, 10, 1);
	render_char(render, '"');
}

static void render_values(struct render *render, const struct ttlog_event *event)
{
	if (!event->value_count)
		return;
	render_string(render, "[kv@32473");
	for (uint32_t i = 0; i < event->value_count; i++) {
		const struct ttlog_value *value = &event->values[i];
		param_name(render, value->key.data, value->key.bytes);
		if (value->type != TTLOG_TYPE_STRING)
			render_scalar(render, value);
		else if (value->number.string.data)
			render_escaped(render, value->number.string.data, value->number.string.bytes);
		render_char(render, '"');
	}
	render_char(render, ']');
}

static void render_structured(struct render *render, const struct ttlog_event *event)
{
	render_string(render, "[ttlog@32473");
	param_number(render, "tid", event->tid);
	if (event->thread_name && event->thread_name[0])
		param(render, "thread", event->thread_name, strlen(event->thread_name));
	param_if(render, "target", event->target);
	param_if(render, "file", event->file);
	param_number(render, "line", event->line);
	param_if(render, "function", event->function);
	param_number(render, "truncated", event->truncated);
	param_number(render, "lost", event->lost);
	if (event->kind == TTLOG_EVENT_SPAN_ENTER)
		param(render, "span", "enter", 5);
	if (event->kind == TTLOG_EVENT_SPAN_EXIT) {
		param(render, "span", "exit", 4);
		param_number(render, "duration", event->duration_ns);
	}
	render_char(render, ']');
	render_values(render, event);
}

void render_syslog(struct render *render, const struct ttlog_event *event, const struct render_syslog_names *names)
{
	render_priority(render, event, names->facility);
	render_string(render, "1 ");
	render_time(render, event->realtime_ns);
	render_char(render, ' ');
	render_field(render, names->hostname, HOSTNAME_MAX);
	render_field(render, event->service, APP_NAME_MAX);
	render_number(render, event->pid, 10, 1);
	render_char(render, ' ');
	render_field(render, event->source, MSGID_MAX);
	render_structured(render, event);
	render_char(render, ' ');
	render_clean(render, event->message.data, event->message.bytes);
}

void render_syslog_local(struct render *render, const struct ttlog_event *event, const struct render_syslog_names *names)
{
	render_priority(render, event, names->facility);
	render_name(render, event->service, event->service ? strlen(event->service) : 0, APP_NAME_MAX, "[]:");
	render_char(render, '[');
	render_number(render, event->pid, 10, 1);
	render_string(render, "]: ");
	if (event->lost) {
		render_char(render, '(');
		render_number(render, event->lost, 10, 1);
		render_string(render, " lost before this) ");
	}
	if (event->target.data) {
		render_clean(render, event->target.data, event->target.bytes);
		render_string(render, ": ");
	}
	render_clean(render, event->message.data, event->message.bytes);
	render_pairs(render, event, false);
}
