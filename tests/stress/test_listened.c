/*
 * Listeners while everything happens at once: writers who wait for them and writers who do not, listeners that are added and removed, flushes,
 * ends of the thread. What ThreadSanitizer sees here is the agent's own code; the threads of the agent are made by the pthread_create that
 * it knows.
 */
#include "checker.h"

#include "config.h"
#include "libc.h"
#include "listen.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

enum { WRITERS = 3, RECORDS = 20000, COMERS = 2, FLUSH_MS = 100000 };

static void start(void)
{
	checker_start();
	libc.pthread_create = pthread_create;
}

TestSuite(listened, .init = start, .fini = checker_stop, .timeout = 3600);

/* What the agent has beside its listeners -------------------------------------------------------------------------------------- */

struct altstack *altstack_lend(void);
void altstack_adopt(struct altstack *altstack);
void altstack_return(struct altstack *altstack);
void writer_meet_signals(void);
void writer_wake(void);

struct altstack *altstack_lend(void)
{
	return NULL;
}

void altstack_adopt(struct altstack *altstack)
{
	(void)altstack;
}

void altstack_return(struct altstack *altstack)
{
	(void)altstack;
}

void writer_meet_signals(void)
{
}

void writer_wake(void)
{
}

/* Listeners -------------------------------------------------------------------------------------------------------------------- */

struct account {
	unsigned heard, ends; /* no atomics: one thread at a time calls a listener, and who has flushed or removed it knows all */
	uint64_t lost;
};

static int on_event(void *user, const struct ttlog_event *event)
{
	struct account *account = user;
	account->heard++;
	account->lost += event->lost;
	return 0;
}

static int on_flush(void *user, int end)
{
	(void)user;
	(void)end;
	return 0;
}

static void on_shutdown(void *user)
{
	((struct account *)user)->ends++;
}

static int add(struct account *account, uint32_t policy)
{
	const struct ttlog_listener listener = {.version = TTLOG_LISTENER_VERSION,
						.policy = policy,
						.user = account,
						.name = "listened",
						.on_event = on_event,
						.on_flush = on_flush,
						.on_shutdown = on_shutdown};
	const int id = listen_add(&listener);
	cr_assert_gt(id, 0, "%d", id);
	return id;
}

static void *write_all(void *number)
{
	const unsigned count = checker_work(RECORDS);
	for (unsigned n = 0; n < count; n++)
		checker_write((uint32_t)(uintptr_t)number, n);
	return NULL;
}

/* One of the list's may fail. */
static void flush(void)
{
	const int error = listen_flush(FLUSH_MS);
	cr_assert(error == 0 || error == -EIO, "%d", error);
}

static void *come_and_go(void *unused)
{
	const unsigned count = checker_work(100);
	for (unsigned n = 0; n < count; n++) {
		struct account account = {0};
		const int id = add(&account, n % 2 ? TTLOG_BLOCK : TTLOG_DROP);
		flush();
		const int removed = listen_remove(id, FLUSH_MS);
		cr_assert((removed == 0 || removed == -ENOENT) && account.ends == 1, "%d", removed);
	}
	return unused;
}

static void run_all(pthread_t *writers, pthread_t *comers)
{
	for (uintptr_t i = 0; i < WRITERS; i++)
		cr_assert_eq(pthread_create(&writers[i], NULL, write_all, (void *)i), 0);
	for (int i = 0; i < COMERS; i++)
		cr_assert_eq(pthread_create(&comers[i], NULL, come_and_go, NULL), 0);
}

static void await_all(pthread_t *threads, int count)
{
	for (int i = 0; i < count; i++)
		cr_assert_eq(pthread_join(threads[i], NULL), 0);
}

Test(listened, of_the_program)
{
	struct account all = {0}, some = {0};
	pthread_t writers[WRITERS], comers[COMERS];
	add(&all, TTLOG_BLOCK);
	add(&some, TTLOG_DROP);
	run_all(writers, comers);
	await_all(writers, WRITERS);
	await_all(comers, COMERS);
	flush();
	const struct listen_counts counts = listen_count();
	/* On a loaded machine a writer may wait in vain. */
	cr_assert(counts.listeners == 2 && all.heard + some.heard + counts.lost == 2 * checker_written,
		  "%u and %u heard, %lu lost of %u", all.heard, some.heard, (unsigned long)counts.lost, checker_written);
	cr_assert_eq(listen_stop(FLUSH_MS), 0);
	cr_assert(all.ends == 1 && some.ends == 1);
}

/* A file, and a socket that is not there: in a thread of its own, which fails again and again. */
Test(listened, beside_those_of_the_list)
{
	struct account all = {0};
	pthread_t writers[WRITERS], comers[COMERS];
	strcpy(config.set.listeners, "file:/dev/null,policy=block;unix:/nowhere");
	cr_assert_eq(listen_open(), 0);
	add(&all, TTLOG_BLOCK);
	run_all(writers, comers);
	await_all(writers, WRITERS);
	await_all(comers, COMERS);
	flush();
	cr_assert(all.heard + all.lost <= checker_written, "%u heard, %lu lost of %u", all.heard, (unsigned long)all.lost,
		  checker_written);
	listen_stop(FLUSH_MS);
	cr_assert_eq(all.ends, 1);
}

static bool done;

static void *end_all(void *unused)
{
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
		cr_assert_eq(listen_stop(FLUSH_MS), 0);
	return unused;
}

Test(listened, while_all_are_ended)
{
	pthread_t writers[WRITERS], comers[COMERS], ender;
	cr_assert_eq(pthread_create(&ender, NULL, end_all, NULL), 0);
	run_all(writers, comers);
	await_all(writers, WRITERS);
	await_all(comers, COMERS);
	__atomic_store_n(&done, true, __ATOMIC_RELEASE);
	await_all(&ender, 1);
}
