/*
 * Spans by the agent's own functions: a handler with a span of its own interrupts the beginning and the end of one at every instruction,
 * and each span has its two events; and where the table of call sites is full its events carry name and mark themselves.
 */
#define TTLOG_ABI_ONLY
#include "checker.h"
#include "ttlog.h"

#include "lane.h"
#include "reader.h"
#include "record.h"
#include "recorder_file.h"
#include "single_step.h"
#include "site.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char *const keys[] = {"span", NULL};

static void start_spans(void)
{
	checker_start();
	site_init();
}

TestSuite(span_steps, .init = start_spans, .fini = checker_stop, .timeout = 600);

static struct ttlog_site make_site(const char *name, uint32_t type)
{
	return (struct ttlog_site){
		.types = type, .message = name, .file = "file.c", .keys = keys, .level = TTLOG_LEVEL_INFO, .key_count = 1};
}

struct span_sites {
	struct ttlog_site enter, exit;
	uint64_t mark;
};

static struct span_sites make_span(const char *name)
{
	return (struct span_sites){make_site(name, TTLOG_TYPE_SPAN_ENTER), make_site(name, TTLOG_TYPE_SPAN_EXIT), 0};
}

/* What the macros do. */
static void run_span(struct span_sites *span)
{
	span->mark = record_api.span_begin(&span->enter);
	record_api.event_few(&span->enter, span->mark, 0, 0);
	record_api.span_end(&span->exit, span->mark);
}

/* Events of a type with that mark, and that name where it stands in the record. */
static unsigned count_events(uint32_t type, uint64_t mark, const char *name)
{
	static struct record record;
	const struct recorder_view view = checker_view();
	unsigned count = 0;
	for (uint32_t lane = 0; lane < view.lanes; lane++) {
		struct lane_cursor cursor;
		lane_cursor_open(&cursor, &view, lane);
		while (lane_cursor_next(&cursor, &record) == 1) {
			struct site_view site = {0};
			struct event_value value;
			if (record.flags & RECORD_HAS_SITE)
				cr_assert_eq(recorder_view_site(&view, record.origin, &site), 0);
			else
				cr_assert(record.text_bytes == strlen(name) && memcmp(record.text, name, record.text_bytes) == 0);
			struct value_cursor values = {.words.types = site.types};
			cr_assert_eq(record_value(&record, &values, &value), 1);
			count += value.type == type && value.number.u == mark;
		}
		cr_assert_eq(cursor.torn, 0);
	}
	return count;
}

static void expect_pair(const struct span_sites *span)
{
	const unsigned enters = count_events(VALUE_SPAN_ENTER, span->mark, span->enter.message),
		       exits = count_events(VALUE_SPAN_EXIT, span->mark, span->exit.message);
	cr_assert(span->mark && enters == 1 && exits == 1, "%s: %u begun, %u ended", span->enter.message, enters, exits);
}

static struct span_sites outer, inner;
/* At every instruction, or (TTLOG_STRESS below 7) at some in turn */
enum { STRIDE = 7 };

static unsigned steps, act_at;

static void step(int signal, siginfo_t *info, void *interrupted)
{
	(void)signal;
	(void)info;
	if (++steps != act_at)
		return;
	step_end_in(interrupted);
	errno = EINTR;
	run_span(&inner);
	cr_assert_eq(errno, EINTR);
}

/* New sites each time: their first event, which takes their id, is interrupted too. */
Test(span_steps, interrupted_at_every_instruction)
{
	const struct sigaction action = {.sa_sigaction = step, .sa_flags = SA_SIGINFO};
	struct span_sites first = make_span("takes the lane");
	const unsigned stride = STRIDE * 100 / checker_work(100) | 1;
	run_span(&first);
	if (step_impossible())
		cr_skip_test("%s", step_impossible());
	sigaction(SIGTRAP, &action, NULL);
	do {
		outer = make_span("outer");
		inner = make_span("inner");
		act_at += stride;
		steps = 0;
		step_begin();
		run_span(&outer);
		step_end();
		expect_pair(&outer);
		if (steps >= act_at)
			expect_pair(&inner);
	} while (steps >= act_at && recorder.header->sites_refused == 0);
	cr_assert(steps < act_at && act_at > 100, "%u of %u steps", act_at, steps);
}

Test(span_steps, where_the_table_of_sites_is_full)
{
	char message[32];
	for (unsigned i = 0; recorder.header->sites_refused == 0; i++) {
		snprintf(message, sizeof(message), "message of site %u", i);
		struct ttlog_site site = make_site(message, TTLOG_TYPE_SIGNED);
		record_api.event_few(&site, i, 0, 0);
	}
	struct span_sites span = make_span("span of a site that found no room");
	const uint32_t refused = recorder.header->sites_refused;
	run_span(&span);
	cr_assert_geq(recorder.header->sites_refused, refused + 2);
	const struct recorder_view view = checker_view();
	static struct record record;
	struct lane_cursor cursor;
	struct event_value value;
	unsigned found = 0;
	lane_cursor_open(&cursor, &view, 0);
	while (lane_cursor_next(&cursor, &record) == 1) {
		struct value_cursor values = {0};
		if (record.flags & RECORD_HAS_SITE || record.text_bytes != strlen(span.enter.message))
			continue;
		cr_assert(memcmp(record.text, span.enter.message, record.text_bytes) == 0);
		cr_assert(record_value(&record, &values, &value) == 1 && value.number.u == span.mark);
		cr_assert_eq(value.type, found == 0 ? VALUE_SPAN_ENTER : VALUE_SPAN_EXIT);
		found++;
	}
	cr_assert_eq(found, 2);
}
