/*
 * ttlog.h - typed events for the ttlog flight recorder. C11 and C++11, gcc and clang.
 *
 *	#include <ttlog.h>
 *
 *	ttlog_info("listening");
 *	ttlog_warn("slow request", ttlog_kv("user_id", id), ttlog_kv("path", path), ttlog_kv("seconds", 1.5));
 *	ttlog_debug(ttlog_kv("latency_ms", ms));
 *	ttlog_trace();
 *	ttlog_errorf("cannot open %s: %m", path);
 *	ttlog_span("request", ttlog_kv("id", id));
 *	ttlog_set_context("request_id", id);
 *
 * Nothing has to be linked. Under `LD_PRELOAD=libttlog_agent.so` (or `ttlog run`, or linked with -lttlog_agent) the events go
 * into the process's flight recorder; without the agent each macro costs one predictable branch and evaluates none of its
 * arguments.
 *
 * The first argument is the message, a string literal, and may be left out; then up to 8 key-values follow. Keys are string
 * literals. Values keep their type: signed and unsigned integers of up to 64 bits, float and double, bool, strings
 * (NUL-terminated; a null pointer is recorded as such; cut at 1,024 bytes and counted), any other pointer as its address; in C++ also
 * enumerations, std::string and std::string_view. Every argument is evaluated at most once.
 *
 * Levels, least to most severe: trace debug info warn error fatal. TTLOG_LEVEL (default info; "warn,net=debug" by target) decides which
 * are recorded, and so do ttlog_set_level() and `ttlog level PID LEVEL` while the program runs; events below TTLOG_MIN_LEVEL
 * (default TTLOG_LEVEL_TRACE; define it before the #include) are not compiled. TTLOG_TARGET (default: NULL, the file's name)
 * names the component the events belong to.
 *
 * Parts of this header are ttlog_span.h (what a thread was doing), ttlog_context.h (key-values of all events of a thread), and
 * ttlog_engine.h: what goes beyond recording, listeners, snapshots on request, options, counters.
 *
 * Threads and signals: every macro may be used by any thread, and in a signal handler; the ...f forms only where snprintf(3)
 * may be. errno is preserved. Nothing here ever fails visibly: what cannot be recorded is counted in the recorder.
 */
#ifndef TTLOG_H
#define TTLOG_H

#include "ttlog_listener.h"

