/*
 * flood EVENTS - a program with macros that records as fast as it can, by two threads, and then says what became of it: a line
 * "RECORDED HANDED_OUT LOST DROPPED" on standard output, all of it before that line.
 */
#include <ttlog.h>

#include "check.h"
#include "totals.h"

#include <pthread.h>
#include <stdint.h>

enum { THREADS = 2 };

static int each;

static void *write_events(void *number)
{
	for (int n = 0; n < each; n++)
		ttlog_info("flood", ttlog_kv("thread", (int)(intptr_t)number), ttlog_kv("n", n), ttlog_kv("path", "/index.html"));
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	each = argc > 1 ? atoi(argv[1]) / THREADS : 1000;
	for (intptr_t i = 0; i < THREADS; i++)
		CHECK_EQUAL(pthread_create(&threads[i], NULL, write_events, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
	totals_say();
	return 0;
}
