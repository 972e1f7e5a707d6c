/*
 * Following a recorder from outside while it is written: each record once, whole, in its lane's order; what was written over before
 * it was read is counted, to the record.
 */
#include "checker.h"

#include "lane.h"
#include "numbered.h"
#include "recorder_file.h"
#include "recorder_follow.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS = 30000, WRITERS_MAX = 128, LANES_MAX = 64 };
#define LONG_NS 1000000000ull

TestSuite(following, .init = checker_start, .fini = checker_stop, .timeout = 3600);
TestSuite(following_growing, .init = checker_start_growing, .fini = checker_stop, .timeout = 3600);

static struct recorder_follow follow;
static uint64_t now = 1;
static uint64_t taken;
static uint32_t last[LANES_MAX][WRITERS_MAX]; /* 1 + the number of each writer's last record in each lane */
static uint64_t position[LANES_MAX];

static void take(void *context, const struct record *record)
{
	uint32_t writer, number;
	(void)context;
	taken++;
	cr_assert(numbered_read(record->text, record->text_bytes, &writer, &number), "mixed record: %.*s", (int)record->text_bytes,
		  record->text);
	cr_assert(record->origin == writer && writer < WRITERS_MAX && record->lane < LANES_MAX);
	cr_assert_gt(number + 1, last[record->lane][writer], "writer %u: number %u after %u in lane %u", writer, number,
		     last[record->lane][writer] - 1, record->lane);
	last[record->lane][writer] = number + 1;
	cr_assert(record->position >= position[record->lane], "twice");
	position[record->lane] = record->position + 1;
}

static void begin(void)
{
	const char *why;
	const int error = recorder_follow_open(&follow, recorder.path, &why);
	cr_assert_eq(error, 0, "%s: %s", recorder.path, why ? why : strerror(-error));
}

/* Returns the records that it took. */
static uint64_t look(void)
{
	const uint64_t before = taken;
	const int error = recorder_follow_look(&follow, now, take, NULL);
	cr_assert_eq(error, 0, "%s", strerror(-error));
	cr_assert_eq(follow.delivered, taken);
	return taken - before;
}

/* Writers at rest: nothing is left, and what was not read is counted. */
static void finish(void)
{
	look();
	now += LONG_NS;
	look();
	now += LONG_NS;
	look();
	cr_assert_eq(look(), 0);
	const uint64_t recorded = checker_counter(recorded);
	cr_assert_eq(follow.delivered + follow.missed, recorded, "%lu read and %lu missed of %lu", (unsigned long)follow.delivered,
		     (unsigned long)follow.missed, (unsigned long)recorded);
	cr_assert_eq(recorder_follow_counts(&follow).recorded, recorded);
	recorder_follow_close(&follow);
}

static void write_some(uint32_t writer, uint32_t from, uint32_t to)
{
	for (uint32_t number = from; number < to; number++)
		checker_write(writer, number);
}

Test(following, each_record_once)
{
	begin();
	cr_assert_eq(look(), 0);
	write_some(1, 0, 10);
	cr_assert_eq(look(), 10);
	cr_assert_eq(look(), 0);
	write_some(1, 10, 11);
	cr_assert_eq(look(), 1);
	cr_assert_eq(follow.missed, 0);
	finish();
}

/* The file has megabytes, and a line a few units. */
Test(following, only_what_is_new_is_read)
{
	begin();
	write_some(1, 0, 100);
	look();
	const uint64_t before = follow.bytes_read;
	look();
	const uint64_t idle = follow.bytes_read - before;
	write_some(1, 100, 101);
	look();
	const uint64_t one = follow.bytes_read - before - 2 * idle;
	const uint64_t units = record_units(numbered_bytes(1, 100));
	cr_assert_lt(idle, 16384, "%lu bytes where nothing is new", (unsigned long)idle);
	cr_assert_lt(one, 3 * units * LANE_UNIT_BYTES + 2048, "%lu bytes for a record of %lu units", (unsigned long)one,
		     (unsigned long)units);
	finish();
}

/* Laps between two looks: what is left of them is read, all of it, and the rest counted. */
Test(following, what_was_written_over_is_counted)
{
	begin();
	write_some(1, 0, 10);
	look();
	write_some(1, 10, 2010);
	const uint64_t fits = checker_read_lane(0).records;
	cr_assert_eq(look(), fits);
	cr_assert_eq(follow.missed, 2000 - fits);
	finish();
}

Test(following_growing, a_ring_that_grows)
{
	begin();
	for (uint32_t number = 0; number < 3000; number += 40) {
		write_some(1, number, number + 40);
		cr_assert_eq(look(), 40, "at %u", number);
	}
	cr_assert_eq(follow.missed, 0);
	finish();
}

