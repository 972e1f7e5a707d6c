/*
 * recorder.h - byte layout of the recorder file.
 *
 * The recorder file is the one interface between the agent (one writer process) and every reader: the capture helper, the
 * command-line tools, the target's own listener. It lives in shared memory, survives SIGKILL, and needs nothing beside itself
 * to be read on the machine that wrote it. All numbers are little endian and naturally aligned; offsets count from the start
 * of the file. A reader treats every field as hostile: recorder_view_open() checks all of them once.
 *
 *   header | identity | clock pairs | lane controls | lanes (units) | call sites | memory map | crash record | crash threads
 *
 * Guarantees (cited by letter in code, tests and commits)
 *   G1  A writer is wait-free: no allocation, no lock, no system call once its lane is taken (growing the lane, which
 *       happens at most log2(lane_units / LANE_UNITS_INITIAL) times in its life, is part of taking it).
 *   G2  Recording is async-signal-safe and reentrant: a handler that interrupts a record may record.
 *   G3  A reader returns whole records only; torn, overwritten and in-flight ones are skipped and counted.
 *   G4  A writer that stalls for any time cannot damage a record written over its place later.
 *   G5  Nothing is lost silently: recorded, dropped, truncated are counters here; overwritten follows from them.
 *   G6  Reading never drains; readers write nothing.
 *
 * The protocol of a lane
 *   A lane is a ring of 32-byte units. Every unit starts with a stamp: ((position + 1) << 2) | state, where position counts
 *   units since the lane began. Payload never stands where a stamp stands, so no text can imitate a record.
 *
 *   An owned lane has one writer, the outermost record of its owner:
 *     1. it says that it is writing; a signal handler that interrupts it from now on writes its own records to a shared lane;
 *     2. it moves lane_control.head on by n, and so owns positions [p, p + n);
 *     3. it fills the units, the first one's stamp (HEAD) last.
 *   Nobody else ever writes there, so nothing can be damaged later (G4), and no instruction has to be atomic. An owner that
 *   left its record by longjmp is writing for ever: from then on its records go to a shared lane.
 *
 *   In a shared lane a writer
 *     1. adds n to lane_control.head and so owns positions [p, p + n);
 *     2. claims the first unit by compare-and-swap, from an older lap that is not BUSY, to BUSY(p);
 *     3. claims, fills and commits (BODY) the units behind it one by one;
 *     4. fills the first unit and commits it (HEAD).
 *   A claim that meets BUSY of an older lap has found a writer that stalled there: the writer gives its place up (state NONE)
 *   and starts again further on. A claim that meets an equal or newer lap has itself stalled for a lap and is dropped. So a
 *   unit changes hands only through its stamp, and a late writer finds its next unit taken (G4).
 *
 *   A reader copies the units of a record between two looks at their stamps, and then looks at head: where it has not passed
 *   p + the lane's units, nobody was given those units since (G3).
 *
 *   | with \ does      | owner records | its handler records | shared writer records | any reader reads |
 *   | owner records    | -             | other lanes (G2)    | other lanes only      | safe (G3, G6)    |
 *   | shared writer    | other lanes   | safe (G2, G4)       | safe (G4)             | safe (G3, G6)    |
 */
#ifndef TTLOG_FORMAT_RECORDER_H
#define TTLOG_FORMAT_RECORDER_H

#include "levels.h"

#include <stdint.h>

#define RECORDER_MAGIC   "TTLOGREC"
#define RECORDER_VERSION 1u
#define RECORDER_PAGE    4096u
#define RECORDER_SUFFIX  ".rec"

/*
 * Recorder files are /dev/shm/ttlog-<effective uid>/<pid>-<when>.rec. A file of this name and a run's id says that the time of the
 * run is up: `ttlog run` has made the snapshots and now ends its processes, so a death of SIGTERM and the like is not captured again.
 * With -<pid> behind it, it says so of that process. Where all can see it: some may have become other users.
 */
#define RECORDER_DIRECTORY "/dev/shm/ttlog-"
#define RECORDER_ENDED     "/dev/shm/ttlog-ended-"
/* And one that counts its deaths, where only the first ones are to have snapshots. */
#define RECORDER_DEATHS    "/dev/shm/ttlog-deaths-"

