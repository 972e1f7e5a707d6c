/*
 * Rows: the macros of ttlog.h for as long as it takes until what they recorded is in the file of TTLOG_LISTENERS: sustained, since a round
 * ends with ttlog_flush(). The figure is of one event recorded. A round whose counts are not right is none: with "block" each event is
 * handed out, with "drop" what was handed out and what was lost are together what was recorded.
 */
#include "rounds.h"

#include <ttlog.h>

#include <stdbool.h>

enum { FLUSH_MS = 100000 };

static struct ttlog_stats stats(void)
{
	struct ttlog_stats now = {.size = sizeof(now)};
	ttlog_stats(&now);
	return now;
}

static double take(long events, bool may_lose, const char **why)
{
	ttlog_flush(FLUSH_MS);
	const struct ttlog_stats before = stats();
	const double begin = now_ns();
	for (long i = 0; i < events; i++)
		ttlog_info("request done", ttlog_kv("status", 42), ttlog_kv("index", (int)i), ttlog_kv("path", "GET /index"));
	const int error = ttlog_flush(FLUSH_MS);
	const double ns = now_ns() - begin;
	const struct ttlog_stats after = stats();
	const uint64_t handed = after.handed_out - before.handed_out, lost = after.lost - before.lost;
	if (error)
		*why = "the file could not be written";
	else if (after.listeners != 1)
		*why = "there is no listener";
	else if (after.recorded - before.recorded != (uint64_t)events || handed + lost != (uint64_t)events || (lost && !may_lose))
		*why = "the counts are wrong";
	else
		return ns / (double)events;
	return -1;
}

static double block(long events, const char **why)
{
	return take(events, false, why);
}

static double drop(long events, const char **why)
{
	return take(events, true, why);
}

int main(void)
{
	static const struct measure rows[] = {{"block", block}, {"drop", drop}, {NULL, NULL}};
	ttlog_info("alive"); /* the listener begins with the first event */
	return rounds_of_measures(rows);
}
