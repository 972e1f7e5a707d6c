/*
 * The other program of the pictures in README.md: says typed events, a span and a context, and gives up in its second request.
 */
#include <stdio.h>
#include <stdlib.h>
#include <ttlog.h>

static void answer(int id)
{
	ttlog_set_context("request_id", id);
	ttlog_span("request", ttlog_kv("id", id));
	if (id % 2) {
		puts("connection refused");
		abort();
	}
	ttlog_info("answered", ttlog_kv("status", 200), ttlog_kv("seconds", 0.25));
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	ttlog_info("listening", ttlog_kv("port", 8080));
	for (int id = 16; id < 20; id++)
		answer(id);
	return 0;
}
