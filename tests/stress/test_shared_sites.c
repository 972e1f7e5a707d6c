/*
 * Call sites that threads meet at the same time, each for the first time, while the levels change and a reader looks: an event's site is the
 * one that was recorded, and what the levels let through in the end is recorded.
 */
#define TTLOG_ABI_ONLY
#include "checker.h"
#include "ttlog.h"

#include "config.h"
#include "record.h"
#include "recorder_file.h"
#include "site.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, SITES = 2000, CHANGES = 3000, PROCESSES = 200, FEW_SITES = 20 };

static const char *const keys[] = {"n", NULL};
static struct ttlog_site sites[SITES];
static char messages[SITES][32];
static atomic_bool done;
static pthread_barrier_t here;

static void start_sites(void)
{
	checker_start();
	site_init();
	for (unsigned i = 0; i < SITES; i++) {
		snprintf(messages[i], sizeof(messages[i]), "message of site %u", i);
		sites[i] = (struct ttlog_site){.types = TTLOG_TYPE_UNSIGNED,
					       .message = messages[i],
					       .file = "dir/file.c",
					       .function = "function",
					       .keys = keys,
					       .level = TTLOG_LEVEL_INFO,
					       .key_count = 1};
	}
}

TestSuite(shared_sites, .init = start_sites, .fini = checker_stop, .timeout = 600);

/* What the macro asks first. Acquire: where the epoch stands is new too, to ThreadSanitizer, which knows no order by dependence. */
static void say(unsigned i)
{
	struct ttlog_site *site = &sites[i];
	const uint32_t *epoch = __atomic_load_n(&record_api.epoch, __ATOMIC_ACQUIRE);
	if (__atomic_load_n(epoch, __ATOMIC_RELAXED) != __atomic_load_n(&site->muted, __ATOMIC_RELAXED))
		record_api.event_few(site, i, 0, 0);
}

static void check_record(const struct recorder_view *view, const struct record *record)
{
	struct value_cursor cursor = {.words.types = TTLOG_TYPE_UNSIGNED};
	struct event_value value;
	struct site_view site;
	char said[sizeof(messages[0])];
	cr_assert_eq(recorder_view_site(view, record->origin, &site), 0, "site %lu", (unsigned long)record->origin);
	cr_assert_eq(record_value(record, &cursor, &value), 1);
	const int bytes = snprintf(said, sizeof(said), "message of site %lu", (unsigned long)value.number.u);
	cr_assert(site.message.bytes == (uint32_t)bytes && memcmp(site.message.text, said, (size_t)bytes) == 0, "%.*s, and not %s",
		  (int)site.message.bytes, site.message.text, said);
}

static void read_all(void)
{
	static _Thread_local struct record record;
	const struct recorder_view view = checker_view();
	for (uint32_t lane = 0; lane < view.lanes; lane++) {
		struct lane_cursor cursor;
		lane_cursor_open(&cursor, &view, lane);
		while (lane_cursor_next(&cursor, &record) == 1)
			check_record(&view, &record);
	}
}

static void *watch(void *unused)
{
	while (!atomic_load(&done))
		read_all();
	return unused;
}

static unsigned sites_to_meet(void)
{
	const unsigned wanted = checker_work(SITES);
	return wanted < SITES ? wanted : SITES;
}

/* All are at a site when the first of them says something there. */
static void *meet(void *unused)
{
	const unsigned count = sites_to_meet();
	for (unsigned i = 0; i < count; i++) {
		pthread_barrier_wait(&here);
		say(i);
		say(i);
	}
	return unused;
}

static void start_threads(pthread_t *threads, void *(*body)(void *))
{
	for (int i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, body, NULL), 0);
}

static void await_threads(const pthread_t *threads)
{
	for (int i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_join(threads[i], NULL), 0);
}

Test(shared_sites, met_at_once)
{
	pthread_t threads[THREADS], watcher;
	const unsigned count = sites_to_meet();
	cr_assert_eq(pthread_barrier_init(&here, NULL, THREADS), 0);
	cr_assert_eq(pthread_create(&watcher, NULL, watch, NULL), 0);
	start_threads(threads, meet);
	await_threads(threads);
	atomic_store(&done, true);
	pthread_join(watcher, NULL);
	read_all();
	cr_assert_eq(checker_counter(recorded), 2 * THREADS * count);
	/* Two that meet may both intern it; none does so twice. */
	cr_assert(recorder.header->site_count >= count && recorder.header->site_count <= THREADS * count);
	cr_assert_eq(recorder.header->sites_refused, 0);
}

static void *talk(void *unused)
{
	for (unsigned i = 0; !atomic_load_explicit(&done, memory_order_relaxed); i = (i + 1) % SITES)
		say(i);
	return unused;
}

Test(shared_sites, while_the_levels_change)
{
	pthread_t threads[THREADS];
	const unsigned count = checker_work(CHANGES);
	start_threads(threads, talk);
	for (unsigned i = 0; i < count; i++)
		cr_assert_eq(record_api.set_levels(i % 2 ? "warn,file.c=info" : "info,file.c=warn"), 0);
	atomic_store(&done, true);
	await_threads(threads);
	/* What was read of a text in the middle of its change holds no longer than the change. */
	const uint64_t before = checker_counter(recorded);
	cr_assert_eq(record_api.set_levels("info,file.c=off"), 0);
	for (unsigned i = 0; i < SITES; i++)
		say(i);
	cr_assert_eq(checker_counter(recorded), before);
	cr_assert_eq(record_api.set_levels("off,file.c=info"), 0);
	for (unsigned i = 0; i < SITES; i++)
		say(i);
	cr_assert_eq(checker_counter(recorded), before + SITES);
	read_all();
}

static void say_few(void)
{
	for (unsigned i = 0; i < FEW_SITES; i++)
		say(i);
}

static void *say_few_at_once(void *unused)
{
	pthread_barrier_wait(&here);
	say_few();
	return unused;
}

/* In a forked child, which has no recorder: 0, or what is wrong. No assertion may run there. */
static int say_and_change_the_levels(void)
{
	pthread_t threads[THREADS - 1];
	for (int i = 0; i < THREADS - 1; i++)
		pthread_create(&threads[i], NULL, say_few_at_once, NULL);
	pthread_barrier_wait(&here);
	if (record_api.set_levels("info,file.c=off") != 0)
		return 1;
	for (int i = 0; i < THREADS - 1; i++)
		pthread_join(threads[i], NULL);
	if (!recorder_get())
		return 2;
	const uint64_t before = checker_counter(recorded);
	say_few();
	return checker_counter(recorded) == before && config.levels == &recorder.header->levels ? 0 : 3;
}

Test(shared_sites, while_the_recorder_is_made)
{
	const unsigned processes = checker_work(PROCESSES);
	cr_assert_eq(pthread_barrier_init(&here, NULL, THREADS), 0);
	for (unsigned i = 0; i < processes; i++) {
		int status;
		const pid_t child = fork();
		if (child == 0)
			_exit(say_and_change_the_levels());
		cr_assert_eq(waitpid(child, &status, 0), child);
		cr_assert_eq(status, 0, "process %u of %u: %#x", i, processes, status);
	}
}
