/*
 * Contexts of threads that change while signal handlers interrupt the change, and record, and change them too: a record carries what was
 * set in its thread, whole; no change of a thread is lost to its handler's, nor one of the handler's to the thread's.
 */
#include "checker.h"

#include "context.h"
#include "lane.h"
#include "numbered.h"
#include "single_step.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

enum { THREADS = 3, CHANGES = 60000, VALUE_MAX = 80 /* three of them fit */, STRIDE = 7 };

TestSuite(context_changes, .init = checker_start, .fini = checker_stop, .timeout = 3600);
TestSuite(few_lanes_context_changes, .init = checker_start_few_lanes, .fini = checker_stop, .timeout = 3600);

static atomic_uint finished;
static atomic_bool left_alone;
static __thread uint32_t said[2]; /* by the handler of each signal */

/* A value that proves itself, like the messages: its length and letters follow from the number. */
static uint32_t make_value(char *text, uint32_t number)
{
	const uint32_t bytes = 8 + (uint32_t)(numbered_hash(number) % (VALUE_MAX - 8));
	numbered_digits(text, number);
	for (uint32_t i = 8; i < bytes; i++)
		text[i] = (char)('a' + (number + i) % 26);
	return bytes;
}

static int set(const char *key, uint32_t number)
{
	char text[VALUE_MAX];
	const struct event_value value = {
		.key = key, .key_bytes = 1, .type = VALUE_STRING, .string = text, .string_bytes = make_value(text, number)};
	return context_set(&value);
}

/* Who says it, and what he has set: the "T"hread, or the handler of one signal or of the other, which interrupts that one too. */
static void say(const char *who, uint32_t number)
{
	char text[9] = {who[0]};
	numbered_digits(text + 1, number);
	lane_write(record_fields(1, LEVEL_INFO, SOURCE_STDOUT, 0), text, sizeof(text));
}

static uint32_t number_of(const char *digits)
{
	char copy[9] = "";
	memcpy(copy, digits, 8);
	return (uint32_t)strtoul(copy, NULL, 16);
}

static void interrupt(int signal)
{
	const int saved_errno = errno;
	const char *const key = signal == SIGUSR1 ? "G" : "H";
	uint32_t *number = &said[signal == SIGUSR1];
	for (unsigned i = 0; i < 3; i++) {
		if (set(key, ++*number) != 0)
			abort();
		say(key, *number);
	}
	errno = saved_errno;
}

static void *change_it(void *data)
{
	const unsigned changes = checker_work(CHANGES);
	(void)data;
	for (uint32_t number = 1; number <= changes; number++) {
		if (set("T", number) != 0)
			abort();
		say("T", number);
		if (number % 16 == 0 && context_clear("T", 1) != 0)
			abort();
		if (number % 16 == 0)
			say("-", 0);
	}
	/* Who is sent signals has to be there. */
	atomic_fetch_add(&finished, 1);
	while (!atomic_load(&left_alone))
		sched_yield();
	return NULL;
}

/* Of one that is whole: its number. 0: the key is not there. */
static uint32_t find(const struct record *record, char key)
{
	struct event_value value;
	char text[VALUE_MAX];
	uint32_t number = 0;
	size_t at = 0;
	int more;
	while ((more = record_context_value(record, &at, &value)) == 1) {
		cr_assert(value.key_bytes == 1 && strchr("TGH", value.key[0]) && value.string_bytes >= 8);
		const uint32_t found = number_of(value.string);
		cr_assert(make_value(text, found) == value.string_bytes && memcmp(text, value.string, value.string_bytes) == 0,
			  "mixed: %.*s", (int)value.string_bytes, value.string);
		if (value.key[0] == key) {
			cr_assert_eq(number, 0, "twice");
			number = found;
		}
	}
	cr_assert_eq(more, 0, "damaged");
	return number;
}

static void judge(const struct record *record)
{
	cr_assert_eq(record->text_bytes, 9);
	const uint32_t number = number_of(record->text + 1);
	const char who = record->text[0];
	const uint32_t found = find(record, who == '-' ? 'T' : who);
	cr_assert_eq(found, number, "%c has set %u, the record says %u", who, number, found);
}

static uint64_t judge_all(void)
{
	static struct record record;
	const struct recorder_view view = checker_view();
	uint64_t count = 0;
	for (uint32_t lane = 0; lane < view.lanes; lane++) {
		struct lane_cursor cursor;
		lane_cursor_open(&cursor, &view, lane);
		for (; lane_cursor_next(&cursor, &record); count++)
			judge(&record);
	}
	return count;
}

static void *disturb(void *data)
{
	const pthread_t *threads = data;
	for (unsigned i = 0; atomic_load(&finished) < THREADS; i++) {
		pthread_kill(threads[i % THREADS], i / THREADS % 2 ? SIGUSR1 : SIGUSR2);
		if (i % THREADS == 0)
			sched_yield();
	}
	atomic_store(&left_alone, true);
	return NULL;
}

static void run(void)
{
	pthread_t threads[THREADS], other;
	signal(SIGUSR1, interrupt);
	signal(SIGUSR2, interrupt);
	for (unsigned i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, change_it, NULL), 0);
	cr_assert_eq(pthread_create(&other, NULL, disturb, threads), 0);
	while (!atomic_load(&left_alone))
		judge_all();
	pthread_join(other, NULL);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	cr_assert_gt(judge_all(), 100);
}

Test(context_changes, handlers_change_them_too)
{
	run();
}

Test(few_lanes_context_changes, handlers_change_them_too)
{
	run();
}

/* At every instruction, or (TTLOG_STRESS below 7) at some in turn -------------------------------------------------- */

static unsigned steps, act_at;

static void step(int signal, siginfo_t *info, void *interrupted)
{
	(void)info;
	if (++steps != act_at)
		return;
	step_end_in(interrupted);
	interrupt(signal);
	if (act_at % 2 && context_clear("H", 1) != 0)
		abort();
}

/* A thread that has none, sets one, records, and clears it again; interrupted once, by a handler that sets another. */
static void *change_in_steps(void *data)
{
	(void)data;
	say("-", 0);
	steps = 0;
	step_begin();
	const int set_one = set("T", act_at);
	say("T", act_at);
	const int cleared = context_clear("T", 1);
	say("-", 0);
	step_end();
	cr_assert(set_one == 0 && cleared == 0);
	say("H", act_at % 2 || steps < act_at ? 0 : said[0]);
	return NULL;
}

Test(context_changes, interrupted_at_every_instruction)
{
	const struct sigaction action = {.sa_sigaction = step, .sa_flags = SA_SIGINFO};
	const unsigned stride = STRIDE * 100 / checker_work(100) | 1; /* odd: what is done depends on that of act_at */
	if (step_impossible())
		cr_skip_test("%s", step_impossible());
	sigaction(SIGTRAP, &action, NULL);
	do {
		pthread_t thread;
		act_at += stride;
		cr_assert_eq(pthread_create(&thread, NULL, change_in_steps, NULL), 0);
		pthread_join(thread, NULL);
		judge_all();
	} while (steps >= act_at);
	cr_assert_gt(act_at, 100);
}
