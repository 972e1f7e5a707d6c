/*
 * Rows: the macros of ttlog.h. The same program with the agent (events are recorded) and without (nothing happens).
 */
#include "rounds.h"

#include <ttlog.h>

#include <stddef.h>

static void hello(void)
{
	ttlog_info("alive");
}

static void text(long n)
{
	for (long i = 0; i < n; i++)
		ttlog_info("request done");
}

static void values(long n)
{
	for (long i = 0; i < n; i++)
		ttlog_info("request done", ttlog_kv("status", 42), ttlog_kv("index", (int)i), ttlog_kv("path", "GET /index"));
}

static void formatted(long n)
{
	for (long i = 0; i < n; i++)
		ttlog_infof("request done %d %d %s", 42, (int)i, "GET /index");
}

static void context(long n)
{
	ttlog_set_context("request_id", 17);
	text(n);
	ttlog_clear_context_all();
}

static void filtered(long n)
{
	for (long i = 0; i < n; i++)
		ttlog_trace("request done", ttlog_kv("index", (int)i));
}

static void span(long n)
{
	for (long i = 0; i < n; i++) {
		ttlog_span("request");
	}
}

static void span_filtered(long n)
{
	for (long i = 0; i < n; i++) {
		ttlog_trace_span("request", ttlog_kv("index", (int)i));
	}
}

int main(int argc, char **argv)
{
	static const struct row rows[] = {
		{"text", text},         {"values", values}, {"formatted", formatted},         {"context", context},
		{"filtered", filtered}, {"span", span},     {"span_filtered", span_filtered}, {NULL, NULL},
	};
	return rounds_of_loops(argc, argv, rows, hello);
}
