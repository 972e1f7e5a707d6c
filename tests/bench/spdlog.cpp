/*
 * Rows: spdlog's backtrace ring, its flight recorder: enable_backtrace keeps the last messages that no sink was to see.
 */
#include "rounds.h"

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

static void text(long n)
{
	for (long i = 0; i < n; i++)
		spdlog::debug("request done");
}

static void values(long n)
{
	for (long i = 0; i < n; i++)
		spdlog::debug("request done {} {} {}", 42, static_cast<int>(i), "GET /index");
}

int main(int argc, char **argv)
{
	static const struct row rows[] = {{"text", text}, {"values", values}, {nullptr, nullptr}};
	spdlog::set_default_logger(spdlog::create<spdlog::sinks::null_sink_mt>("bench"));
	spdlog::enable_backtrace(8192); /* the agent's default history */
	return rounds_of_loops(argc, argv, rows, nullptr);
}