#include <errno.h>
#include <link.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
#define TTLOG_NULL nullptr
#pragma GCC diagnostic push /* this is C, too */
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wzero-as-null-pointer-constant"
extern "C" {
#else
#define TTLOG_NULL ((void *)0)
#endif

enum ttlog_level {
	TTLOG_LEVEL_TRACE = 0,
	TTLOG_LEVEL_DEBUG = 1,
	TTLOG_LEVEL_INFO = 2,
	TTLOG_LEVEL_WARN = 3,
	TTLOG_LEVEL_ERROR = 4,
	TTLOG_LEVEL_FATAL = 5,
	TTLOG_LEVEL_OFF = 6
};

#ifndef TTLOG_MIN_LEVEL
#define TTLOG_MIN_LEVEL TTLOG_LEVEL_TRACE
#endif

#ifndef TTLOG_TARGET
#define TTLOG_TARGET TTLOG_NULL
#endif

/* Binary interface between this header and the agent, version 2 -------------------------------------------------------- */

struct ttlog_options; /* ttlog_engine.h */
struct ttlog_stats;

/* One per macro call, static. The first part belongs to the agent, and is zero at first. */
struct ttlog_site {
	uint64_t seen;  /* recorder and state of the levels for which what follows holds */
	uint64_t tail;  /* end of the record's first unit */
	uint32_t id;    /* in that recorder */
	uint32_t muted; /* epoch of the levels in which this site is not recorded */
	uint32_t reserved;
	uint32_t types; /* of the values, 4 bits each from the lowest: enum ttlog_type */
	const char *message;
	const char *target;
	const char *file;
	const char *function;
	const char *const *keys; /* key_count names, in the order of the values */
	uint32_t line;
	uint16_t column; /* 0: the compiler does not tell */
	uint8_t level;
	uint8_t key_count; /* at most 8 */
};

/*
 * The agent's side. Found at start-up through an ELF note (owner "ttlog", type TTLOG_NOTE_API) of the agent. A value travels as a
 * word: an integer, the bits of a double, the address of a string.
 */
struct ttlog_api {
	uint32_t version; /* 2; what an agent of a lower version does not have is not looked at */
	uint32_t reserved;
	const uint32_t *epoch; /* of the levels: another value, another decision about each site */
	void (*event)(struct ttlog_site *site);
	void (*event_few)(struct ttlog_site *site, uint64_t a, uint64_t b, uint64_t c); /* 1 to 3 values, none a string */
	void (*event_string)(struct ttlog_site *site, uint64_t a, uint64_t b, uint64_t c,
			     const void *string); /* 1 to 3, one a string */
	void (*event_many)(struct ttlog_site *site, const uint64_t *values);
	void (*eventf)(struct ttlog_site *site, const char *format, va_list arguments);
	int (*set_levels)(const char *levels); /* 0 or -EINVAL */
	/* Version 2: the functions of ttlog_engine.h. 0 (add_listener: the id) or -errno. */
	int (*init)(const struct ttlog_options *options);
	int (*add_listener)(const struct ttlog_listener *listener);
	int (*remove_listener)(int id);
	int (*request_snapshot)(const char *reason, int wait);
	int (*flush)(uint32_t timeout_ms);
	int (*shutdown)(uint32_t timeout_ms);
	int (*stats)(struct ttlog_stats *stats);
	/* Spans */
	uint64_t (*span_begin)(struct ttlog_site *site); /* ticks; 0: not recorded */
	void (*span_end)(struct ttlog_site *site, uint64_t begin);
	/* Contexts. 0 or -errno. Key NULL: all. */
	int (*set_context)(const char *key, uint32_t type, uint64_t value);
	int (*clear_context)(const char *key);
};

/* Types beside enum ttlog_type that only the agent and its readers see: the mark of a span's events. */
#define TTLOG_TYPE_SPAN_ENTER 7
#define TTLOG_TYPE_SPAN_EXIT  8

#define TTLOG_NOTE_API 1

#ifndef TTLOG_ABI_ONLY /* the agent itself needs no more than the structures */

/* What a program without an agent sees: an epoch in which every site is muted. One copy per executable or shared object. */
extern const uint32_t ttlog_no_epoch __attribute__((weak, visibility("hidden")));
extern const struct ttlog_api ttlog_no_agent __attribute__((weak, visibility("hidden")));
extern const struct ttlog_api *ttlog_agent __attribute__((weak, visibility("hidden")));
extern int ttlog_agent_sought __attribute__((weak, visibility("hidden")));

const uint32_t ttlog_no_epoch = 0;
const struct ttlog_api ttlog_no_agent = {1, 0, &ttlog_no_epoch, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
const struct ttlog_api *ttlog_agent = &ttlog_no_agent;
int ttlog_agent_sought = 0;

/* dl_iterate_phdr(3) and the start of its struct dl_phdr_info, which <link.h> shows to _GNU_SOURCE only. */
struct ttlog_object {
	ElfW(Addr) address;
	const char *name;
	const ElfW(Phdr) *segments;
	ElfW(Half) segment_count;
};
extern int ttlog_iterate_objects(int (*callback)(struct ttlog_object *, size_t, void *), void *) __asm__("dl_iterate_phdr");

/* Looks for the agent's note in one object. The note's descriptor is the distance from itself to the table. */
static inline int ttlog_find_note(struct ttlog_object *object, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	for (int i = 0; i < object->segment_count; i++) {
		const ElfW(Phdr) *segment = &object->segments[i];
		if (segment->p_type != PT_NOTE)
			continue;
		const size_t align = segment->p_align == 8 ? 8 : 4;
		uintptr_t at = object->address + segment->p_vaddr;
		const uintptr_t end = at + segment->p_memsz;
		while (end - at > sizeof(ElfW(Nhdr))) {
			const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)at;
			const uintptr_t name = at + sizeof(*note);
			const uintptr_t descriptor = at + ((sizeof(*note) + note->n_namesz + align - 1) & ~(align - 1));
			if (note->n_type == TTLOG_NOTE_API && note->n_namesz == sizeof("ttlog") &&
			    note->n_descsz == sizeof(int64_t) && memcmp((const void *)name, "ttlog", sizeof("ttlog")) == 0) {
				int64_t distance;
				memcpy(&distance, (const void *)descriptor, sizeof(distance));
				const struct ttlog_api *api = (const struct ttlog_api *)(descriptor + (uintptr_t)distance);
				if (api->version >= 1)
					ttlog_agent = api;
				return 1;
			}
			at = descriptor + ((note->n_descsz + align - 1) & ~(align - 1));
			if (at > end)
				break;
		}
	}
	return 0;
}

/* Runs before other constructors; again, and at once done, for each source file that includes this header. */
__attribute__((constructor(101))) static inline void ttlog_find_agent(void)
{
	if (ttlog_agent_sought)
		return;
	ttlog_agent_sought = 1;
	ttlog_iterate_objects(ttlog_find_note, 0);
}

/* printf-like events pass through here, so that the compiler checks the format. */
__attribute__((format(printf, 2, 3))) static inline void ttlog_eventf(struct ttlog_site *site, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	ttlog_agent->eventf(site, format, arguments);
	va_end(arguments);
}

/*
 * Changes which events are recorded, from now on and in all threads: "debug", or "warn,net=debug" by target, as in TTLOG_LEVEL. 0, or -1
 * with errno EINVAL: not understood, nothing changed. Does nothing without the agent.
 */
static inline int ttlog_set_level(const char *levels)
{
	const int error = ttlog_agent->set_levels ? ttlog_agent->set_levels(levels) : 0;
	if (error == 0)
		return 0;
	errno = -error;
	return -1;
}

/* `types` is a constant: one of the three calls is left. */
__attribute__((always_inline)) static inline void ttlog_event_few(struct ttlog_site *site, uint32_t types, uint64_t a, uint64_t b,
								  uint64_t c)
{
	const int a_is = (types & 15) == TTLOG_TYPE_STRING, b_is = (types >> 4 & 15) == TTLOG_TYPE_STRING,
		  c_is = (types >> 8 & 15) == TTLOG_TYPE_STRING;
	const uint64_t values[] = {a, b, c};
	if (a_is + b_is + c_is == 0)
		ttlog_agent->event_few(site, a, b, c);
	else if (a_is + b_is + c_is == 1)
		ttlog_agent->event_string(site, a, b, c, (const void *)(uintptr_t)(a_is ? a : b_is ? b : c));
	else
		ttlog_agent->event_many(site, values);
}

#ifdef __cplusplus
} /* extern "C" */
#endif

