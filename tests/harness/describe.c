#include "describe.h"

#include "event.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SHOWN_EVENTS 60u
#define SHOWN_FRAMES 24u

static const char *text_or(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

static void put_bytes(FILE *out, const char *data, size_t bytes)
{
	if (!data) {
		fputs("(none)", out);
		return;
	}
	fputc('"', out);
	for (size_t i = 0; i < bytes && i < 400; i++) {
		const unsigned char c = (unsigned char)data[i];
		if (c < 32 || c > 126 || c == '"')
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
	fprintf(out, "\"%s", bytes > 400 ? "..." : "");
}

static void put_signal(FILE *out, const char *what, const struct snapshot_signal *signal)
{
	if (!signal->present)
		return;
	fprintf(out, "%s: %s (%d) code %s (%d)", what, text_or(signal->name, "?"), signal->number, text_or(signal->code_name, "?"),
		signal->code);
	if (signal->has_address)
		fprintf(out, " address %#" PRIx64, signal->address);
	if (signal->has_sender)
		fprintf(out, " sender %" PRId64 "/%" PRId64, signal->sender_pid, signal->sender_uid);
	fputc('\n', out);
}

static void put_thread(FILE *out, const struct snapshot_thread *thread)
{
	fprintf(out, "thread %u \"%s\" %s%s, %zu registers, %zu frames\n", thread->tid, text_or(thread->name, "?"),
		text_or(thread->state, "?"), thread->crashed ? ", crashed" : "", thread->register_count, thread->frame_count);
	for (size_t i = 0; i < thread->frame_count && i < SHOWN_FRAMES; i++) {
		const struct snapshot_frame *frame = &thread->frames[i];
		fprintf(out, "  #%zu %#" PRIx64 " %s+%" PRIu64 " in %s+%#" PRIx64 "\n", i, frame->pc, text_or(frame->function, "?"),
			frame->function_offset, text_or(frame->module, "?"), frame->offset);
	}
}

static void put_event(FILE *out, const struct snapshot_event *event)
{
	fprintf(out, "  %" PRIu64 " tid %u \"%s\" %s/%s ", event->timestamp, event->tid, text_or(event->thread_name, "?"),
		text_or(level_name(event->level), "?"), text_or(source_name(event->source), "?"));
	put_bytes(out, event->message.data, event->message.bytes);
	for (size_t i = 0; i < event->value_count; i++)
		fprintf(out, " %s:%u", text_or(event->values[i].key, "?"), event->values[i].value.type);
	fputc('\n', out);
}

char *snapshot_describe(const struct snapshot *snapshot)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);
	cr_assert(out != NULL);
	fprintf(out, "\nfound: service %s pid %" PRId64 " exe %s reason %s\n", text_or(snapshot->service, "?"), snapshot->pid,
		text_or(snapshot->exe, "?"), text_or(snapshot->reason, "?"));
	put_signal(out, "signal", &snapshot->signal);
	put_signal(out, "first signal", &snapshot->first_signal);
	fputs("abort message: ", out);
	put_bytes(out, snapshot->abort_message.data, snapshot->abort_message.bytes);
	fputs("\ndegradations:", out);
	for (size_t i = 0; i < snapshot->agent.degradation_count; i++)
		fprintf(out, " %s", snapshot->agent.degradations[i]);
	fprintf(out, "; config error: %s\n", text_or(snapshot->agent.config_error, "none"));
	for (size_t i = 0; i < snapshot->thread_count; i++)
		put_thread(out, &snapshot->threads[i]);
	fprintf(out,
		"%zu modules, %zu events; recorded %" PRIu64 " overwritten %" PRIu64 " dropped %" PRIu64 " truncated %" PRIu64
		" torn %" PRIu64 "\n",
		snapshot->module_count, snapshot->event_count, snapshot->stats.recorded, snapshot->stats.overwritten,
		snapshot->stats.dropped, snapshot->stats.truncated, snapshot->stats.torn);
	const size_t from = snapshot->event_count > SHOWN_EVENTS ? snapshot->event_count - SHOWN_EVENTS : 0;
	for (size_t i = from; i < snapshot->event_count; i++)
		put_event(out, &snapshot->events[i]);
	fclose(out);
	return text;
}
