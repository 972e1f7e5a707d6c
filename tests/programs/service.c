/*
 * service - requests as a server has them: two threads, each request a span with two events that carry its id, until SIGTERM, for which it
 * has a handler. Asks for a snapshot of itself on the way. Its last line: "RECORDED HANDED_OUT LOST DROPPED".
 */
#include <ttlog.h>

#include "check.h"
#include "totals.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { THREADS = 2 };

static volatile sig_atomic_t ended;

static void on_term(int signal)
{
	(void)signal;
	ended = 1;
}

static void serve_request(int thread, int n)
{
	const struct timespec moment = {0, 1000000};
	CHECK_EQUAL(ttlog_set_context("request_id", thread * 1000000 + n), 0);
	ttlog_span("request", ttlog_kv("path", "/orders"));
	ttlog_info("request taken");
	nanosleep(&moment, NULL);
	ttlog_info("request done", ttlog_kv("status", 200), ttlog_kv("ms", 0.5));
}

static void *serve(void *number)
{
	for (int n = 0; !ended; n++)
		serve_request((int)(intptr_t)number, n);
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	signal(SIGTERM, on_term);
	CHECK_EQUAL(ttlog_init(NULL), 0);
	for (intptr_t i = 0; i < THREADS; i++)
		CHECK_EQUAL(pthread_create(&threads[i], NULL, serve, (void *)i), 0);
	CHECK_EQUAL(ttlog_request_snapshot("asked-for-itself"), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
	totals_say();
	return 0;
}