#include "ttlog_value.h"

#ifdef __has_builtin
#if __has_builtin(__builtin_COLUMN)
#define TTLOG_COLUMN __builtin_COLUMN()
#endif
#endif
#ifndef TTLOG_COLUMN
#define TTLOG_COLUMN 0
#endif

/* The macros --------------------------------------------------------------------------------------------------------------- */

/* A key-value is a pair in parentheses until TTLOG_EVENT takes it apart into the site's keys and the event's values. */
#define ttlog_kv(key, value) ("" key "", value)

#define ttlog_trace(...) TTLOG_EVENT(TTLOG_LEVEL_TRACE, __VA_ARGS__)
#define ttlog_debug(...) TTLOG_EVENT(TTLOG_LEVEL_DEBUG, __VA_ARGS__)
#define ttlog_info(...)  TTLOG_EVENT(TTLOG_LEVEL_INFO, __VA_ARGS__)
#define ttlog_warn(...)  TTLOG_EVENT(TTLOG_LEVEL_WARN, __VA_ARGS__)
#define ttlog_error(...) TTLOG_EVENT(TTLOG_LEVEL_ERROR, __VA_ARGS__)
#define ttlog_fatal(...) TTLOG_EVENT(TTLOG_LEVEL_FATAL, __VA_ARGS__)

