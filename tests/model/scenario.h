/*
 * scenario.h - who does what on lanes of a few units: writers, the owner of a lane, their signal handlers, a reader.
 */
#ifndef TTLOG_MODEL_SCENARIO_H
#define TTLOG_MODEL_SCENARIO_H

#include "machine.h"

enum role { ROLE_NONE, ROLE_WRITER, ROLE_OWNER, ROLE_READER };

/* A digit is a record of so many units: "12" writes a record of one unit, then one of two. Of a reader: the lane. */
struct part {
	enum role role;
	const char *records;
	uint32_t signals; /* that interrupt it, each before any of its steps */
	unsigned lane;
};

#define WRITER(what)                                                                                                               \
	{                                                                                                                          \
		.role = ROLE_WRITER, .lane = LANE_SHARED, .records = (what)                                                        \
	}
#define OWNER(what)                                                                                                                \
	{                                                                                                                          \
		.role = ROLE_OWNER, .lane = LANE_OWNED, .records = (what)                                                          \
	}
#define SIGNALLED_WRITER(what, count)                                                                                              \
	{                                                                                                                          \
		.role = ROLE_WRITER, .lane = LANE_SHARED, .signals = (count), .records = (what)                                    \
	}
#define SIGNALLED_OWNER(what, count)                                                                                               \
	{                                                                                                                          \
		.role = ROLE_OWNER, .lane = LANE_OWNED, .signals = (count), .records = (what)                                      \
	}
#define READER(where)                                                                                                              \
	{                                                                                                                          \
		.role = ROLE_READER, .lane = (where), .records = ""                                                                \
	}

struct scenario {
	const char *name;
	uint32_t units, largest; /* of the ring; largest 0: the same, and settled */
	int level;               /* for 2 and 3, see test_model.c */
	struct part parts[THREADS_MAX];
	const char *handler; /* records of each signal's handler */
	bool store_buffers;
	bool weak;        /* Arm's order of memory, which has store buffers too */
	bool count_steps; /* states that differ only in the steps of calls are different: the longest call is found */
	uint32_t faults;  /* enum fault */
	const char *only; /* guarantee that is looked at, "G3"; NULL: all */
};

/* Makes the machine ready for it. The scenario has to stay. */
void scenario_begin(const struct scenario *scenario);
const struct scenario *scenario_now(void);

/* Longest call so far, in its own steps. */
uint32_t scenario_steps_max(void);

/* What all can be read from the machine by somebody who has no part in it. */
const struct recorder_view *scenario_view(void);
struct shared_lane scenario_shared_lane(void);
uint64_t *scenario_units(unsigned lane);

/* Contents of a record, which say all over whose it is. `writer` is thread * CALLS_MAX + call, or WRITER_AFTER. */
enum { WRITER_AFTER = THREADS_MAX * CALLS_MAX, BYTES_MAX = 3 * LANE_BODY_BYTES };
struct record_fields content_fields(unsigned writer, unsigned units);
uint64_t content_ticks(unsigned writer);
uint32_t content_tid(unsigned writer);
uint32_t content_bytes(unsigned writer, unsigned units);
void content_fill(unsigned writer, unsigned char *payload, uint32_t bytes);

#endif
