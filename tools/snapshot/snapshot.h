/*
 * snapshot.h - the snapshot in memory, and its file: CBOR in an LZ4 frame (snapshot.cddl describes it).
 *
 * One model for all: the capture helper fills it, snapshot_write() encodes it, snapshot_read() decodes it, viewers print it.
 * All of it, strings included, lives in the arena of the snapshot and goes with snapshot_fini(). A NULL string or a has_ flag
 * of 0 means "not known", and the key is left out of the file. Single-threaded; functions return 0 or -errno and describe the
 * error in struct snapshot_error.
 */
#ifndef TTLOG_SNAPSHOT_SNAPSHOT_H
#define TTLOG_SNAPSHOT_SNAPSHOT_H

#include "arena.h"
#include "event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SNAPSHOT_VERSION 1u
#define SNAPSHOT_SUFFIX  ".cbor.lz4"

/* Bytes from the target that need not be UTF-8: written as text where they are, as a byte string where they are not. */
struct snapshot_text {
	const char *data; /* NULL: absent; NUL-terminated for convenience, may hold NULs inside */
	size_t bytes;
};

/* A function whose code the compiler put into another's. */
struct snapshot_inline {
	const char *function;
	const char *file; /* place in it */
	uint32_t line;
};

struct snapshot_frame {
	uint64_t pc;
	const char *module;   /* path as mapped; NULL: no module there */
	const char *build_id; /* lower-case hex */
	uint64_t offset;      /* pc - base of the module */
	const char *function; /* ELF symbol whose size covers pc */
	uint64_t function_offset;
	const char *file;                /* place in that function: of the call, where something was inlined */
	uint32_t line;                   /* 0: unknown */
	struct snapshot_inline *inlined; /* what was inlined there, innermost first */
	size_t inlined_count;
	const char **source; /* lines around the place of the innermost of them, stored by `ttlog symbolize --embed-source` */
	size_t source_count;
	uint32_t source_line; /* number of source[0] */
	bool exact; /* pc is the instruction itself, not a return address: interrupted by a signal. Of the innermost: always so */
	const char *found; /* how, where no unwind information led here: "frame_pointer", "scan", "return_address"; NULL: it did */
};

struct snapshot_register {
	const char *name; /* as gdb names it: rip, rsp, x0 ... */
	uint64_t value;
};

struct snapshot_thread {
	uint32_t tid;
	const char *name;
	bool crashed;
	const char *state; /* one letter of /proc/pid/task/tid/stat, as a word: running, sleeping, disk, stopped, zombie */
	struct snapshot_register *registers;
	size_t register_count;
	struct snapshot_frame *frames; /* innermost first */
	size_t frame_count;
	uint64_t frames_omitted; /* left out in the middle of a deep recursion, before frames[frames_omitted_at]; 0: none */
	uint32_t frames_omitted_at;
	bool frames_cut; /* outer frames are not known: of frames_omitted there may be more */
};

struct snapshot_module {
	const char *path;
	uint64_t base, size;
	const char *build_id;
	const char *state; /* of the file: "deleted", "replaced" by another at its path, "memory" (memfd); NULL: it is there */
};

struct snapshot_value {
	const char *key;
	/* key inside unused; string points into the arena. Read from a file: a pointer is the text "0x..", a signed number that is not
	   negative is unsigned (CBOR has no other) */
	struct event_value value;
};

struct snapshot_event {
	uint64_t timestamp; /* ns since 1970-01-01 UTC */
	unsigned level;     /* enum event_level */
	unsigned source;    /* enum event_source */
	uint32_t tid;
	const char *thread_name;
	const char *target;
	struct snapshot_text message;
	struct snapshot_value *values;
	size_t value_count;
	const char *file;      /* of a macro event */
	uint32_t line, column; /* 0: unknown. clang tells columns: of the end of the call */
	const char *function;
	uint64_t caller;      /* address; 0 for a macro event */
	uint64_t truncated;   /* bytes that were cut off the message; 0: whole */
	const char *span;     /* "enter", "exit": event of a span, whose name is the message; NULL: of none */
	uint64_t span_id;     /* the same in both; unique in its thread */
	uint64_t span_parent; /* of an enter event: the span around it; 0: none known */
	bool has_duration;
	uint64_t duration; /* of an exit event, ns */
	/* By spans_nest(); not part of the file. */
	uint32_t depth; /* spans around this event */
	bool open;      /* enter event of a span that did not end */
};