#define ttlog_tracef(...) TTLOG_EVENTF(TTLOG_LEVEL_TRACE, __VA_ARGS__)
#define ttlog_debugf(...) TTLOG_EVENTF(TTLOG_LEVEL_DEBUG, __VA_ARGS__)
#define ttlog_infof(...)  TTLOG_EVENTF(TTLOG_LEVEL_INFO, __VA_ARGS__)
#define ttlog_warnf(...)  TTLOG_EVENTF(TTLOG_LEVEL_WARN, __VA_ARGS__)
#define ttlog_errorf(...) TTLOG_EVENTF(TTLOG_LEVEL_ERROR, __VA_ARGS__)
#define ttlog_fatalf(...) TTLOG_EVENTF(TTLOG_LEVEL_FATAL, __VA_ARGS__)

/*
 * A site that the agent has muted says so by the epoch; so does every site without an agent. One comparison for all reasons. All of it may
 * change at any time, by another thread.
 */
#define TTLOG_GET(word_) __atomic_load_n(&(word_), __ATOMIC_RELAXED)
#define TTLOG_ENABLED(level_, site)                                                                                                \
	((level_) >= TTLOG_MIN_LEVEL && __builtin_expect(TTLOG_GET(*TTLOG_GET(ttlog_agent->epoch)) != TTLOG_GET((site).muted), 0))

#define TTLOG_SITE(level_, message_, keys_, count_, types_)                                                                        \
	{                                                                                                                          \
		0, 0, 0, 0, 0, types_, message_, TTLOG_TARGET, __FILE__, __func__, keys_, __LINE__, TTLOG_COLUMN, level_, count_   \
	}

#define TTLOG_EVENTF(level_, ...)                                                                                                  \
	do {                                                                                                                       \
		static struct ttlog_site ttlog_site_ = TTLOG_SITE(level_, TTLOG_FIRST(__VA_ARGS__, ), TTLOG_NULL, 0, 0);           \
		if (TTLOG_ENABLED(level_, ttlog_site_))                                                                            \
			ttlog_eventf(&ttlog_site_, __VA_ARGS__);                                                                   \
	} while (0)

/* Message (or none), number of key-values, the key-values. */
#define TTLOG_RECORD(level_, message_, count_, ...)                                                                                \
	do {                                                                                                                       \
		static const char *const ttlog_keys_[] = {TTLOG_EACH(TTLOG_KEY, count_, __VA_ARGS__) TTLOG_NULL};                  \
		static struct ttlog_site ttlog_site_ = TTLOG_SITE(level_, message_, ttlog_keys_, count_,                           \
								  TTLOG_TYPES(count_, __VA_ARGS__));                               \
		if (TTLOG_ENABLED(level_, ttlog_site_))                                                                            \
			TTLOG_CALL(count_, __VA_ARGS__);                                                                           \
	} while (0)

#define TTLOG_KEY(pair)         TTLOG_KEY_ pair,
#define TTLOG_KEY_(key, value)  key
#define TTLOG_WORD(pair)        TTLOG_WORD_ pair
#define TTLOG_WORD_(key, value) TTLOG_WORD_OF(value)
#define TTLOG_WORD_COMMA(pair)  TTLOG_WORD(pair),
#define TTLOG_TYPE(pair)        TTLOG_TYPE_ pair
#define TTLOG_TYPE_(key, value) TTLOG_TYPE_OF(value)

/* The types of up to 8 values in one number. */
#define TTLOG_TYPES(count, ...)  TTLOG_TYPES_(count, __VA_ARGS__)
#define TTLOG_TYPES_(count, ...) TTLOG_TYPES_##count(__VA_ARGS__)
#define TTLOG_TYPES_0(...)       0
#define TTLOG_TYPES_1(pair)      TTLOG_TYPE(pair)
#define TTLOG_TYPES_2(pair, ...) TTLOG_TYPE(pair) | TTLOG_TYPES_1(__VA_ARGS__) << 4
#define TTLOG_TYPES_3(pair, ...) TTLOG_TYPE(pair) | (TTLOG_TYPES_2(__VA_ARGS__)) << 4
#define TTLOG_TYPES_4(pair, ...) TTLOG_TYPE(pair) | (TTLOG_TYPES_3(__VA_ARGS__)) << 4
#define TTLOG_TYPES_5(pair, ...) TTLOG_TYPE(pair) | (TTLOG_TYPES_4(__VA_ARGS__)) << 4
#define TTLOG_TYPES_6(pair, ...) TTLOG_TYPE(pair) | (TTLOG_TYPES_5(__VA_ARGS__)) << 4
#define TTLOG_TYPES_7(pair, ...) TTLOG_TYPE(pair) | (TTLOG_TYPES_6(__VA_ARGS__)) << 4
#define TTLOG_TYPES_8(pair, ...) TTLOG_TYPE(pair) | (TTLOG_TYPES_7(__VA_ARGS__)) << 4

