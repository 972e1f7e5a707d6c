#include "checker.h"

#include "config.h"
#include "lane.h"
#include "libc.h"
#include "numbered.h"
#include "own_shm.h"
#include "reader.h"
#include "recorder_file.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>

/* Order is checked of writers below this; handlers have higher numbers. */
enum { WRITERS_IN_ORDER = 65536 };

atomic_uint checker_written, checker_refused;
static atomic_bool watching;
static pthread_t watcher;

static void start(char *const *environment)
{
	(void)own_shm_mount(); /* or the recorders of children that end without a word would stay */
	libc_resolve();
	config_load(environment, "stress");
	cr_assert(recorder_init());
	cr_assert(recorder_make());
	cr_assert_not(recorder.anonymous, "shared memory cannot be used here");
}

void checker_start(void)
{
	start((char *const[]){"TTLOG_CAPACITY=256", NULL});
	cr_assert_eq(recorder.header->lane_units, LANE_UNITS_INITIAL);
}

void checker_start_growing(void)
{
	start((char *const[]){"TTLOG_CAPACITY=1024", NULL});
	cr_assert_eq(recorder.header->lane_units, 4 * LANE_UNITS_INITIAL);
}

void checker_start_few_lanes(void)
{
	start((char *const[]){"TTLOG_CAPACITY=256", "TTLOG_LANES=3", NULL});
	cr_assert_eq(recorder.header->lanes_owned, 3);
}

void checker_stop(void)
{
	recorder_leave();
}

unsigned checker_work(unsigned n)
{
	const char *factor = getenv("TTLOG_STRESS");
	const double wanted = n * (factor ? strtod(factor, NULL) : 1);
	return wanted < 1 ? 1 : (unsigned)wanted;
}

void checker_write(uint32_t writer, uint32_t number)
{
	char text[NUMBERED_MAX];
	const uint32_t bytes = numbered_make(text, writer, number);
	const bool done = lane_write(record_fields(writer, LEVEL_INFO, SOURCE_STDOUT, 0), text, bytes);
	atomic_fetch_add_explicit(done ? &checker_written : &checker_refused, 1, memory_order_relaxed);
}

/* Reading ------------------------------------------------------------------------------------------------------------------ */

struct recorder_view checker_view(void)
{
	struct recorder_view view;
	const char *why;
	const int error = recorder_view_open(&view, recorder.header, recorder.header->file_bytes, &why);
	cr_assert_eq(error, 0, "%s", why);
	return view;
}

struct lane_control checker_control(uint32_t lane)
{
	const struct recorder_view view = checker_view();
	const struct lane_control control = recorder_view_lane(&view, lane);
	return control;
}

static bool read_next(struct lane_cursor *cursor, struct record *record)
{
	const int more = lane_cursor_next(cursor, record);
	return more == 1;
}

/* `last` holds for each writer 1 + the number it was last seen with in this lane. */
static void check_record(const struct record *record, uint32_t *last)
{
	uint32_t writer, number;
	cr_assert(numbered_read(record->text, record->text_bytes, &writer, &number), "mixed record of writer %u number %u: %.*s",
		  writer, number, (int)record->text_bytes, record->text);
	cr_assert_eq(record->origin, writer, "head of writer %lu with the payload of writer %u", (unsigned long)record->origin,
		     writer);
	cr_assert(record->level == LEVEL_INFO && record->source == SOURCE_STDOUT && record->tid != 0, "damaged head");
	if (writer >= WRITERS_IN_ORDER)
		return;
	cr_assert_gt(number + 1, last[writer], "writer %u: number %u after %u", writer, number, last[writer] - 1);
	last[writer] = number + 1;
}

static struct reading read_lane(const struct recorder_view *view, uint32_t lane, uint32_t *last)
{
	struct reading reading = {0};
	struct lane_cursor cursor;
	static _Thread_local struct record record;
	uint64_t end = 0;
	lane_cursor_open(&cursor, view, lane);
	while (read_next(&cursor, &record)) {
		check_record(&record, last);
		if (reading.records++)
			reading.gaps += record.position - end;
		end = record.position + record_units(record.text_bytes);
	}
	if (reading.records)
		reading.gaps += cursor.end - end;
	reading.torn = cursor.torn;
	return reading;
}

struct reading checker_read_lane(uint32_t lane)
{
	const struct recorder_view view = checker_view();
	uint32_t *last = calloc(WRITERS_IN_ORDER, sizeof(*last));
	cr_assert(last != NULL);
	const struct reading reading = read_lane(&view, lane, last);
	free(last);
	return reading;
}

struct reading checker_read(void)
{
	struct reading all = {0};
	const uint32_t lanes = recorder.header->lanes_owned + recorder.header->lanes_shared;
	for (uint32_t lane = 0; lane < lanes; lane++) {
		const struct reading one = checker_read_lane(lane);
		all.records += one.records;
		all.torn += one.torn;
		all.gaps += one.gaps;
	}
	return all;
}

/* Expectations -------------------------------------------------------------------------------------------------------------- */

uint64_t checker_sum(size_t offset)
{
	const struct recorder_view view = checker_view();
	uint64_t sum = 0;
	for (uint32_t lane = 0; lane < view.lanes; lane++) {
		const struct lane_control control = checker_control(lane);
		sum += *(const uint64_t *)(const void *)((const char *)&control + offset);
	}
	return sum;
}

void checker_expect_counters(void)
{
	const uint64_t recorded = checker_counter(recorded);
	const uint64_t dropped = checker_counter(dropped) + checker_view().header.dropped_early;
	const unsigned written = atomic_load(&checker_written), refused = atomic_load(&checker_refused);
	cr_assert_eq(recorded, written, "recorded %lu, written %u", (unsigned long)recorded, written);
	cr_assert_eq(dropped, refused, "dropped %lu, refused %u", (unsigned long)dropped, refused);
	const uint64_t readable = checker_read().records;
	cr_assert_gt(readable, 0);
	cr_assert_leq(readable, recorded);
}

void checker_expect_owned_lanes_whole(void)
{
	const struct recorder_view view = checker_view();
	for (uint32_t lane = 0; lane < view.header.lanes_owned; lane++) {
		const struct lane_control control = checker_control(lane);
		const struct reading reading = checker_read_lane(lane);
		cr_assert(reading.gaps == 0 && reading.torn == 0, "lane %u: %lu units of holes, %lu torn", lane,
			  (unsigned long)reading.gaps, (unsigned long)reading.torn);
		if (control.head <= control.units)
			cr_assert_eq(reading.records, control.recorded, "lane %u: nothing can be overwritten yet", lane);
	}
}

/* Watching ------------------------------------------------------------------------------------------------------------------ */

static void *watch(void *unused)
{
	(void)unused;
	while (atomic_load(&watching))
		checker_read();
	return NULL;
}

void checker_watch(void)
{
	atomic_store(&watching, true);
	cr_assert_eq(pthread_create(&watcher, NULL, watch, NULL), 0);
}

void checker_unwatch(void)
{
	atomic_store(&watching, false);
	pthread_join(watcher, NULL);
}