struct snapshot_signal {
	bool present;
	uint64_t timestamp; /* of first_signal: when it came, ns since 1970-01-01 UTC; 0: not known, or it is the death's */
	int number;
	const char *name; /* "SIGSEGV" */
	int code;
	const char *code_name; /* "SEGV_MAPERR" */
	bool has_address;
	uint64_t address;
	bool has_sender;
	int64_t sender_pid, sender_uid;
	const char *sender_command; /* its command line, while it still lived; cut */
	bool has_value;
	int64_t value; /* that sigqueue(3) or a timer gave along, as an int */
	bool has_timer;
	int64_t timer; /* which, of timer_create(2) */
};

struct snapshot_limit {
	const char *name;        /* as in prlimit(1): "nofile", "core" */
	bool has_soft, has_hard; /* false: unlimited */
	uint64_t soft, hard;
};

struct snapshot {
	struct arena arena;

	uint32_t version;
	const char *service, *hostname;
	const char *run; /* id of the `ttlog run` above it; NULL: none */
	int64_t pid, ppid;
	const char *exe, *cwd;
	const char **cmdline;
	size_t cmdline_count;
	uint64_t created_at;                 /* ns since 1970-01-01 UTC */
	uint64_t uptime;                     /* ns since the process (its recorder, where that is all that is known) began */
	const char *reason;                  /* "SIGSEGV", "SIGKILL", "request", "timeout", "exit 3" ... */
	struct snapshot_signal signal;       /* that it died of */
	struct snapshot_signal first_signal; /* the fault behind it, where the program's own handler had it first */
	struct snapshot_text abort_message;
	size_t unknown_keys; /* of the file it was read from: what a later version wrote, and writing it again would lose */
	const char *redact;  /* TTLOG_REDACT of the process; NULL: the default. Not part of the file */
	struct {
		bool present;      /* the kernel's out-of-memory killer struck while it ran, and it died of SIGKILL */
		const char *scope; /* "cgroup": in its control group; "machine": somewhere on the machine */
		uint64_t kills;
		uint64_t limit, used; /* of the group, most that it ever used; bytes; 0: unknown, no limit */
	} oom;

	struct snapshot_thread *threads; /* the crashed one first */
	size_t thread_count;
	struct snapshot_module *modules;
	size_t module_count;
	struct snapshot_event *events; /* oldest first */
	size_t event_count;

	struct {
		uint64_t recorded, overwritten, dropped, truncated, torn, redacted;
	} stats;
	struct {
		const char *os, *kernel, *arch;
		uint32_t cpus;
		uint64_t rss, peak_rss;             /* bytes; 0: unknown */
		uint64_t memory_limit, memory_used; /* of its control group, bytes; 0: unknown, no limit */
		uint32_t threads, fds;              /* 0: unknown */
		struct snapshot_limit *limits;
		size_t limit_count;
		double load;
	} system;
	struct {
		const char *version;
		const char **degradations;
		size_t degradation_count;
		const char **confined; /* what the helper had given up before it parsed what the process left */
		size_t confined_count;
		const char *config_error;
		const char *listener_error; /* first listener that could not be opened, or failed */
		const char *listener;       /* whose function was being called in the thread that died */
		struct {
			const char *name;
			uint64_t ns;
		} stages[8]; /* since the signal arrived */
		size_t stage_count;
		struct {
			bool present;
			uint64_t size, used;
		} altstack; /* bytes of the stack that the agent's handler ran on */
	} agent;
};

/* Where and why reading or writing failed; filled on every error. */
struct snapshot_error {
	char text[256];  /* one line without the file's name: "not an LZ4 frame" */
	uint64_t offset; /* in the decompressed data, where it is known */
};

void snapshot_init(struct snapshot *snapshot);
void snapshot_fini(struct snapshot *snapshot);