/* Up to three values travel in registers, with the string among them once more where there is one; which case it is the compiler knows. */
#define TTLOG_CALL(count, ...)  TTLOG_CALL_(count, __VA_ARGS__)
#define TTLOG_CALL_(count, ...) TTLOG_CALL_##count(__VA_ARGS__)
#define TTLOG_CALL_0(...)       ttlog_agent->event(&ttlog_site_)
#define TTLOG_CALL_1(a)         ttlog_event_few(&ttlog_site_, TTLOG_TYPE(a), TTLOG_WORD(a), 0, 0)
#define TTLOG_CALL_2(a, b)      ttlog_event_few(&ttlog_site_, TTLOG_TYPES_2(a, b), TTLOG_WORD(a), TTLOG_WORD(b), 0)
#define TTLOG_CALL_3(a, b, c)   ttlog_event_few(&ttlog_site_, TTLOG_TYPES_3(a, b, c), TTLOG_WORD(a), TTLOG_WORD(b), TTLOG_WORD(c))
#define TTLOG_CALL_4(...)       TTLOG_CALL_MANY(4, __VA_ARGS__)
#define TTLOG_CALL_5(...)       TTLOG_CALL_MANY(5, __VA_ARGS__)
#define TTLOG_CALL_6(...)       TTLOG_CALL_MANY(6, __VA_ARGS__)
#define TTLOG_CALL_7(...)       TTLOG_CALL_MANY(7, __VA_ARGS__)
#define TTLOG_CALL_8(...)       TTLOG_CALL_MANY(8, __VA_ARGS__)
#define TTLOG_CALL_MANY(count, ...)                                                                                                \
	ttlog_agent->event_many(&ttlog_site_, TTLOG_WORDS({{TTLOG_EACH(TTLOG_WORD_COMMA, count, __VA_ARGS__)}}).word)

/* Arguments are: nothing (0), a message first (M), a pair first (K). */
#define TTLOG_EVENT(level_, ...)                    TTLOG_EVENT_1(level_, TTLOG_SHAPE(__VA_ARGS__), __VA_ARGS__)
#define TTLOG_EVENT_1(level_, shape, ...)           TTLOG_EVENT_2(level_, shape, __VA_ARGS__)
#define TTLOG_EVENT_2(level_, shape, ...)           TTLOG_EVENT_##shape(level_, __VA_ARGS__)
#define TTLOG_EVENT_0(level_, ...)                  TTLOG_RECORD(level_, TTLOG_NULL, 0, )
#define TTLOG_EVENT_K(level_, ...)                  TTLOG_RECORD_1(level_, TTLOG_NULL, TTLOG_COUNT(__VA_ARGS__), __VA_ARGS__)
#define TTLOG_EVENT_M(level_, ...)                  TTLOG_EVENT_3(level_, TTLOG_COUNT(__VA_ARGS__), __VA_ARGS__)
#define TTLOG_EVENT_3(level_, count, ...)           TTLOG_EVENT_4(level_, count, __VA_ARGS__)
#define TTLOG_EVENT_4(level_, count, ...)           TTLOG_EVENT_M##count(level_, __VA_ARGS__)
#define TTLOG_EVENT_M1(level_, message)             TTLOG_RECORD(level_, "" message "", 0, )
#define TTLOG_EVENT_M2(level_, message, ...)        TTLOG_RECORD(level_, "" message "", 1, __VA_ARGS__)
#define TTLOG_EVENT_M3(level_, message, ...)        TTLOG_RECORD(level_, "" message "", 2, __VA_ARGS__)
#define TTLOG_EVENT_M4(level_, message, ...)        TTLOG_RECORD(level_, "" message "", 3, __VA_ARGS__)
#define TTLOG_EVENT_M5(level_, message, ...)        TTLOG_RECORD(level_, "" message "", 4, __VA_ARGS__)
#define TTLOG_EVENT_M6(level_, message, ...)        TTLOG_RECORD(level_, "" message "", 5, __VA_ARGS__)
#define TTLOG_EVENT_M7(level_, message, ...)        TTLOG_RECORD(level_, "" message "", 6, __VA_ARGS__)
#define TTLOG_EVENT_M8(level_, message, ...)        TTLOG_RECORD(level_, "" message "", 7, __VA_ARGS__)
#define TTLOG_EVENT_M9(level_, message, ...)        TTLOG_RECORD(level_, "" message "", 8, __VA_ARGS__)
#define TTLOG_RECORD_1(level_, message, count, ...) TTLOG_RECORD(level_, message, count, __VA_ARGS__)