/* Lane units ------------------------------------------------------------------------------------------------------------- */

#define LANE_UNIT_BYTES    32u
#define LANE_BODY_BYTES    24u   /* a unit without its stamp */
#define LANE_UNITS_INITIAL 1024u /* 32 KB reserved when a lane is taken */

enum unit_state {
	UNIT_NONE = 0, /* never written, or given up */
	UNIT_BUSY = 1, /* claimed, of a shared lane */
	UNIT_HEAD = 2, /* committed, first of a record */
	UNIT_BODY = 3, /* committed, one of the others */
};

static inline uint64_t unit_stamp(uint64_t position, enum unit_state state)
{
	return (position + 1) << 2 | (uint64_t)state;
}

/* First unit of a record; the payload fills the units behind it, LANE_BODY_BYTES in each. */
struct record_head {
	uint64_t stamp;
	uint64_t ticks;  /* in recorder_header.clock.kind's unit */
	uint64_t origin; /* RECORD_HAS_SITE: call site id; otherwise the caller's address */
	uint32_t tid;
	uint16_t bytes;       /* of payload */
	uint8_t level_source; /* level in the low 4 bits, enum event_source in the high 4 */
	uint8_t flags;
};

struct record_body {
	uint64_t stamp;
	unsigned char bytes[LANE_BODY_BYTES];
};

_Static_assert(sizeof(struct record_head) == LANE_UNIT_BYTES, "a unit is 32 bytes");
_Static_assert(sizeof(struct record_body) == LANE_UNIT_BYTES, "a unit is 32 bytes");

static inline uint32_t record_units(uint32_t payload_bytes)
{
	return 1 + (payload_bytes + LANE_BODY_BYTES - 1) / LANE_BODY_BYTES;
}

enum record_flag {
	RECORD_HAS_SITE = 1,   /* origin is a call site id */
	RECORD_HAS_VALUES = 2, /* payload is: u16 text bytes, text, then encoded values (value.h) to the end */
	RECORD_HAS_WORDS = 8, /* payload is values as words (event.h); keys and types stand in the call site. Not with HAS_VALUES */
	RECORD_TRUNCATED = 4, /* payload is preceded by a u32: bytes that the program gave in all */
	RECORD_HAS_CONTEXT = 16, /* the units behind the payload's hold a struct record_context */
};

/*
 * Key-values of the thread that made the record, which belong to all its records. They fill units of their own behind those of the
 * payload: a reader that does not know the flag takes the record without them, and finds no record to begin in those units.
 */
#define CONTEXT_KEYS_MAX  8u
#define CONTEXT_BYTES_MAX 256u
struct record_context {
	_Alignas(8) uint16_t bytes;                  /* of values, 1 .. CONTEXT_BYTES_MAX */
	unsigned char values[CONTEXT_BYTES_MAX + 6]; /* encoded (event.h), each with its key */
};
_Static_assert(sizeof(struct record_context) == 11 * LANE_BODY_BYTES, "copied by words, and by units");

static inline uint32_t context_bytes(const struct record_context *context)
{
	return (uint32_t)sizeof(context->bytes) + context->bytes;
}

static inline uint32_t context_units(const struct record_context *context)
{
	return (context_bytes(context) + LANE_BODY_BYTES - 1) / LANE_BODY_BYTES;
}

/*
 * One ring, which doubles while its first laps fill it, so that memory is used (and reserved before it is touched, because a
 * full tmpfs answers a store with SIGBUS) only as history grows. Position p stands in unit p % units. Doubling when p first
 * reaches `units` moves nothing: every earlier position keeps its unit. A writer whose record would end behind `units` first
 * settles the matter by one compare-and-swap on {units, settled}: doubled, or settled for ever. Written by its owner (or by
 * all who share it), read by anybody.
 */
struct lane_control {
	_Alignas(64) uint64_t head; /* positions handed out so far, in units */
	uint64_t recorded;          /* records committed */
	uint64_t dropped;           /* records that found no place */
	uint64_t truncated;         /* records whose text was cut */
	uint32_t units;             /* current size of the ring: a power of two, LANE_UNITS_INITIAL .. lane_units; 0: never taken */
	uint32_t settled;   /* 1: the ring stays at this size (largest, or no memory). One word with units: they change together */
	uint32_t owner_tid; /* 0: free. Of a shared lane: 0 */
	uint32_t shared;    /* 1: several threads write, with locked instructions */
	char thread_name[16]; /* of the owner, when it took the lane; NUL-terminated */
};
_Static_assert(sizeof(struct lane_control) == 64, "one cache line: neighbours never share one");