/* A reader that comes late takes all that is there. */
Test(following_growing, from_the_beginning)
{
	write_some(1, 0, 5000);
	begin();
	const uint64_t fits = checker_read_lane(0).records;
	cr_assert_eq(look(), fits);
	cr_assert_eq(follow.missed, 5000 - fits);
	finish();
}

/* A place in a lane as its writer leaves it in the middle: given out, and its first unit not yet what it will be. */
static uint64_t *reserve(struct lane_control *control, uint32_t units)
{
	const uint64_t at = control->head;
	control->head += units;
	const uint64_t index = (uint64_t)(control - recorder.controls) * recorder.header->lane_units + at % control->units;
	return (uint64_t *)(void *)(recorder.lanes + index * LANE_UNIT_BYTES);
}

/* Nothing behind it: it may take any time. */
Test(following, waits_for_a_record_under_way)
{
	begin();
	write_some(1, 0, 10);
	look();
	struct lane_control *own = thread_state.control;
	const uint64_t at = own->head;
	write_some(1, 10, 11);
	uint64_t *stamp = (uint64_t *)(void *)(recorder.lanes + at % own->units * LANE_UNIT_BYTES);
	*stamp = 0;
	own->recorded--;
	cr_assert_eq(look(), 0);
	now += LONG_NS;
	cr_assert_eq(look(), 0);
	*stamp = unit_stamp(at, UNIT_HEAD);
	own->recorded++;
	cr_assert_eq(look(), 1);
	cr_assert_eq(follow.missed, 0);
	finish();
}

/* A writer of an owned lane that has gone on has left it for ever. */
Test(following, passes_what_an_owner_left)
{
	begin();
	write_some(1, 0, 10);
	look();
	reserve(thread_state.control, 3);
	write_some(1, 10, 20);
	cr_assert_eq(look(), 0, "what we read of both was not of one moment");
	cr_assert_eq(look(), 10);
	cr_assert_eq(follow.missed, 0);
	finish();
}

/* In a shared lane one writer may be slower than another. */
Test(following, waits_in_shared_lanes)
{
	begin();
	write_some(1, 0, 1);
	thread_state.ready = LANE_NOT_READY; /* as a thread that found no lane of its own */
	write_some(1, 1, 2);
	cr_assert_eq(look(), 2);
	const uint32_t index = recorder.header->lanes_owned + thread_state.tid % recorder.header->lanes_shared;
	struct lane_control *control = &recorder.controls[index];
	const uint64_t at = control->head;
	uint64_t *stamp = reserve(control, 1);
	*stamp = unit_stamp(at, UNIT_BUSY);
	write_some(1, 2, 6);
	cr_assert_eq(look(), 0);
	cr_assert_eq(look(), 0);
	now += LONG_NS;
	cr_assert_eq(look(), 4, "not for ever");
	finish();
}

static atomic_uint running;

static void *writer(void *data)
{
	write_some((uint32_t)(uintptr_t)data, 0, checker_work(RECORDS));
	atomic_fetch_sub(&running, 1);
	return NULL;
}

static void follow_writers(unsigned count)
{
	pthread_t threads[WRITERS_MAX];
	begin();
	atomic_store(&running, count);
	for (uintptr_t i = 0; i < count; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, writer, (void *)i), 0);
	while (atomic_load(&running)) {
		look();
		/* Each writer may have completed a record that it has not counted yet. */
		cr_assert_leq(follow.delivered + follow.missed, checker_counter(recorded) + count, "more is missed than there is");
		now += LONG_NS / 100;
	}
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	finish();
}

Test(following, writers_at_full_speed)
{
	follow_writers(4);
}

Test(following_growing, writers_that_share)
{
	follow_writers(80);
}

/* Nor does a head that cannot be lead anywhere. */
Test(following, a_head_that_lies)
{
	begin();
	write_some(1, 0, 10);
	look();
	struct lane_control *own = thread_state.control;
	const uint64_t head = own->head;
	own->head = (uint64_t)1 << 60;
	look();
	own->head = 0;
	look();
	own->head = head;
	look();
	cr_assert_leq(follow.delivered, 10);
	recorder_follow_close(&follow);
}

/* A file that says something else at each look has no look beyond its own end. */
Test(following, a_layout_that_changes)
{
	begin();
	write_some(1, 0, 10);
	look();
	recorder.header->lanes_offset += 8;
	cr_assert_eq(recorder_follow_look(&follow, now, take, NULL), -EBADMSG);
	recorder.header->lanes_offset -= 8;
	finish();
}
