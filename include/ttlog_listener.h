/*
 * ttlog_listener.h - what a listener is: somebody who is handed the events of a process while it runs.
 *
 * A listener is a table of functions. A program adds one with ttlog_add_listener() (ttlog.h); a user adds one to an unmodified program
 * with TTLOG_LISTENERS, built in ("file:app.log") or from a shared object ("plugin:libmine.so,key=value"), which exports
 * ttlog_listener_open().
 *
 * Threads: the functions of a listener are called by a thread of the agent's, never by two at once, with all signals blocked but those of
 * its own faults, in an ordinary context: they may allocate, wait and do I/O. All listeners of the program are called by one thread, one
 * after the other; each one of TTLOG_LISTENERS by a thread of its own (files share one), so that one that waits delays no other. What
 * they print or log themselves is recorded, and not handed out again. They must not call ttlog_flush(), ttlog_shutdown() or
 * ttlog_remove_listener() (these answer EDEADLK there).
 *
 * A fault: in a plug-in's own code, an abort(), a failed assertion or an exception that leaves its function ends that listener and nothing
 * else: none of its functions is called again, and the snapshot says so (glibc 2.35; before, and below it in a library, which may have been
 * in the middle of anything, it is a death of the process, whose snapshot names the listener). A function of the program's is the program.
 *
 * Descriptors: the functions of a listener that the program added have the program's. Those of TTLOG_LISTENERS have a table of their own,
 * empty at first, so that an unmodified program never meets a file of its listeners': what such a listener writes to it opens itself, in
 * on_start(). Descriptors 0 to 2 are nothing there: write() says EBADF, and what is printed to stdout is lost, with what the program has in
 * its buffer: print elsewhere.
 *
 * A listener sees each event once, whole, in the order of time, and only reads: the recorder keeps its history whatever listeners do.
 * One that is slow loses events (TTLOG_DROP), which are counted and told with the next one, or makes writers wait (TTLOG_BLOCK).
 */
#ifndef TTLOG_LISTENER_H
#define TTLOG_LISTENER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TTLOG_LISTENER_VERSION 1u

/* Types of values, as in the macros of ttlog.h. */
enum ttlog_type {
	TTLOG_TYPE_SIGNED = 1,
	TTLOG_TYPE_UNSIGNED = 2,
	TTLOG_TYPE_DOUBLE = 3,
	TTLOG_TYPE_BOOL = 4,
	TTLOG_TYPE_STRING = 5,
	TTLOG_TYPE_POINTER = 6
};

enum ttlog_policy {
	TTLOG_DROP = 0, /* what was written over before it was handed out is lost to this listener, and counted */
	/*
	 * Writers wait, opt-in: about 1 s for a listener that does not move at all, and then not again before it does. Others that block
	 * lose nothing by that. Signal handlers that interrupted a record do not wait, nor does anybody while the process ends.
	 */
	TTLOG_BLOCK = 1
};

enum ttlog_event_kind {
	TTLOG_EVENT_PLAIN = 0,
	TTLOG_EVENT_SPAN_ENTER = 1,
	TTLOG_EVENT_SPAN_EXIT = 2 /* duration_ns is set */
};

/* Bytes that need not be UTF-8 and have no NUL behind them. data NULL: absent. */
struct ttlog_text {
	const char *data;
	size_t bytes;
};

struct ttlog_value {
	struct ttlog_text key;
	uint32_t type; /* enum ttlog_type */
	uint32_t reserved;
	union {
		int64_t i;                /* SIGNED */
		uint64_t u;               /* UNSIGNED, BOOL (0, 1), POINTER */
		double d;                 /* DOUBLE */
		struct ttlog_text string; /* STRING; data NULL: the program gave a null pointer */
	} number;
};

