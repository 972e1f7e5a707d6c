/*
 * The two tracepoints that lttng.c measures: the same events as the macros of events.c. Included more than once, as lttng-ust
 * wants it.
 */
#undef TRACEPOINT_PROVIDER
#define TRACEPOINT_PROVIDER ttlog_bench

#undef TRACEPOINT_INCLUDE
#define TRACEPOINT_INCLUDE "./lttng_request.h"

#if !defined(TTLOG_BENCH_LTTNG_REQUEST_H) || defined(TRACEPOINT_HEADER_MULTI_READ)
#define TTLOG_BENCH_LTTNG_REQUEST_H

#include <lttng/tracepoint.h>

/* clang-format off */
TRACEPOINT_EVENT(ttlog_bench, values,
	TP_ARGS(const char *, text, int, status, int, index, const char *, path),
	TP_FIELDS(
		ctf_string(text, text)
		ctf_integer(int, status, status)
		ctf_integer(int, index, index)
		ctf_string(path, path)
	)
)

TRACEPOINT_EVENT(ttlog_bench, text,
	TP_ARGS(const char *, text),
	TP_FIELDS(
		ctf_string(text, text)
	)
)
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
