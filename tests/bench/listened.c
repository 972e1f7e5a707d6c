/*
 * Rows: the macros of ttlog.h while a listener, whose policy is LISTENER_POLICY, is handed what they record, and does nothing with it.
 */
#include "rounds.h"

#include <ttlog.h>

#include <stddef.h>

static int take(void *user, const struct ttlog_event *event)
{
	(void)user;
	(void)event;
	return 0;
}

static void hello(void)
{
	static const struct ttlog_listener listener = {
		.version = TTLOG_LISTENER_VERSION, .policy = LISTENER_POLICY, .name = "bench", .on_event = take};
	ttlog_info("alive");
	ttlog_add_listener(&listener);
	ttlog_info("heard");
	ttlog_flush(1000);
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

int main(int argc, char **argv)
{
	static const struct row rows[] = {{"text", text}, {"values", values}, {NULL, NULL}};
	return rounds_of_loops(argc, argv, rows, hello);
}
