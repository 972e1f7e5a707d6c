/* What is handed out: all of it, in order, counted; while listeners come and go, and handlers record. */
#include "listen.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

/* A few events are all handed out, once, in their order. */
void order(void)
{
	static struct account account;
	ttlog_info("before");
	const int id = add(&account, TTLOG_DROP);
	each = 100;
	write_all();
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(account.handed, WRITERS * 100);
	CHECK_EQUAL(account.gaps + account.lost, 0);
	CHECK(account.disorder == 0 || getenv("TTLOG_LANES")); /* times in a shared lane may cross each other */
	CHECK_EQUAL(account.starts, 1);
	CHECK(account.flushes > 0);
	CHECK_EQUAL(ttlog_remove_listener(id), 0);
	CHECK_EQUAL(account.shutdowns, 1);
	errno = 0;
	CHECK_EQUAL(ttlog_remove_listener(id), -1);
	CHECK_EQUAL(errno, ENOENT);
	ttlog_info("after");
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(account.handed, WRITERS * 100);
}

/* Too slow for them: what is not handed out is counted, each once. */
void drop(void)
{
	static struct account account = {.slow = true};
	add(&account, TTLOG_DROP);
	write_all();
	account.slow = false;
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK(account.handed < WRITERS * EACH);
	CHECK_EQUAL(stats().lost + stats().dropped, WRITERS * EACH - account.handed);
	ttlog_info("tells of the last ones");
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(account.handed + account.lost + (long)stats().dropped, WRITERS * EACH + 1);
}

/* Slow too, but writers wait for it. */
void block(void)
{
	static struct account account, other;
	add(&account, TTLOG_BLOCK);
	add(&other, TTLOG_DROP);
	write_all();
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(account.handed, WRITERS * EACH);
	CHECK_EQUAL(account.gaps + account.lost, 0);
	CHECK_EQUAL(other.handed + (long)stats().lost, WRITERS * EACH);
	CHECK_EQUAL(ttlog_shutdown(FLUSH_MS), 0);
	CHECK_EQUAL(account.shutdowns + other.shutdowns, 2);
}

static sem_t has_filled, go;

/* Fills its lane, and says nothing more. */
static void *fill_lane(void *number)
{
	for (int n = 0; n < 500; n++)
		ttlog_info("event", ttlog_kv("writer", (int)(intptr_t)number), ttlog_kv("n", n));
	CHECK_EQUAL(sem_post(&has_filled), 0);
	CHECK_EQUAL(sem_wait(&go), 0);
	return NULL;
}

/* What waits behind all that others have said waits for longer than for a listener that hangs: it moves. */
void behind(void)
{
	static struct account account = {.each_us = 500};
	pthread_t threads[WRITERS];
	add(&account, TTLOG_BLOCK);
	CHECK(sem_init(&has_filled, 0, 0) == 0 && sem_init(&go, 0, 0) == 0);
	for (intptr_t i = 0; i < WRITERS; i++) {
		CHECK_EQUAL(pthread_create(&threads[i], NULL, fill_lane, (void *)i), 0);
		CHECK_EQUAL(sem_wait(&has_filled), 0);
	}
	for (int n = 0; n < 1000; n++)
		ttlog_info("behind all others", ttlog_kv("n", n));
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(account.handed, WRITERS * 500 + 1000);
	CHECK_EQUAL(account.gaps + account.lost, 0);
	for (int i = 0; i < WRITERS; i++)
		CHECK_EQUAL(sem_post(&go), 0);
	for (int i = 0; i < WRITERS; i++)
		CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
}

/* Failing, it is started again, and gets all that it had not flushed. */
void failing(void)
{
	static struct account account = {.fail_every = 7, .fails = 2};
	add(&account, TTLOG_BLOCK);
	each = 100;
	write_all();
	while (account.handed < WRITERS * 100)
		ttlog_flush(FLUSH_MS); /* EIO while it fails */
	CHECK_EQUAL(account.errors, 2);
	CHECK_EQUAL(account.starts, 3);
	for (int i = 0; i < WRITERS; i++)
		CHECK_EQUAL(account.next[i], 100);
	CHECK_EQUAL(account.lost, 0);
}

/* What it says itself is recorded, and never handed out. */
void talking(void)
{
	static struct account account = {.talks = true};
	add(&account, TTLOG_BLOCK);
	each = 1000;
	write_all();
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(account.handed, WRITERS * 1000);
	CHECK_EQUAL(account.own, 0);
	CHECK_EQUAL(stats().recorded, 3 * WRITERS * 1000);
}

static volatile bool stop;

static void *write_on(void *unused)
{
	while (!stop)
		ttlog_info("on and on");
	return unused;
}

/* They come and go while events flow. */
void comes_and_goes(void)
{
	enum { ROUNDS = 100 };
	pthread_t threads[2];
	for (int i = 0; i < 2; i++)
		CHECK_EQUAL(pthread_create(&threads[i], NULL, write_on, NULL), 0);
	for (int i = 0; i < ROUNDS; i++) {
		struct account account = {0}, other = {0};
		const int a = add(&account, i % 2 ? TTLOG_BLOCK : TTLOG_DROP), b = add(&other, TTLOG_DROP);
		ttlog_info("in between");
		if (i % 3 == 0)
			CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
		CHECK_EQUAL(ttlog_remove_listener(a), 0);
		CHECK_EQUAL(account.shutdowns, 1);
		CHECK_EQUAL(ttlog_remove_listener(b), 0);
		CHECK_EQUAL(other.shutdowns, 1);
		CHECK(i % 3 || account.handed > 0);
		memset(&account, 0xff, sizeof(account));
	}
	stop = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQUAL(stats().listeners, 0);
}

/* Handlers record in the middle of records, and while their thread waits for room. */
void handlers(void)
{
	static struct account account;
	const struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
	signal(SIGALRM, on_alarm);
	add(&account, TTLOG_BLOCK);
	setitimer(ITIMER_REAL, &often, NULL);
	write_all();
	setitimer(ITIMER_REAL, &never, NULL);
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(account.gaps, 0);
	CHECK_EQUAL(account.handed + (long)stats().lost, stats().recorded);
	for (int i = 0; i < WRITERS; i++)
		CHECK_EQUAL(account.next[i], EACH);
}
