/*
 * macros.h - what macros.c and macros.cpp record alike: every form of every macro, every type of value.
 */
#ifndef TTLOG_TESTS_MACROS_H
#define TTLOG_TESTS_MACROS_H

#include <ttlog.h>

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int evaluations;

static int count_evaluation(void)
{
	return ++evaluations;
}

static void record_levels(void)
{
	ttlog_trace("level trace");
	ttlog_debug("level debug");
	ttlog_info("level info");
	ttlog_warn("level warn");
	ttlog_error("level error");
	ttlog_fatal("level fatal");
	ttlog_tracef("format %s", "trace");
	ttlog_debugf("format %s", "debug");
	ttlog_infof("format %s", "info");
	ttlog_warnf("format %s", "warn");
	ttlog_errorf("format %s", "error");
	ttlog_fatalf("format %s %d %.2f", "fatal", 42, 2.5);
	ttlog_errorf("format without arguments");
}

static void record_forms(void)
{
	ttlog_error();
	ttlog_error(ttlog_kv("only", 1));
	ttlog_error(ttlog_kv("first", 1), ttlog_kv("second", 2));
	ttlog_error("eight", ttlog_kv("a", 1), ttlog_kv("b", 2), ttlog_kv("c", 3), ttlog_kv("d", 4), ttlog_kv("e", 5),
		    ttlog_kv("f", 6), ttlog_kv("g", 7), ttlog_kv("h", 8));
	if (evaluations == 0)
		ttlog_error("in a branch without braces");
	else
		ttlog_error("never");
	errno = EACCES;
	ttlog_error("keeps errno", ttlog_kv("n", count_evaluation()));
	printf("errno kept: %d\n", errno == EACCES);
	for (int i = 0; i < 3; i++)
		ttlog_error("in a loop", ttlog_kv("i", i));
}

static void record_values(void)
{
	const char *null_string = 0;
	static char characters[] = "modifiable";
	void *pointer = (void *)(uintptr_t)0x1234;
	ttlog_error("integers", ttlog_kv("int", -5), ttlog_kv("short", (short)-6), ttlog_kv("long", LONG_MIN),
		    ttlog_kv("long_long", (long long)INT64_MAX), ttlog_kv("schar", (signed char)-7), ttlog_kv("size", sizeof(long)),
		    ttlog_kv("uchar", (unsigned char)200), ttlog_kv("u64", (uint64_t)UINT64_MAX));
	ttlog_error("others", ttlog_kv("double", 1.5), ttlog_kv("float", 0.25f), ttlog_kv("yes", (bool)true),
		    ttlog_kv("no", (bool)false), ttlog_kv("string", "a literal"), ttlog_kv("array", characters),
		    ttlog_kv("null", null_string), ttlog_kv("pointer", pointer));
	ttlog_error("commas (in), the message", ttlog_kv("sum", (1 + 2)), ttlog_kv("empty", ""));
	ttlog_errorf("long %01500d", 7);
}

static int record_all(int argc, char **argv)
{
	printf("macros begin\n");
	record_levels();
	record_forms();
	record_values();
	fprintf(stderr, "macros end\n");
	fflush(stdout);
	if (argc > 1 && argv[1][0] == 'd')
		abort();
	return 0;
}

#endif
