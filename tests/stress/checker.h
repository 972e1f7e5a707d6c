/*
 * checker.h - the recorder of this very process as one who knows what was written into it sees it.
 *
 * The stress suites run the record path inside themselves. Each record is a message of numbered.h; the origin in its head is the
 * writer's number, so that a head with another record's payload shows too. checker_write() is async-signal-safe; the rest is for
 * the test and its reader threads. What is wrong fails the test.
 *
 * TTLOG_STRESS=n multiplies the work (default 1: some seconds; 0.1: less).
 */
#ifndef TTLOG_TESTS_CHECKER_H
#define TTLOG_TESTS_CHECKER_H

#include "reader.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The .init of each suite: a recorder with the smallest lanes, so that laps are short; or lanes that double twice; or three small ones. */
void checker_start(void);
void checker_start_growing(void);
void checker_start_few_lanes(void);
void checker_stop(void);

/* n times what TTLOG_STRESS says, at least 1. */
unsigned checker_work(unsigned n);

/* One call of the record path, counted as written or refused by what it returned. */
void checker_write(uint32_t writer, uint32_t number);
extern atomic_uint checker_written, checker_refused;

/* What can be read now. */
struct reading {
	uint64_t records;
	uint64_t torn;
	uint64_t gaps; /* units behind the oldest record of a lane that no record covers */
};

/* Reads every lane; each record has to be whole, and the numbers of a writer rise within a lane (G3). */
struct reading checker_read(void);
struct reading checker_read_lane(uint32_t lane);

struct recorder_view checker_view(void);
struct lane_control checker_control(uint32_t lane);

/* Sum of a counter of struct lane_control over all lanes: checker_counter(recorded). */
#define checker_counter(member) checker_sum(offsetof(struct lane_control, member))
uint64_t checker_sum(size_t offset);

/* With all writers at rest: the counters are what the calls returned (G5), and something can be read. */
void checker_expect_counters(void);

/* Lanes that one thread after the other owned, none ever stalled: what is not overwritten is readable without a gap. */
void checker_expect_owned_lanes_whole(void);

/* A thread that reads all lanes again and again until checker_unwatch(). */
void checker_watch(void);
void checker_unwatch(void);

#endif
