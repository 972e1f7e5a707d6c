#include "tail_lines.h"

#include <stdlib.h>

struct tail_line {
	uint64_t time; /* its place among the others */
	enum tail_rank rank;
	const struct snapshot *snapshot; /* says whose it is */
	const struct snapshot_event *event;
	struct tail_notice *notice; /* malloc'ed; NULL: an event */
	bool held;                  /* since the last round */
};

static struct tail_line *add_line(struct tail_lines *lines)
{
	if (lines->count == lines->room) {
		size_t room = lines->room ? lines->room * 2 : 1024;
		struct tail_line *grown = reallocarray(lines->lines, room, sizeof(*grown));
		if (!grown)
			return NULL;
		lines->lines = grown;
		lines->room = room;
	}
	return &lines->lines[lines->count++];
}

bool tail_lines_add_events(struct tail_lines *lines, struct filter *filter, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->event_count; i++) {
		const struct snapshot_event *event = &snapshot->events[i];
		struct tail_line *line;
		if (!filter_matches(filter, event, 0))
			continue;
		line = add_line(lines);
		if (!line)
			return false;
		*line = (struct tail_line){event->timestamp, TAIL_EVENT, snapshot, event, NULL, false};
	}
	return true;
}

struct tail_notice *tail_lines_add_notice(struct tail_lines *lines, const struct snapshot *snapshot, enum tail_rank rank,
					  uint64_t time, const char *kind)
{
	struct tail_notice *notice = calloc(1, sizeof(*notice));
	struct tail_line *line = notice ? add_line(lines) : NULL;

	if (!line) {
		free(notice);
		return NULL;
	}
	*notice = (struct tail_notice){.kind = kind, .time = time};
	*line = (struct tail_line){time, rank, snapshot, NULL, notice, false};
	return notice;
}

/* Equal times: as they were found, which is right for those of one process. */
static int by_time(const void *left, const void *right)
{
	const struct tail_line *a = left, *b = right;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return (a->event > b->event) - (a->event < b->event);
}

static bool goes_now(const struct tail_line *line, uint64_t until)
{
	return line->held || line->time <= until;
}

static void print_line(const struct tail_line *line, const struct tail_print *print)
{
	if (line->notice)
		tail_print_notice(print, line->snapshot, line->notice);
	else
		tail_print_event(print, line->snapshot, line->event);
}

/* What was held back once goes now: its memory goes with the next round, and a clock that was set back must not keep it. */
void tail_lines_print(struct tail_lines *lines, const struct tail_print *print, uint64_t until, size_t last)
{
	size_t kept = 0, events = 0;

	if (lines->count)
		qsort(lines->lines, lines->count, sizeof(*lines->lines), by_time);
	for (size_t i = 0; i < lines->count; i++)
		events += lines->lines[i].event && goes_now(&lines->lines[i], until);
	for (size_t i = 0; i < lines->count; i++) {
		struct tail_line *line = &lines->lines[i];
		if (!goes_now(line, until)) {
			line->held = true;
			lines->lines[kept++] = *line;
			continue;
		}
		if (!line->event || events-- <= last)
			print_line(line, print);
		free(line->notice);
	}
	lines->count = kept;
}

void tail_lines_close(struct tail_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->lines[i].notice);
	free(lines->lines);
	lines->lines = NULL;
	lines->count = lines->room = 0;
}