/* One event. All of it lives until on_event() returns. Texts have been redacted (TTLOG_REDACT). */
struct ttlog_event {
	uint32_t size;         /* of this structure as the agent knows it; later versions append */
	uint32_t kind;         /* enum ttlog_event_kind */
	uint64_t realtime_ns;  /* since 1970-01-01 UTC */
	uint64_t monotonic_ns; /* CLOCK_MONOTONIC */
	uint32_t pid, tid;
	uint32_t level;  /* enum ttlog_level of ttlog.h; what a line names itself ("ERROR ...") counts */
	uint32_t line;   /* 0: unknown */
	uint32_t column; /* 0: unknown */
	uint32_t value_count;
	uint64_t caller;         /* address of the call, of events that are not a macro's; 0 otherwise */
	uint64_t truncated;      /* bytes of the message that were cut */
	uint64_t lost;           /* events that this listener missed since the one before */
	uint64_t duration_ns;    /* of a span that ends here */
	const char *source;      /* "macro", "stdout", "syslog", ...: NUL-terminated, static */
	const char *service;     /* NUL-terminated; TTLOG_SERVICE or the program's name */
	const char *thread_name; /* NUL-terminated; "" where unknown */
	struct ttlog_text target, file, function;
	struct ttlog_text message; /* without the line's end */
	const struct ttlog_value *values;
	/*
	 * Where it stands in its process's recorder: the same each time it is handed over, while times may differ by some ns as the clock is
	 * known better. Positions grow within a lane. With pid and boot the three name the event for ever.
	 */
	uint64_t recorder; /* when the recorder was made: ns of CLOCK_MONOTONIC */
	uint64_t position;
	uint32_t lane;
	uint32_t reserved;
};

/* 0, or a positive errno: then the listener is tried again, after 0.1 s, doubled up to 60 s; events wait in the recorder meanwhile. */
typedef int ttlog_listener_start(void *user);
/* One event. 0; a positive errno: not taken, and the listener is started again, as above; what comes then, see ttlog_listener_flush. */
typedef int ttlog_listener_event(void *user, const struct ttlog_event *event);
/*
 * What was handed over so far is to reach its place (a file, a database) now. Called when there is nothing more to hand out, at least
 * once a second while there is, by ttlog_flush(), and before on_shutdown. `end`: the process ends, be quick. 0 or a positive errno, as
 * above. After any call that failed the events since the last flush that returned 0 are handed over again, after the next start (at
 * least once), but for those that the recorder has lost meanwhile.
 */
typedef int ttlog_listener_flush(void *user, int end);
/* The last call. Frees what `user` owns. */
typedef void ttlog_listener_shutdown(void *user);
/* The file that it writes has been renamed by somebody (logrotate): it is to be opened again. */
typedef int ttlog_listener_reopen(void *user);

struct ttlog_listener {
	uint32_t version; /* TTLOG_LISTENER_VERSION */
	uint32_t policy;  /* enum ttlog_policy */
	uint32_t level;   /* least severe level it wants: enum ttlog_level */
	uint32_t reserved;
	void *user;
	const char *name;                     /* NUL-terminated, for messages about it; copied */
	ttlog_listener_start *on_start;       /* may be NULL */
	ttlog_listener_event *on_event;       /* never NULL */
	ttlog_listener_flush *on_flush;       /* may be NULL */
	ttlog_listener_shutdown *on_shutdown; /* may be NULL */
	ttlog_listener_reopen *on_reopen;     /* may be NULL */
};

/*
 * What a plug-in exports under the name "ttlog_listener_open". `arguments` is what stood behind the plug-in's path in TTLOG_LISTENERS
 * ("path=events.db,batch=100"; "" for nothing). Fills *listener, whose version is preset to the agent's. 0, or a positive errno with a
 * sentence in error[0, error_bytes): the plug-in is left out, and the snapshot says why. Called before all others, by
 * another thread than they are.
 */
typedef int ttlog_listener_opener(const char *arguments, struct ttlog_listener *listener, char *error, size_t error_bytes);
ttlog_listener_opener ttlog_listener_open;

#ifdef __cplusplus
}
#endif

#endif