/* Header ----------------------------------------------------------------------------------------------------------------- */

enum recorder_state {
	RECORDER_LIVE = 1,
	RECORDER_EXITED = 2,   /* normal exit; the file is kept only where somebody asked (TTLOG_ON_EXIT) */
	RECORDER_DYING = 3,    /* crash record is being written */
	RECORDER_CAPTURED = 4, /* a snapshot of the death exists: do not make a second one */
	RECORDER_REPLACED = 5, /* its program by exec, or it by a copy: nothing to be made of it */
};

enum clock_kind { CLOCK_KIND_TSC = 1, CLOCK_KIND_MONOTONIC = 2 };

/* The three clocks at one moment, so that a reader can convert ticks. */
struct clock_pair {
	uint64_t ticks; /* 0: not there; stored last */
	uint64_t monotonic_ns;
	uint64_t realtime_ns; /* since 1970-01-01 UTC */
};

struct recorder_clock {
	uint32_t kind;
	uint32_t taken;          /* pairs noted in recorder_pairs so far */
	struct clock_pair begin; /* when the recorder was made */
	struct clock_pair end;   /* at death or snapshot; all zero: not yet, use the present on the same boot */
};

/*
 * A pair is noted whenever an event comes CLOCK_PAIR_TICKS or more after the last (or before it: then the counter began anew,
 * in a suspend), so that wall time is right to microseconds while NTP turns the clock: a line over T seconds misses a change
 * of the rate by T/4 of it. Pair number n stands in fine[n % CLOCK_PAIRS_FINE], every CLOCK_PAIRS_FINE-th also in coarse[n /
 * CLOCK_PAIRS_FINE % CLOCK_PAIRS_COARSE].
 */
#define CLOCK_PAIR_TICKS   0x1fffffffu /* 0.1 to 0.5 s */
#define CLOCK_PAIRS_FINE   256u
#define CLOCK_PAIRS_COARSE 64u

struct recorder_pairs {
	struct clock_pair fine[CLOCK_PAIRS_FINE], coarse[CLOCK_PAIRS_COARSE];
};
_Static_assert(sizeof(struct recorder_pairs) <= 2 * RECORDER_PAGE, "two pages");

struct recorder_header {
	char magic[8];
	uint32_t version;
	uint32_t state; /* enum recorder_state */
	uint64_t file_bytes;

	uint32_t pid, ppid, uid;
	uint32_t pid_namespace; /* in which these are its numbers, as namespaces(7) names it; 0: unknown */
	uint64_t clock_noted;   /* ticks of the last pair. Here, beside what the record path reads anyway */
	uint32_t generation;    /* 1 + forks since the first process of this memory */
	struct levels levels;   /* which macro events are recorded; may change at run time */

	uint64_t identity_offset;           /* struct recorder_identity */
	uint64_t pairs_offset;              /* struct recorder_pairs */
	uint64_t controls_offset;           /* struct lane_control [lanes_owned + lanes_shared]; the shared ones come last */
	uint64_t lanes_offset;              /* lane i at + i * lane_units * LANE_UNIT_BYTES */
	uint64_t sites_offset, sites_bytes; /* struct site_record, one behind the other */
	uint64_t maps_offset, maps_bytes;   /* text of /proc/self/maps */
	uint64_t crash_offset;              /* struct crash_record */

	uint32_t lanes_owned, lanes_shared;
	uint32_t lane_units; /* largest size of a ring: a power of two */
	uint32_t reserved_2;

	struct recorder_clock clock;