#define TTLOG_EACH(macro, count, ...)  TTLOG_EACH_(macro, count, __VA_ARGS__)
#define TTLOG_EACH_(macro, count, ...) TTLOG_EACH_##count(macro, __VA_ARGS__)
#define TTLOG_EACH_0(macro, ...)
#define TTLOG_EACH_1(macro, pair)      macro(pair)
#define TTLOG_EACH_2(macro, pair, ...) macro(pair) TTLOG_EACH_1(macro, __VA_ARGS__)
#define TTLOG_EACH_3(macro, pair, ...) macro(pair) TTLOG_EACH_2(macro, __VA_ARGS__)
#define TTLOG_EACH_4(macro, pair, ...) macro(pair) TTLOG_EACH_3(macro, __VA_ARGS__)
#define TTLOG_EACH_5(macro, pair, ...) macro(pair) TTLOG_EACH_4(macro, __VA_ARGS__)
#define TTLOG_EACH_6(macro, pair, ...) macro(pair) TTLOG_EACH_5(macro, __VA_ARGS__)
#define TTLOG_EACH_7(macro, pair, ...) macro(pair) TTLOG_EACH_6(macro, __VA_ARGS__)
#define TTLOG_EACH_8(macro, pair, ...) macro(pair) TTLOG_EACH_7(macro, __VA_ARGS__)

#define TTLOG_FIRST(first, ...)                             first
#define TTLOG_COUNT(...)                                    TTLOG_COUNT_(__VA_ARGS__, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define TTLOG_COUNT_(a, b, c, d, e, f, g, h, i, count, ...) count

/* Which shape? Only nothing at all followed by () makes the comma of TTLOG_COMMA; only a pair is swallowed by it. */
#define TTLOG_COMMA(...)               ,
#define TTLOG_HAS_COMMA(...)           TTLOG_COUNT_(__VA_ARGS__, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0)
#define TTLOG_SHAPE(...)               TTLOG_SHAPE_(TTLOG_HEAD_IS_PAIR(__VA_ARGS__, ), TTLOG_HEAD_IS_EMPTY(__VA_ARGS__, ))
#define TTLOG_HEAD_IS_PAIR(head, ...)  TTLOG_HAS_COMMA(TTLOG_COMMA head)
#define TTLOG_HEAD_IS_EMPTY(head, ...) TTLOG_HAS_COMMA(TTLOG_COMMA head())
#define TTLOG_SHAPE_(pair, empty)      TTLOG_SHAPE_1(pair, empty)
#define TTLOG_SHAPE_1(pair, empty)     TTLOG_SHAPE_##pair##empty
#define TTLOG_SHAPE_00                 M
#define TTLOG_SHAPE_01                 0
#define TTLOG_SHAPE_11                 K
#define TTLOG_SHAPE_10                 K

#include "ttlog_context.h"
#include "ttlog_span.h"
#endif /* TTLOG_ABI_ONLY */

#include "ttlog_engine.h"

#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif

#endif
