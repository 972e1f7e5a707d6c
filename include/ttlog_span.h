/*
 * ttlog_span.h - spans: what a thread was doing. Included by ttlog.h.
 *
 * One event when it begins, with up to 7 key-values, one when it ends, with its duration; the viewer shows what is inside, and which spans
 * were open at the death.
 *
 *	ttlog_span("request", ttlog_kv("id", id));                     until the end of the scope, however that is left but by longjmp(3)
 *	struct ttlog_span span = ttlog_span_begin("request"); ... ttlog_span_end(&span);
 *	ttlog::span span(ttlog_span_begin("request"));                 C++: movable, and ends with its owner
 *
 * The name is a string literal. Level info; ttlog_debug_span, ttlog_trace_span, or TTLOG_SPAN_BEGIN with any other. Muted, or without
 * an agent, beginning and ending cost one branch each. A span that was begun is ended whatever the levels say by then. A forked child
 * has its own copy of the spans that are open, and ends them too.
 */
#include "ttlog.h" /* of which this is a part: before the guard, so that it may be included by itself */

#ifndef TTLOG_SPAN_H
#define TTLOG_SPAN_H

#include "ttlog_value.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A span between its begin and its end. Not to be copied: each copy would end it. */
struct ttlog_span {
	struct ttlog_site *site; /* of its end; NULL: not recorded, or ended */
	struct ttlog_span_mark mark;
};

static inline uint64_t ttlog_span_ticks(struct ttlog_site *site)
{
	return ttlog_agent->version >= 2 ? ttlog_agent->span_begin(site) : 0; /* an agent older than this header */
}

/* Ends the span; once: a second call does nothing. In the thread that began it. Async-signal-safe; errno is preserved. */
static inline void ttlog_span_end(struct ttlog_span *span)
{
	struct ttlog_site *const site = span->site;
	if (__builtin_expect(site != 0, 0)) {
		span->site = 0;
		ttlog_agent->span_end(site, span->mark.ticks);
	}
}

#ifdef __cplusplus
} /* extern "C" */

namespace ttlog
{
/* Owns a span: ttlog::span s(ttlog_span_begin("name")); ends it when it goes, also by an exception. In the thread that began it. */
class span
{
      public:
	span() noexcept : begun()
	{
	}
	explicit span(const ttlog_span &from) noexcept : begun(from)
	{
	}
	span(span &&other) noexcept : begun(other.begun)
	{
		other.begun.site = nullptr;
	}
	span &operator=(span &&other) noexcept
	{
		if (this != &other) {
			end();
			begun = other.begun;
			other.begun.site = nullptr;
		}
		return *this;
	}
	span(const span &) = delete;
	span &operator=(const span &) = delete;
	~span()
	{
		end();
	}
	/* Ends it now. */
	void end() noexcept
	{
		ttlog_span_end(&begun);
	}

      private:
	ttlog_span begun;
};
} /* namespace ttlog */

#endif

#define ttlog_span(...)       TTLOG_SPAN(TTLOG_LEVEL_INFO, __VA_ARGS__)
#define ttlog_debug_span(...) TTLOG_SPAN(TTLOG_LEVEL_DEBUG, __VA_ARGS__)
#define ttlog_trace_span(...) TTLOG_SPAN(TTLOG_LEVEL_TRACE, __VA_ARGS__)
#define ttlog_span_begin(...) TTLOG_SPAN_BEGIN(TTLOG_LEVEL_INFO, __VA_ARGS__)

#ifdef __cplusplus
#define TTLOG_SPAN(level_, ...) const ::ttlog::span TTLOG_NAME(__LINE__)(TTLOG_SPAN_BEGIN(level_, __VA_ARGS__))
#else
#define TTLOG_SPAN(level_, ...)                                                                                                    \
	struct ttlog_span TTLOG_NAME(__LINE__)                                                                                     \
		__attribute__((cleanup(ttlog_span_end), unused)) = TTLOG_SPAN_BEGIN(level_, __VA_ARGS__)
#endif
#define TTLOG_NAME(line)  TTLOG_NAME_(line)
#define TTLOG_NAME_(line) ttlog_span_##line

#define TTLOG_SPAN_BEGIN(level_, ...)           TTLOG_SPAN_1(level_, TTLOG_COUNT(__VA_ARGS__), __VA_ARGS__)
#define TTLOG_SPAN_1(level_, count, ...)        TTLOG_SPAN_2(level_, count, __VA_ARGS__)
#define TTLOG_SPAN_2(level_, count, ...)        TTLOG_SPAN_M##count(level_, count, __VA_ARGS__)
#define TTLOG_SPAN_M1(level_, count, name)      TTLOG_SPAN_RECORD(level_, name, 1, TTLOG_SPAN_PAIR)
#define TTLOG_SPAN_M2(level_, count, name, ...) TTLOG_SPAN_RECORD(level_, name, count, __VA_ARGS__, TTLOG_SPAN_PAIR)
#define TTLOG_SPAN_M3(level_, count, name, ...) TTLOG_SPAN_RECORD(level_, name, count, __VA_ARGS__, TTLOG_SPAN_PAIR)
#define TTLOG_SPAN_M4(level_, count, name, ...) TTLOG_SPAN_RECORD(level_, name, count, __VA_ARGS__, TTLOG_SPAN_PAIR)
#define TTLOG_SPAN_M5(level_, count, name, ...) TTLOG_SPAN_RECORD(level_, name, count, __VA_ARGS__, TTLOG_SPAN_PAIR)
#define TTLOG_SPAN_M6(level_, count, name, ...) TTLOG_SPAN_RECORD(level_, name, count, __VA_ARGS__, TTLOG_SPAN_PAIR)
#define TTLOG_SPAN_M7(level_, count, name, ...) TTLOG_SPAN_RECORD(level_, name, count, __VA_ARGS__, TTLOG_SPAN_PAIR)
#define TTLOG_SPAN_M8(level_, count, name, ...) TTLOG_SPAN_RECORD(level_, name, count, __VA_ARGS__, TTLOG_SPAN_PAIR)

/* The last value, by which readers know the event for what it is. */
#define TTLOG_SPAN_PAIR ("span", ttlog_begun_.mark)

#define TTLOG_SPAN_RECORD(level_, name_, count_, ...)                                                                              \
	__extension__({                                                                                                            \
		struct ttlog_span ttlog_begun_ = {TTLOG_NULL, {0}};                                                                \
		static const char *const ttlog_keys_[] = {TTLOG_EACH(TTLOG_KEY, count_, __VA_ARGS__) TTLOG_NULL};                  \
		static const char *const ttlog_exit_keys_[] = {"span", TTLOG_NULL};                                                \
		static struct ttlog_site ttlog_site_ = TTLOG_SITE(level_, "" name_ "", ttlog_keys_, count_,                        \
								  TTLOG_TYPES(count_, __VA_ARGS__));                               \
		static struct ttlog_site ttlog_exit_ = TTLOG_SITE(level_, "" name_ "", ttlog_exit_keys_, 1, TTLOG_TYPE_SPAN_EXIT); \
		if (TTLOG_ENABLED(level_, ttlog_site_) && (ttlog_begun_.mark.ticks = ttlog_span_ticks(&ttlog_site_)) != 0) {       \
			ttlog_begun_.site = &ttlog_exit_;                                                                          \
			TTLOG_CALL(count_, __VA_ARGS__);                                                                           \
		}                                                                                                                  \
		ttlog_begun_;                                                                                                      \
	})

#endif