	uint64_t sites_used;     /* bytes handed out of sites_bytes */
	uint64_t sites_reserved; /* bytes backed by memory */
	uint32_t site_count;
	uint32_t sites_refused; /* call sites that found no place; their events carry their text inline */
	uint64_t dropped_early; /* events that came while the recorder was being made, or before a lane could be had */
	uint32_t maps_used;     /* bytes of maps text */
	uint32_t degradations;  /* bit set of enum degradation */
	uint32_t next_takeover; /* lane that is looked at next when a thread needs one and none is free */
	uint32_t threads_max;   /* places for struct crash_thread; memory is reserved for them only when they are wanted */
	uint64_t threads_offset;
};
_Static_assert(sizeof(struct recorder_header) <= RECORDER_PAGE, "the header fits its page");
_Static_assert(sizeof(struct recorder_header) % 8 == 0, "read by words");

/* What the agent or the helper had to do without. Names: degradation_name() in event.h. */
enum degradation {
	DEGRADED_ANONYMOUS = 1u << 0,   /* recorder in private memory: lost with the process */
	DEGRADED_LANE_GROWTH = 1u << 1, /* a lane could not grow to its configured size */
	DEGRADED_SITES_FULL = 1u << 2,
	DEGRADED_SPAWN = 1u << 3,           /* helper could not be started */
	DEGRADED_TIMEOUT = 1u << 4,         /* helper did not finish in time */
	DEGRADED_PTRACE = 1u << 5,          /* threads could not be stopped */
	DEGRADED_RECORDER_ONLY = 1u << 6,   /* made from the recorder file after the process had gone */
	DEGRADED_CONFIG = 1u << 7,          /* a TTLOG_ variable had a bad value; see recorder_identity.config_error */
	DEGRADED_BUILD_ID_FILE = 1u << 8,   /* a build-id was read from the file on disk, not from memory */
	DEGRADED_SANDBOX = 1u << 9,         /* the program restricted its system calls: the death was saved without any */
	DEGRADED_HELPER_DIED = 1u << 10,    /* helper ended without having written a snapshot */
	DEGRADED_STORAGE = 1u << 11,        /* helper could not write the snapshot where it belongs */
	DEGRADED_CRASH_MEMORY = 1u << 12,   /* crash record in private memory: no room beside the recorder */
	DEGRADED_STACK_COPIES = 1u << 13,   /* stacks are the copies in the crash record, read with the files on disk */
	DEGRADED_THREADS_ASKED = 1u << 14,  /* the other threads were asked by a signal and saved themselves */
	DEGRADED_THREADS_SILENT = 1u << 15, /* some of them did not answer in time, or found no place */
};

#define IDENTITY_CMDLINE_BYTES 4096u

/* Who is being recorded. Strings are NUL-terminated; cmdline is argv, each with its NUL, cmdline_bytes in all. */
struct recorder_identity {
	char service[64];
	char storage[1024]; /* absolute directory for snapshots */
	char exe[1024];
	char cwd[1024];
	char run_id[32]; /* of the `ttlog run` above it; empty: none */
	char config_error[160];
	char redact[256]; /* TTLOG_REDACT */
	uint32_t capture_timeout_ms;
	uint32_t keep_snapshots;
	uint32_t keep_mb;
	uint32_t on_exit; /* enum: 0 never, 1 failure, 2 always */
	uint32_t quiet;
	uint32_t cmdline_bytes;
	char cmdline[IDENTITY_CMDLINE_BYTES];
	char listener_error[160]; /* first listener that could not be opened, or failed: one sentence; empty: none */
	char listener_dying[64];  /* the listener whose function was being called in the thread that died; empty: none was */
};
_Static_assert(sizeof(struct recorder_identity) <= 2 * RECORDER_PAGE, "identity fits two pages");

/* Call sites ------------------------------------------------------------------------------------------------------------- */

#define SITE_STRINGS 4u /* message, target, file, function; key names follow */

/*
 * One macro call site. Its id is 1 + (offset in the site area) / SITE_ALIGN, so that a reader finds it without a table.
 * `bytes` is stored last, with release: 0 means not there yet.
 */
#define SITE_ALIGN 8u
struct site_record {
	uint32_t bytes; /* of the whole record, a multiple of SITE_ALIGN */
	uint32_t line;
	uint16_t column; /* 0: unknown */
	uint8_t level;
	uint8_t keys;   /* number of key names */
	uint32_t types; /* of the values, 4 bits each from the lowest: enum value_type */
			/* then SITE_STRINGS + keys strings, each u16 length (UINT16_MAX: absent) and bytes, without NUL */
};
_Static_assert(sizeof(struct site_record) == 16, "packed by hand");

