#include "tail_print.h"

#include "arena.h"
#include "event_text.h"
#include "event_time.h"
#include "memory_stream.h"
#include "stream.h"
#include "symbols.h"
#include "terminal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 4u /* of the further lines of a message */

static void print_time(const struct tail_print *print, uint64_t ns)
{
	terminal_paint(stdout, PAINT_DIM);
	event_time_print(stdout, print->utc ? EVENT_TIME_UTC_CLOCK : EVENT_TIME_LOCAL_CLOCK, ns, 0, 0);
	terminal_paint(stdout, PAINT_NONE);
}

/* orders[2154], and the thread where it is not the first. */
static void print_process(const struct snapshot *snapshot, uint32_t tid)
{
	terminal_paint(stdout, PAINT_CYAN);
	terminal_string(stdout, snapshot->service ? snapshot->service : "?", 32);
	terminal_paint(stdout, PAINT_NONE);
	if (tid && tid != (uint32_t)snapshot->pid)
		terminal_printf(stdout, PAINT_DIM, "[%" PRId64 "/%u]", snapshot->pid, tid);
	else
		terminal_printf(stdout, PAINT_DIM, "[%" PRId64 "]", snapshot->pid);
}

/* The event's line, with service and pid before its own keys. */
static void print_json_event(const struct snapshot *snapshot, const struct snapshot_event *event)
{
	const char *service = snapshot->service ? snapshot->service : "";
	unsigned char *cbor = NULL;
	size_t room = 0, bytes, line_bytes;
	struct snapshot_error error;
	char *line = NULL;
	FILE *out = memory_stream_open(&line, &line_bytes);

	if (snapshot_encode_event(event, &cbor, &room, &bytes) != 0)
		arena_no_memory(room);
	(void)snapshot_print_json_event(out, cbor, bytes, 0, &error);
	memory_stream_close(out, &line);
	fputs("{\"service\": ", stdout);
	snapshot_print_json_text(stdout, service, strlen(service));
	printf(", \"pid\": %" PRId64 ", %s\n", snapshot->pid, line + 1);
	free(line);
	free(cbor);
}

void tail_print_event(const struct tail_print *print, const struct snapshot *snapshot, const struct snapshot_event *event)
{
	struct snapshot_event named = *event;

	if (print->symbols)
		symbols_name_event(print->symbols, snapshot, &named);
	if (print->json) {
		print_json_event(snapshot, &named);
		return;
	}
	print_time(print, named.timestamp);
	event_level_print(stdout, named.level);
	putchar(' ');
	print_process(snapshot, named.tid);
	event_text_print(stdout, &named, INDENT, 0);
	putchar('\n');
}

static void print_json_notice(const struct snapshot *snapshot, const struct tail_notice *notice)
{
	const char *service = snapshot->service ? snapshot->service : "";

	fputs("{\"service\": ", stdout);
	snapshot_print_json_text(stdout, service, strlen(service));
	printf(", \"pid\": %" PRId64 ", \"timestamp\": %" PRIu64 ", \"notice\": \"%s\", ", snapshot->pid, notice->time,
	       notice->kind);
	if (notice->count)
		printf("\"events\": %" PRIu64 ", ", notice->count);
	fputs("\"text\": ", stdout);
	snapshot_print_json_text(stdout, notice->text, strlen(notice->text));
	puts("}");
}

void tail_print_notice(const struct tail_print *print, const struct snapshot *snapshot, const struct tail_notice *notice)
{
	if (print->json) {
		print_json_notice(snapshot, notice);
		return;
	}
	print_time(print, notice->time);
	fputs(" ----- ", stdout);
	print_process(snapshot, 0);
	putchar(' ');
	terminal_paint(stdout, PAINT_YELLOW);
	terminal_string(stdout, notice->text, 0);
	terminal_paint(stdout, PAINT_NONE);
	putchar('\n');
}
