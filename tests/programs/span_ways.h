/*
 * span_ways.h - what spans.c and spans.cpp do alike: spans that end in every way, and one that does not.
 */
#ifndef TTLOG_TESTS_SPAN_WAYS_H
#define TTLOG_TESTS_SPAN_WAYS_H

#include <ttlog.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int leave_by_return(int n)
{
	ttlog_span("by return", ttlog_kv("n", n));
	if (n)
		return n;
	ttlog_error("never");
	return 0;
}

static void leave_by_break(void)
{
	for (int i = 0; i < 3; i++) {
		ttlog_span("by break", ttlog_kv("text", "a string"), ttlog_kv("i", i), ttlog_kv("more", 2.5));
		if (i == 1)
			break;
	}
}

/* Begun by the one level and ended under the other; muted all the time. */
static void change_levels(void)
{
	struct ttlog_span span = ttlog_span_begin("begun before");
	ttlog_set_level("error");
	ttlog_span_end(&span);
	ttlog_span_end(&span);
	{
		ttlog_span("muted");
	}
	ttlog_set_level("info");
	{
		ttlog_debug_span("debug", ttlog_kv("evaluated", abort_if_called()));
	}
	for (int i = 0; i < 2; i++) {
		ttlog_span("after");
	}
}

static void say_inside(int die)
{
	ttlog_span("outer", ttlog_kv("a", 1), ttlog_kv("b", 2), ttlog_kv("c", 3), ttlog_kv("d", 4), ttlog_kv("e", 5),
		   ttlog_kv("f", "six"), ttlog_kv("g", 7));
	errno = ENOENT;
	ttlog_span("inner");
	if (errno != ENOENT)
		abort();
	printf("inside\n");
	fflush(stdout);
	if (die)
		abort();
}

static int record_spans(int die)
{
	leave_by_return(7);
	leave_by_break();
	change_levels();
	say_inside(0);
	say_inside(die);
	return 0;
}

#endif