/* Crash record ----------------------------------------------------------------------------------------------------------- */

#define CRASH_STACK_BYTES   (64u * 1024)
#define CRASH_SIGINFO_BYTES 128u
#define CRASH_MESSAGE_BYTES 1024u
#define CRASH_PATH_BYTES    1280u
#define CRASH_FIRST         8u

/* Registers in the order of the architecture's DWARF numbers; regs_count of them, and the program counter last. */
#define CRASH_REGISTERS 33u

enum crash_reason {
	CRASH_NONE = 0,
	CRASH_SIGNAL = 1,  /* fatal signal */
	CRASH_REQUEST = 2, /* a snapshot of a living process */
	CRASH_TIMEOUT = 3, /* `ttlog run --timeout` */
};

/*
 * How far the dying process and its helper have come: the futex word they meet on.
 *
 *   dying process:  WANTED ..................................... GATHERED
 *   helper:                  WANTS_THREADS (only without ptrace)           ATTACHED   DONE or FAILED
 */
enum capture_state {
	CAPTURE_IDLE = 0,
	CAPTURE_WANTED = 1,   /* helper has been started */
	CAPTURE_ATTACHED = 2, /* helper has what it needs of the process */
	CAPTURE_DONE = 3,     /* snapshot written, name in snapshot_path */
	CAPTURE_FAILED = 4,
	CAPTURE_WANTS_THREADS = 5, /* helper cannot stop the threads: the process shall ask them itself */
	CAPTURE_GATHERED = 6,      /* it has: see struct crash_thread */
};

struct crash_context {
	uint32_t valid;
	uint32_t tid;
	uint32_t regs_count;
	uint32_t number; /* order of the first chances; 0 of the death */
	uint64_t regs[CRASH_REGISTERS];
	unsigned char siginfo[CRASH_SIGINFO_BYTES]; /* the kernel's siginfo_t */
	uint64_t fault_trapno, fault_error;         /* x86: trap number and error code; 0 elsewhere */
};

struct crash_record {
	uint32_t reason;        /* enum crash_reason */
	uint32_t capture_state; /* enum capture_state: futex */
	uint32_t signal;
	uint32_t helper_errno;      /* why the helper could not be started; 0: it was */
	struct crash_context death; /* the signal that the process dies of */
	/*
	 * First chances: what handlers of the program got in the thread that dies. Several, for one handler may lead to another (a
	 * fault's to abort, and to the handler of that). A reader finds out which of them have not returned.
	 */
	struct crash_context first[CRASH_FIRST];
	uint64_t began_ticks, saved_ticks, spawned_ticks; /* stages of the handler */
	uint64_t stack_address;                           /* of stack[0] in the target */
	uint64_t altstack_address; /* the agent's signal stack, so that the helper can see how much was used */
	uint32_t altstack_bytes;   /* 0: the handler did not run on it */
	uint32_t reserved;
	uint32_t stack_bytes;
	uint32_t message_bytes;
	char message[CRASH_MESSAGE_BYTES];    /* abort message */
	char snapshot_path[CRASH_PATH_BYTES]; /* written by the helper, before the file gets that name; NUL-terminated */
	unsigned char stack[CRASH_STACK_BYTES];
	uint32_t threads_asked;    /* other threads that there were when they were asked to save themselves; 0: nobody asked */
	uint32_t threads_answered; /* futex of the asking thread */
	uint64_t first_ticks[CRASH_FIRST]; /* when each of `first` came; 0: unknown */
};

/*
 * Another thread of the dying process, saved by itself where nobody could stop it from outside: recorder_header.threads_max of
 * them at threads_offset, the first threads_answered are used (in the order of the answers).
 */
#define CRASH_THREADS_MAX        128u
#define CRASH_THREAD_STACK_BYTES (16u * 1024)
struct crash_thread {
	uint32_t valid; /* stored last */
	uint32_t tid;
	uint32_t regs_count;
	uint32_t stack_bytes;
	uint64_t stack_address; /* of stack[0] in the target */
	uint64_t regs[CRASH_REGISTERS];
	unsigned char stack[CRASH_THREAD_STACK_BYTES];
};
_Static_assert(sizeof(struct crash_thread) % 8 == 0, "they lie one behind the other");

#endif