/*
 * Writes directory/ttlog-<service>-<pid>-<UTC>-<reason>.cbor.lz4, mode 0600, atomically: temporary file, fsync, rename to a name
 * that did not exist. Secrets are taken out first (redact.h). Creates the directory. `path` receives the name. -errno of the call that failed; then no file is left.
 */
int snapshot_write(struct snapshot *snapshot, const char *directory, char *path, size_t path_bytes, struct snapshot_error *error);

/* The same, which tells the path (more than one where names are taken) before the file gets it. */
typedef void snapshot_announce(void *context, const char *path);
int snapshot_write_announced(struct snapshot *snapshot, const char *directory, char *path, size_t path_bytes,
			     struct snapshot_error *error, snapshot_announce *announce, void *context);

/* Puts it in the place of the file `path`, atomically, mode 0600, as it is: nothing is taken out. -errno as above; then the file is as it was. */
int snapshot_replace(const struct snapshot *snapshot, const char *path, struct snapshot_error *error);

/* The same into memory (malloc'ed, to be freed by the caller), uncompressed CBOR. */
int snapshot_encode(const struct snapshot *snapshot, unsigned char **cbor, size_t *bytes, struct snapshot_error *error);

/* -EBADMSG: not a snapshot, or a damaged one. */
int snapshot_decode(struct snapshot *snapshot, const unsigned char *cbor, size_t bytes, struct snapshot_error *error);
int snapshot_read(struct snapshot *snapshot, const char *path, struct snapshot_error *error);

/* The file for reading, or -errno: not a regular file is -EBADMSG. */
int snapshot_open(const char *path, struct snapshot_error *error);

/* Decompressed CBOR of a file (malloc'ed), at most SNAPSHOT_CBOR_MAX bytes. */
#define SNAPSHOT_CBOR_MAX (1024ull * 1024 * 1024)
int snapshot_load(const char *path, unsigned char **cbor, size_t *bytes, struct snapshot_error *error);

/* Any snapshot CBOR as JSON with the same names; bytes that are not UTF-8 become U+FFFD. */
int snapshot_print_json(FILE *out, const unsigned char *cbor, size_t bytes, struct snapshot_error *error);

/* Adds what a recorder file holds (identity, events, counters, degradations, times) to an initialised snapshot. */
struct recorder_view;
int snapshot_add_recorder(struct snapshot *snapshot, const struct recorder_view *view);

/* Fills from the crash record: signal, first_signal, abort message (or, from events that are there, last words: last_words.h). */
int snapshot_add_crash(struct snapshot *snapshot, const struct recorder_view *view);

/* What siginfo says of one of its contexts. */
struct crash_context;
void snapshot_fill_signal(struct snapshot_signal *signal, const struct crash_context *context);

/* Modules from the text of /proc/pid/maps, build-ids not filled; sorted by base. */
int snapshot_add_maps(struct snapshot *snapshot, const char *maps, size_t bytes);

/* Adds a name to agent.degradations, once. */
void snapshot_add_degradation(struct snapshot *snapshot, const char *name);

/* Machine: hostname, os, kernel, arch, cpus, load; and, where `pid` is not 0, snapshot_add_process(). */
void snapshot_add_system(struct snapshot *snapshot, int64_t pid);

/* Of a process that still lives: memory, threads, descriptors, limits. What may not be read is left out. */
void snapshot_add_process(struct snapshot *snapshot, int64_t pid);

/* signal.sender_command, where the signal has a sender that still lives. */
void snapshot_add_sender(struct snapshot *snapshot);

/*
 * The crashed thread as the crash record alone knows it: tid, name, registers and one frame, the program counter. For where
 * nobody unwound it. Nothing where the record holds no context or threads are there already.
 */
int snapshot_add_crash_thread(struct snapshot *snapshot, const struct recorder_view *view);

/* Name of a thread that has, or last had, a lane; NULL: it never spoke. */
const char *snapshot_thread_name(struct snapshot *snapshot, const struct recorder_view *view, uint32_t tid);

/* Fills module, build_id and offset of the frames that have none, from snapshot->modules. */
void snapshot_place_frames(struct snapshot *snapshot);

/* The module that holds the address, or NULL. */
const struct snapshot_module *snapshot_module_at(const struct snapshot *snapshot, uint64_t address);

#endif
