/*
 * What a program asks of the agent by ttlog_engine.h, from several threads at once: to begin, a snapshot, waited for or not, what there has
 * been, the end. Each request is answered, and what was done is what was asked for. The helper is this suite's own.
 */
#define TTLOG_ABI_ONLY
#include "checker.h"
#include "ttlog.h"
#include "ttlog_engine.h"

#include "api.h"
#include "crash.h"
#include "disposition.h"
#include "journal.h"
#include "libc.h"
#include "log_file.h"
#include "outlet.h"
#include "record.h"
#include "recorder_file.h"
#include "spawn.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, PROCESSES = 100, REQUESTS = 2000, END_MS = 100000 };

static pthread_barrier_t here;
static atomic_uint accepted, done;
static atomic_bool over;

static void start(void)
{
	checker_start();
	altstack_install();
	api_init();
	agent_ready = 1;
	libc.pthread_create = pthread_create;
	cr_assert_eq(pthread_barrier_init(&here, NULL, THREADS), 0);
}

TestSuite(asked, .init = start, .fini = checker_stop, .timeout = 600);

/* What the agent has beside ------------------------------------------------------------------------------------------------------ */

struct spawn *spawn_of_request;
void (*crash_handled_as)(int signal);

int spawn_start_as(struct spawn *spawn, uint64_t until)
{
	(void)until;
	spawn->status = strcmp(spawn->reason, "wanted") != 0;
	atomic_fetch_add(&done, 1);
	return 0;
}

bool spawn_ended_as(struct spawn *spawn, uint32_t wait_ms)
{
	(void)spawn;
	(void)wait_ms;
	return true;
}

void spawn_finish_as(struct spawn *spawn)
{
	(void)spawn;
}

void spawn_restore_ptracer(void)
{
}

void disposition_stack_set(void)
{
}

void log_file_init(const char *globs)
{
	(void)globs;
}

void stream_init(uint32_t capture)
{
	(void)capture;
}

void journal_init(void)
{
}

/* Who asks ----------------------------------------------------------------------------------------------------------------------- */

/* Also in a forked child, where no assertion may run. */
static void want(bool holds, const char *what, long is)
{
	if (holds)
		return;
	fprintf(stderr, "%s: %ld\n", what, is);
	_exit(1);
}

static void begin(void)
{
	const struct ttlog_options options = {
		.size = sizeof(options), .service = "asked", .interval_s = -1, .channel_capacity = THREADS};
	const int error = record_api.init(&options);
	want(error == 0, "init", error);
}

static struct ttlog_stats count(void)
{
	struct ttlog_stats stats = {.size = sizeof(stats)};
	record_api.stats(&stats);
	return stats;
}

static void ask(bool waits)
{
	const int error = record_api.request_snapshot("wanted", waits);
	want(error == 0 || error == -EAGAIN || error == -ESRCH, "request", error);
	if (error == 0)
		atomic_fetch_add(&accepted, 1);
}

static void *begin_and_ask(void *unused)
{
	pthread_barrier_wait(&here);
	begin();
	for (int i = 0; i < 3; i++)
		ask(i % 2);
	count();
	return unused;
}

static void *ask_again_and_again(void *unused)
{
	const unsigned requests = checker_work(REQUESTS);
	for (unsigned i = 0; i < requests; i++) {
		if (i % 16 == 0)
			begin();
		ask(i % 2);
		count();
	}
	return unused;
}

static void run(void *(*body)(void *))
{
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		want(pthread_create(&threads[i], NULL, body, NULL) == 0, "thread", i);
	for (int i = 0; i < THREADS; i++)
		want(pthread_join(threads[i], NULL) == 0, "thread", i);
}

/* What was accepted has been done by the end, and nothing else. */
static void expect_all_done(void)
{
	const int error = record_api.shutdown(END_MS);
	want(error == 0, "shutdown", error);
	const struct ttlog_stats stats = count();
	want(atomic_load(&done) == atomic_load(&accepted), "done", (long)atomic_load(&done) - atomic_load(&accepted));
	want(stats.snapshots == atomic_load(&done) && stats.failed == 0, "counted", (long)stats.snapshots);
	want(stats.waiting == 0, "waiting", stats.waiting);
}

/* Each process begins once. */
Test(asked, to_begin_by_all_at_once)
{
	const unsigned processes = checker_work(PROCESSES);
	for (unsigned i = 0; i < processes; i++) {
		int status;
		const pid_t child = fork();
		if (child == 0) {
			want(recorder_make(), "recorder", 0);
			run(begin_and_ask);
			expect_all_done();
			_exit(0);
		}
		cr_assert_eq(waitpid(child, &status, 0), child);
		cr_assert_eq(status, 0, "process %u of %u: %#x", i, processes, status);
	}
}

Test(asked, again_and_again)
{
	run(ask_again_and_again);
	expect_all_done();
}

static void *end_it(void *unused)
{
	while (!atomic_load(&over)) {
		const int error = record_api.shutdown(END_MS);
		want(error == 0, "shutdown", error);
	}
	return unused;
}

/* Who does not wait for his snapshot may ask a thread that is about to end; who waits is told. */
Test(asked, while_it_is_ended)
{
	pthread_t ender;
	cr_assert_eq(pthread_create(&ender, NULL, end_it, NULL), 0);
	run(ask_again_and_again);
	atomic_store(&over, true);
	cr_assert_eq(pthread_join(ender, NULL), 0);
	cr_assert_leq(atomic_load(&done), atomic_load(&accepted));
	cr_assert_eq(record_api.shutdown(END_MS), 0);
}
