/* An event as people read it: the line of `ttlog view`, with wall time. */
#include "render.h"

#include "event.h"

enum paint { NONE, BOLD, DIM, RED, BOLD_RED, YELLOW, GREEN, CYAN, BLUE };

static void paint(struct render *render, bool colour, enum paint paint)
{
	static const char *const codes[] = {
		[NONE] = "\x1b[0m",    [BOLD] = "\x1b[1m",   [DIM] = "\x1b[2m",   [RED] = "\x1b[31m",  [BOLD_RED] = "\x1b[1;31m",
		[YELLOW] = "\x1b[33m", [GREEN] = "\x1b[32m", [CYAN] = "\x1b[36m", [BLUE] = "\x1b[34m",
	};
	if (colour)
		render_string(render, codes[paint]);
}

static void painted(struct render *render, bool colour, enum paint with, const char *string)
{
	paint(render, colour, with);
	render_string(render, string);
	paint(render, colour, NONE);
}

static void render_when(struct render *render, const struct ttlog_event *event, bool colour)
{
	paint(render, colour, DIM);
	render_time(render, event->realtime_ns);
	paint(render, colour, NONE);
}

static void render_severity_word(struct render *render, uint32_t level, bool colour)
{
	static const struct {
		const char *word;
		enum paint paint;
	} levels[] = {
		{" TRACE", DIM}, {" DEBUG", BLUE}, {" INFO ", GREEN}, {" WARN ", YELLOW}, {" ERROR", RED}, {" FATAL", BOLD_RED},
	};
	if (level < sizeof(levels) / sizeof(levels[0]))
		painted(render, colour, levels[level].paint, levels[level].word);
	else
		render_string(render, "      ");
}

/* Blanks, so that what began at `from` is `width` columns wide. */
static void pad(struct render *render, size_t from, size_t width)
{
	while (!render->full && render->used - from < width)
		render_char(render, ' ');
}

static void render_thread(struct render *render, uint32_t tid)
{
	char digits[16];
	struct render number = {digits, 0, sizeof(digits), false};
	render_number(&number, tid, 10, 1);
	render_char(render, ' ');
	for (size_t width = number.used; width < 7; width++)
		render_char(render, ' ');
	render_bytes(render, digits, number.used);
}

static void render_source(struct render *render, const char *source, bool colour)
{
	paint(render, colour, DIM);
	const size_t from = render->used;
	render_char(render, ' ');
	render_string(render, source ? source : "?");
	pad(render, from, 8);
	paint(render, colour, NONE);
}

static void render_head(struct render *render, const struct ttlog_event *event, uint32_t level, const char *source, bool colour)
{
	render_when(render, event, colour);
	render_severity_word(render, level, colour);
	render_thread(render, event->tid);
	render_source(render, source, colour);
}

static void render_lost(struct render *render, const struct ttlog_event *event, bool colour)
{
	if (!event->lost)
		return;
	render_head(render, event, LEVEL_WARN, "agent", colour);
	render_number(render, event->lost, 10, 1);
	render_string(render, event->lost == 1 ? " event was lost here\n" : " events were lost here\n");
}

static void render_message(struct render *render, const struct ttlog_event *event, bool colour)
{
	const bool loud = event->level >= LEVEL_ERROR && event->level < LEVEL_OFF;
	if (event->kind == TTLOG_EVENT_SPAN_ENTER)
		render_string(render, "> ");
	if (event->kind == TTLOG_EVENT_SPAN_EXIT)
		render_string(render, "< ");
	paint(render, colour && loud, BOLD);
	render_clean(render, event->message.data, event->message.bytes);
	paint(render, colour && loud, NONE);
	if (event->truncated) {
		paint(render, colour, DIM);
		render_string(render, "… (");
		render_number(render, event->truncated, 10, 1);
		render_string(render, " bytes more)");
		paint(render, colour, NONE);
	}
	if (event->kind == TTLOG_EVENT_SPAN_EXIT) {
		render_string(render, " (");
		render_number(render, event->duration_ns / 1000, 10, 1);
		render_string(render, " us)");
	}
}

static void render_quoted(struct render *render, struct ttlog_text text)
{
	static const char doubtful[] = " \n=\"";
	bool quote = text.bytes == 0;
	for (size_t i = 0; i < sizeof(doubtful) - 1 && !quote; i++)
		quote = memchr(text.data, doubtful[i], text.bytes) != NULL;
	if (quote)
		render_char(render, '"');
	render_clean(render, text.data, text.bytes);
	if (quote)
		render_char(render, '"');
}

void render_pairs(struct render *render, const struct ttlog_event *event, bool colour)
{
	for (uint32_t i = 0; i < event->value_count; i++) {
		const struct ttlog_value *value = &event->values[i];
		render_char(render, ' ');
		paint(render, colour, CYAN);
		render_clean(render, value->key.data, value->key.bytes);
		paint(render, colour, NONE);
		render_char(render, '=');
		if (value->type != TTLOG_TYPE_STRING)
			render_scalar(render, value);
		else if (value->number.string.data)
			render_quoted(render, value->number.string);
		else
			render_string(render, "null");
	}
}

static void render_place(struct render *render, const struct ttlog_event *event, bool colour)
{
	if (!event->file.data)
		return;
	const char *slash = memrchr(event->file.data, '/', event->file.bytes);
	const size_t before = slash ? (size_t)(slash + 1 - event->file.data) : 0;
	paint(render, colour, DIM);
	render_string(render, "  ");
	render_clean(render, event->file.data + before, event->file.bytes - before);
	render_char(render, ':');
	render_number(render, event->line, 10, 1);
	paint(render, colour, NONE);
}

void render_text(struct render *render, const struct ttlog_event *event, bool colour)
{
	render_lost(render, event, colour);
	render_head(render, event, event->level, event->source, colour);
	if (event->target.data) {
		render_clean(render, event->target.data, event->target.bytes);
		render_string(render, ": ");
	}
	render_message(render, event, colour);
	render_pairs(render, event, colour);
	render_place(render, event, colour);
	render_char(render, '\n');
}
