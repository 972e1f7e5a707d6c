/*
 * machine.h - the modelled machine: a recorder's lanes as memory, and threads that stop before each access to it.
 *
 * `machine` with the stacks of its threads is all the state there is, so it can be saved, and gone back to (machine_save,
 * machine_load). A thread runs between two of its accesses at once, for what it does there concerns nobody else. Three memory
 * models: sequential consistency; x86-TSO, where a store waits in its thread's buffer, seen by that thread alone, until a
 * step of its own carries it out, and what is locked waits for the empty buffer; and Arm's (weak.h).
 *
 * A thread that is killed is one that is not chosen any more: each state is also the one in which all that are not done died.
 */
#ifndef TTLOG_MODEL_MACHINE_H
#define TTLOG_MODEL_MACHINE_H

#include "lane.h"
#include "reader.h"
#include "recorder.h"
#include "unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	THREADS_MAX = 4,
	CALLS_MAX = 12, /* of one thread */
	UNITS_MAX = 8,
	STORES_MAX = 12,
	PAST_MAX = 24,
	LANES = 2,
	LANE_OWNED = 0,
	LANE_SHARED = 1,
};

enum access_kind { ACCESS_NONE, ACCESS_PAUSE, ACCESS_GET, ACCESS_SEEN, ACCESS_PUT, ACCESS_PUBLISH, ACCESS_ADD, ACCESS_SWAP };
enum thread_status { THREAD_UNUSED, THREAD_READY, THREAD_DONE };
/* With weak order a flush, and a step that is a load, say which: of the buffer's stores, of the values from the present one back. */
enum action {
	ACTION_STEP,
	ACTION_FLUSH,
	ACTION_SIGNAL,
	ACTION_OVERTAKE, /* + the store's number in the buffer, less one */
	ACTION_OLDER = ACTION_OVERTAKE + STORES_MAX - 1,
	ACTIONS = ACTION_OLDER + PAST_MAX, /* + how much older than the present value, less one */
};

/* One record that a thread makes: what is known of it from outside of the lane. */
enum outcome { CALL_NOT_BEGUN, CALL_RUNNING, CALL_RECORDED, CALL_DROPPED };
struct call {
	uint8_t outcome;
	uint8_t units;
	uint8_t lane;
	uint8_t claimed;   /* its first unit, in a shared lane, and not given up */
	uint16_t position; /* that it was given last */
};

struct thread {
	void *stack_pointer;
	uint64_t *word;  /* of the access that it stands before */
	uint8_t kind;    /* enum access_kind of that */
	uint8_t status;  /* enum thread_status */
	uint8_t signals; /* that may still come */
	uint8_t begun;   /* calls */
	uint8_t call;    /* the present one */
	uint8_t stores;  /* in the buffer */
	uint8_t depth;   /* handlers that it is inside */
	uint8_t fences;  /* between the stores in the buffer; no padding: all bytes are part of the state */
};

/* A store that its thread has made and memory has not. */
struct store {
	uint64_t *word;
	uint64_t value;
	uint32_t call;
	uint16_t kind;   /* ACCESS_PUT, ACCESS_PUBLISH, ACCESS_ADD or ACCESS_SWAP */
	uint16_t fences; /* of its thread before it */
};

/* What words were before: see weak.h. */
struct past_value {
	const uint64_t *word;
	uint64_t value;
};
struct past {
	struct past_value values[PAST_MAX];
	uint8_t count;
	uint8_t latest;   /* so many of them were lost before something that was loaded came */
	uint8_t watching; /* thread, plus one */
	uint8_t reserved[5];
};

struct reading {
	struct lane_cursor cursor;
	uint64_t expected, returned;    /* bit sets of calls, CALL_BIT */
	uint64_t first_look[UNITS_MAX]; /* at stamps, for FAULT_STAMPS_ONCE */
};
#define CALL_BIT(thread, call) (UINT64_C(1) << ((thread)*CALLS_MAX + (call)))
_Static_assert(THREADS_MAX *CALLS_MAX <= 64, "calls fit a bit set");

struct machine {
	struct lane_control controls[LANES];
	uint64_t units[LANES * UNITS_MAX * UNIT_WORDS];
	uint8_t claimant[UNITS_MAX]; /* thread * CALLS_MAX + call, of the shared lane's units */
	struct thread threads[THREADS_MAX];
	struct call calls[THREADS_MAX][CALLS_MAX];
	struct reading reading;
	struct thread_state owner;              /* of the thread that has the owned lane */
	uint16_t steps[THREADS_MAX][CALLS_MAX]; /* of calls under way. From here on: part of a state where the setting says so */
	struct store buffers[THREADS_MAX][STORES_MAX];
	struct past past;
};
extern struct machine machine;

struct setting {
	uint32_t units, largest; /* of the rings: at the beginning, and when they are settled */
	uint32_t signals[THREADS_MAX];
	bool store_buffers;
	bool weak; /* with store_buffers */
	bool count_steps;
	const char *only;                           /* guarantee that is looked at, "G3"; NULL: all */
	uint32_t faults;                            /* enum fault */
	struct thread_state owner;                  /* of the owned lane, at the beginning */
	uint32_t bound;                             /* steps that a call may take (G1) */
	void (*body[THREADS_MAX])(unsigned thread); /* NULL: no such thread */
	void (*handler)(unsigned thread);           /* of a signal */
};
extern struct setting setting;

/* First violated guarantee since machine_begin(); empty: none. */
extern char violation[256];
void violate(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Empty lanes, and every thread before its first access. */
void machine_begin(void);

/* What can happen next to a thread. */
bool machine_can(unsigned thread, enum action action);
void machine_do(unsigned thread, enum action action);

/* What that is going to be, in words. */
void machine_describe(unsigned thread, enum action action, char *text, size_t bytes);

/* Over memory, store buffers and stacks. */
uint64_t machine_hash(void);
/* Into `to`, which holds machine_save_max() bytes. Returns the bytes used. */
size_t machine_save(unsigned char *to);
size_t machine_save_max(void);
void machine_load(const unsigned char *from);

/* For bodies: a step without access. */
void machine_pause(void);
/* Bodies run in a thread; anything else acts on memory at once, as nobody (THREADS_MAX). */
unsigned machine_running(void);

/* The reader's record: saved with the machine, but only as much of it as these records fill. */
extern struct record machine_record;
void machine_record_clear(void);

static inline uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

#endif
