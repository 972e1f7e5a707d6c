/*
 * Rows: an lttng-ust tracepoint, recorded by a session in snapshot mode (memory is overwritten, nothing is read), which the
 * driver starts.
 */
#define TRACEPOINT_CREATE_PROBES
#define TRACEPOINT_DEFINE
#include "lttng_request.h"
#include "rounds.h"

static void text(long n)
{
	for (long i = 0; i < n; i++)
		tracepoint(ttlog_bench, text, "request done");
}

static void values(long n)
{
	for (long i = 0; i < n; i++)
		tracepoint(ttlog_bench, values, "request done", 42, (int)i, "GET /index");
}

int main(int argc, char **argv)
{
	static const struct row rows[] = {{"text", text}, {"values", values}, {NULL, NULL}};
	return rounds_of_loops(argc, argv, rows, NULL);
}
