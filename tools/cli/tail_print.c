#include "tail_print.h"

#include "stream.h"
#include "terminal.h"
#include "view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INDENT 4u /* of the further lines of a message */

static void print_time(const struct tail_print *print, uint64_t ns)
{
	const time_t seconds = (time_t)(ns / 1000000000u);
	char text[32] = "";
	struct tm time;

	if (print->utc ? gmtime_r(&seconds, &time) : localtime_r(&seconds, &time))
		strftime(text, sizeof(text), "%H:%M:%S", &time);
	terminal_printf(stdout, PAINT_DIM, "%s.%06" PRIu64, text, ns % 1000000000u / 1000);
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
	FILE *out = open_memstream(&line, &line_bytes);

	if (out && snapshot_encode_event(event, &cbor, &room, &bytes) == 0)
		(void)snapshot_print_json_event(out, cbor, bytes, 0, &error);
	if (out && fclose(out) == 0 && line_bytes > 1) {
		fputs("{\"service\": ", stdout);
		snapshot_print_json_text(stdout, service, strlen(service));
		printf(", \"pid\": %" PRId64 ", %s\n", snapshot->pid, line + 1);
	}
	free(line);
	free(cbor);
}

void tail_print_event(const struct tail_print *print, const struct snapshot *snapshot, const struct snapshot_event *event)
{
	if (print->json) {
		print_json_event(snapshot, event);
		return;
	}
	print_time(print, event->timestamp);
	view_event_level(stdout, event->level);
	putchar(' ');
	print_process(snapshot, event->tid);
	view_event_text(stdout, event, INDENT);
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
