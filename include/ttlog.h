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
 *
 * Nothing has to be linked. Under `LD_PRELOAD=libttlog_agent.so` (or `ttlog run`, or linked with -lttlog_agent) the events go
 * into the process's flight recorder; without the agent each macro costs one predictable branch and evaluates none of its
 * arguments.
 *
 * The first argument is the message, a string literal, and may be left out; then up to 8 key-values follow. Keys are string
 * literals. Values keep their type: signed and unsigned integers of up to 64 bits, float and double, bool, strings
 * (NUL-terminated; a null pointer is recorded as such; cut at 1,024 bytes and counted), any other pointer as its address.
 * Every argument is evaluated at most once.
 *
 * Levels, least to most severe: trace debug info warn error fatal. TTLOG_LEVEL (default info) decides at run time which are
 * recorded; events below TTLOG_MIN_LEVEL (default TTLOG_LEVEL_TRACE; define it before the #include) are not compiled.
 * TTLOG_TARGET (default: NULL, the file's name) names the component the events belong to.
 *
 * Threads and signals: every macro may be used by any thread, and in a signal handler; the ...f forms only where snprintf(3)
 * may be. errno is preserved. Nothing here ever fails visibly: what cannot be recorded is counted in the recorder.
 */
#ifndef TTLOG_H
#define TTLOG_H

#ifdef __cplusplus
#include <cstddef>
#include <type_traits>
#else
#include <stdbool.h>
#endif
#include <link.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
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
#define TTLOG_TARGET ((const char *)0)
#endif

/* Binary interface between this header and the agent, version 1 -------------------------------------------------------- */

enum ttlog_type {
	TTLOG_TYPE_SIGNED = 1,
	TTLOG_TYPE_UNSIGNED = 2,
	TTLOG_TYPE_DOUBLE = 3,
	TTLOG_TYPE_BOOL = 4,
	TTLOG_TYPE_STRING = 5,
	TTLOG_TYPE_POINTER = 6
};

struct ttlog_value {
	uint64_t type; /* enum ttlog_type */
	union {
		int64_t i;
		uint64_t u;
		double d;
		const void *p;
	} as;
};

/* One per macro call, static. `tag` belongs to the agent: recorder generation and call site id; 0: not registered. */
struct ttlog_site {
	uint64_t tag;
	const char *message;
	const char *target;
	const char *file;
	const char *function;
	const char *const *keys; /* key_count names, in the order of the values */
	uint32_t line;
	uint16_t level;
	uint16_t key_count;
};

/* The agent's side. Found at start-up through an ELF note (owner "ttlog", type TTLOG_NOTE_API) of the agent. */
struct ttlog_api {
	uint32_t version; /* 1 */
	uint32_t level;   /* less severe events are not recorded; changes at run time */
	void (*event)(struct ttlog_site *site, const struct ttlog_value *values, uint32_t count);
	void (*eventf)(struct ttlog_site *site, const char *format, va_list arguments);
};

#define TTLOG_NOTE_API 1

#ifndef TTLOG_ABI_ONLY /* the agent itself needs no more than the structures */

/* What a program without an agent sees: a level that nothing reaches. One copy per executable or shared object. */
extern const struct ttlog_api ttlog_no_agent __attribute__((weak, visibility("hidden")));
extern const struct ttlog_api *ttlog_agent __attribute__((weak, visibility("hidden")));
extern int ttlog_agent_sought __attribute__((weak, visibility("hidden")));

const struct ttlog_api ttlog_no_agent = {1, TTLOG_LEVEL_OFF, 0, 0};
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
			if (note->n_type == TTLOG_NOTE_API && note->n_namesz == sizeof("ttlog") && note->n_descsz == sizeof(int64_t) &&
			    memcmp((const void *)name, "ttlog", sizeof("ttlog")) == 0) {
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

/* Values of every type -------------------------------------------------------------------------------------------------- */

static inline struct ttlog_value ttlog_value_signed(int64_t value)
{
	struct ttlog_value result;
	result.type = TTLOG_TYPE_SIGNED;
	result.as.i = value;
	return result;
}

static inline struct ttlog_value ttlog_value_unsigned(uint64_t value)
{
	struct ttlog_value result;
	result.type = TTLOG_TYPE_UNSIGNED;
	result.as.u = value;
	return result;
}

static inline struct ttlog_value ttlog_value_double(double value)
{
	struct ttlog_value result;
	result.type = TTLOG_TYPE_DOUBLE;
	result.as.d = value;
	return result;
}

static inline struct ttlog_value ttlog_value_bool(bool value)
{
	struct ttlog_value result;
	result.type = TTLOG_TYPE_BOOL;
	result.as.u = value;
	return result;
}

static inline struct ttlog_value ttlog_value_string(const char *value)
{
	struct ttlog_value result;
	result.type = TTLOG_TYPE_STRING;
	result.as.p = value;
	return result;
}

static inline struct ttlog_value ttlog_value_pointer(const volatile void *value)
{
	struct ttlog_value result;
	result.type = TTLOG_TYPE_POINTER;
	result.as.u = (uintptr_t)value;
	return result;
}

#ifdef __cplusplus
} /* extern "C" */

namespace ttlog_detail
{
template <typename T>
typename std::enable_if<std::is_integral<T>::value && std::is_signed<T>::value, ttlog_value>::type value_of(T value)
{
	return ttlog_value_signed(value);
}
template <typename T>
typename std::enable_if<std::is_integral<T>::value && !std::is_signed<T>::value, ttlog_value>::type value_of(T value)
{
	return ttlog_value_unsigned(value);
}
template <typename T>
typename std::enable_if<std::is_floating_point<T>::value, ttlog_value>::type value_of(T value)
{
	return ttlog_value_double(static_cast<double>(value));
}
template <typename T>
typename std::enable_if<std::is_enum<T>::value, ttlog_value>::type value_of(T value)
{
	return value_of(static_cast<typename std::underlying_type<T>::type>(value));
}
/* std::string and everything else with c_str(), which has to live as long as the full expression */
template <typename T> auto value_of(const T &value) -> decltype(static_cast<const char *>(value.c_str()), ttlog_value())
{
	return ttlog_value_string(value.c_str());
}
inline ttlog_value value_of(bool value)
{
	return ttlog_value_bool(value);
}
inline ttlog_value value_of(const char *value)
{
	return ttlog_value_string(value);
}
inline ttlog_value value_of(char *value)
{
	return ttlog_value_string(value);
}
inline ttlog_value value_of(const volatile void *value)
{
	return ttlog_value_pointer(value);
}
inline ttlog_value value_of(std::nullptr_t)
{
	return ttlog_value_pointer(nullptr);
}
} /* namespace ttlog_detail */

#define TTLOG_VALUE_OF(value) ttlog_detail::value_of(value)
#else
/* clang-format off */
#define TTLOG_VALUE_OF(value)                                                                                         \
	_Generic((value),                                                                                             \
		bool: ttlog_value_bool,                                                                               \
		char: ttlog_value_signed, signed char: ttlog_value_signed, short: ttlog_value_signed,                 \
		int: ttlog_value_signed, long: ttlog_value_signed, long long: ttlog_value_signed,                     \
		unsigned char: ttlog_value_unsigned, unsigned short: ttlog_value_unsigned,                            \
		unsigned: ttlog_value_unsigned, unsigned long: ttlog_value_unsigned,                                  \
		unsigned long long: ttlog_value_unsigned,                                                             \
		float: ttlog_value_double, double: ttlog_value_double, long double: ttlog_value_double,               \
		char *: ttlog_value_string, const char *: ttlog_value_string,                                         \
		default: ttlog_value_pointer)(value)
/* clang-format on */
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

#define TTLOG_ENABLED(level_)                                                                                                    \
	((level_) >= TTLOG_MIN_LEVEL &&                                                                                          \
	 __builtin_expect((uint32_t)(level_) >= __atomic_load_n(&ttlog_agent->level, __ATOMIC_RELAXED), 0))

#define TTLOG_EVENTF(level_, ...)                                                                                                \
	do {                                                                                                                     \
		if (TTLOG_ENABLED(level_)) {                                                                                     \
			static struct ttlog_site ttlog_site_ = {                                                                 \
				0, TTLOG_FIRST(__VA_ARGS__, ), TTLOG_TARGET, __FILE__, __func__, 0, __LINE__, level_, 0};        \
			ttlog_eventf(&ttlog_site_, __VA_ARGS__);                                                                 \
		}                                                                                                                \
	} while (0)

/* Message (or none), number of key-values, the key-values. */
#define TTLOG_RECORD(level_, message_, count_, ...)                                                                              \
	do {                                                                                                                     \
		if (TTLOG_ENABLED(level_)) {                                                                                     \
			static const char *const ttlog_keys_[] = {TTLOG_EACH(TTLOG_KEY, count_, __VA_ARGS__) 0};                 \
			static struct ttlog_site ttlog_site_ = {                                                                 \
				0, message_, TTLOG_TARGET, __FILE__, __func__, ttlog_keys_, __LINE__, level_, count_};           \
			const struct ttlog_value ttlog_values_[] = {TTLOG_EACH(TTLOG_VALUE, count_, __VA_ARGS__) TTLOG_END};     \
			ttlog_agent->event(&ttlog_site_, ttlog_values_, count_);                                                 \
		}                                                                                                                \
	} while (0)

#define TTLOG_END       {0, {0}}
#define TTLOG_KEY(pair) TTLOG_KEY_ pair,
#define TTLOG_KEY_(key, value) key
#define TTLOG_VALUE(pair) TTLOG_VALUE_ pair,
#define TTLOG_VALUE_(key, value) TTLOG_VALUE_OF(value)

/* Arguments are: nothing (0), a message first (M), a pair first (K). */
#define TTLOG_EVENT(level_, ...)           TTLOG_EVENT_1(level_, TTLOG_SHAPE(__VA_ARGS__), __VA_ARGS__)
#define TTLOG_EVENT_1(level_, shape, ...)  TTLOG_EVENT_2(level_, shape, __VA_ARGS__)
#define TTLOG_EVENT_2(level_, shape, ...)  TTLOG_EVENT_##shape(level_, __VA_ARGS__)
#define TTLOG_EVENT_0(level_, ...)         TTLOG_RECORD(level_, 0, 0, )
#define TTLOG_EVENT_K(level_, ...)         TTLOG_RECORD_1(level_, 0, TTLOG_COUNT(__VA_ARGS__), __VA_ARGS__)
#define TTLOG_EVENT_M(level_, ...)         TTLOG_EVENT_3(level_, TTLOG_COUNT(__VA_ARGS__), __VA_ARGS__)
#define TTLOG_EVENT_3(level_, count, ...)  TTLOG_EVENT_4(level_, count, __VA_ARGS__)
#define TTLOG_EVENT_4(level_, count, ...)  TTLOG_EVENT_M##count(level_, __VA_ARGS__)
#define TTLOG_EVENT_M1(level_, message)      TTLOG_RECORD(level_, "" message "", 0, )
#define TTLOG_EVENT_M2(level_, message, ...) TTLOG_RECORD(level_, "" message "", 1, __VA_ARGS__)
#define TTLOG_EVENT_M3(level_, message, ...) TTLOG_RECORD(level_, "" message "", 2, __VA_ARGS__)
#define TTLOG_EVENT_M4(level_, message, ...) TTLOG_RECORD(level_, "" message "", 3, __VA_ARGS__)
#define TTLOG_EVENT_M5(level_, message, ...) TTLOG_RECORD(level_, "" message "", 4, __VA_ARGS__)
#define TTLOG_EVENT_M6(level_, message, ...) TTLOG_RECORD(level_, "" message "", 5, __VA_ARGS__)
#define TTLOG_EVENT_M7(level_, message, ...) TTLOG_RECORD(level_, "" message "", 6, __VA_ARGS__)
#define TTLOG_EVENT_M8(level_, message, ...) TTLOG_RECORD(level_, "" message "", 7, __VA_ARGS__)
#define TTLOG_EVENT_M9(level_, message, ...) TTLOG_RECORD(level_, "" message "", 8, __VA_ARGS__)
#define TTLOG_RECORD_1(level_, message, count, ...) TTLOG_RECORD(level_, message, count, __VA_ARGS__)

#define TTLOG_EACH(macro, count, ...)     TTLOG_EACH_(macro, count, __VA_ARGS__)
#define TTLOG_EACH_(macro, count, ...)    TTLOG_EACH_##count(macro, __VA_ARGS__)
#define TTLOG_EACH_0(macro, ...)
#define TTLOG_EACH_1(macro, pair)      macro(pair)
#define TTLOG_EACH_2(macro, pair, ...) macro(pair) TTLOG_EACH_1(macro, __VA_ARGS__)
#define TTLOG_EACH_3(macro, pair, ...) macro(pair) TTLOG_EACH_2(macro, __VA_ARGS__)
#define TTLOG_EACH_4(macro, pair, ...) macro(pair) TTLOG_EACH_3(macro, __VA_ARGS__)
#define TTLOG_EACH_5(macro, pair, ...) macro(pair) TTLOG_EACH_4(macro, __VA_ARGS__)
#define TTLOG_EACH_6(macro, pair, ...) macro(pair) TTLOG_EACH_5(macro, __VA_ARGS__)
#define TTLOG_EACH_7(macro, pair, ...) macro(pair) TTLOG_EACH_6(macro, __VA_ARGS__)
#define TTLOG_EACH_8(macro, pair, ...) macro(pair) TTLOG_EACH_7(macro, __VA_ARGS__)

#define TTLOG_FIRST(first, ...) first
#define TTLOG_COUNT(...)        TTLOG_COUNT_(__VA_ARGS__, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define TTLOG_COUNT_(a, b, c, d, e, f, g, h, i, count, ...) count

/* Which shape? Only nothing at all followed by () makes the comma of TTLOG_COMMA; only a pair is swallowed by it. */
#define TTLOG_COMMA(...)        ,
#define TTLOG_HAS_COMMA(...)    TTLOG_COUNT_(__VA_ARGS__, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0)
#define TTLOG_SHAPE(...)        TTLOG_SHAPE_(TTLOG_HEAD_IS_PAIR(__VA_ARGS__, ), TTLOG_HEAD_IS_EMPTY(__VA_ARGS__, ))
#define TTLOG_HEAD_IS_PAIR(head, ...)  TTLOG_HAS_COMMA(TTLOG_COMMA head)
#define TTLOG_HEAD_IS_EMPTY(head, ...) TTLOG_HAS_COMMA(TTLOG_COMMA head())
#define TTLOG_SHAPE_(pair, empty)    TTLOG_SHAPE_1(pair, empty)
#define TTLOG_SHAPE_1(pair, empty)   TTLOG_SHAPE_##pair##empty
#define TTLOG_SHAPE_00 M
#define TTLOG_SHAPE_01 0
#define TTLOG_SHAPE_11 K
#define TTLOG_SHAPE_10 K

#endif /* TTLOG_ABI_ONLY */

#endif
