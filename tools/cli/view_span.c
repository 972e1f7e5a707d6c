/* How the view shows spans: what is inside stands further in, the end tells the time, and what did not end says so. */
#include "describe.h"
#include "spans.h"
#include "view.h"

#define INSET_MOST 16u

void view_inset(FILE *out, const struct snapshot_event *event)
{
	const uint32_t shown = event->depth < INSET_MOST ? event->depth : INSET_MOST;

	if (shown)
		fprintf(out, "%*s", (int)(2 * shown), "");
	if (event->span)
		terminal_printf(out, PAINT_DIM, "%s ", span_exits(event) ? "}" : "{");
}

static void print_time(FILE *out, const char *what, uint64_t ns)
{
	char text[64];

	if (ns < 1000)
		snprintf(text, sizeof(text), "%u ns", (unsigned)ns);
	else if (ns < 1000000)
		snprintf(text, sizeof(text), "%.1f µs", (double)ns / 1000);
	else
		describe_duration(ns, text);
	terminal_printf(out, PAINT_BOLD, "  %s%s", what, text);
}

void view_span(FILE *out, const struct snapshot_event *event, uint64_t end_ns)
{
	if (event->has_duration)
		print_time(out, "", event->duration);
	else if (event->open)
		print_time(out, "open for ", end_ns > event->timestamp ? end_ns - event->timestamp : 0);
}
