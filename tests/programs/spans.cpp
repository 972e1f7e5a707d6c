/* spans [die] - spans of ttlog.h from C++: also left by an exception, moved, ended early. */
static int abort_if_called();
#include "span_ways.h"

#include <stdexcept>
#include <type_traits>
#include <utility>

static_assert(!std::is_copy_constructible<ttlog::span>::value && !std::is_copy_assignable<ttlog::span>::value, "move-only");
static_assert(std::is_nothrow_move_constructible<ttlog::span>::value, "movable");

static int abort_if_called()
{
	abort();
}

static void throw_inside()
{
	ttlog_span("by exception");
	throw std::runtime_error("thrown");
}

static ttlog::span begin_here()
{
	return ttlog::span(ttlog_span_begin("moved", ttlog_kv("n", 1)));
}

int main(int argc, char **)
{
	try {
		throw_inside();
	} catch (const std::exception &) {
		ttlog_info("caught");
	}
	{
		ttlog::span span = begin_here(), other;
		other = std::move(span);
		ttlog_info("while moved");
	}
	ttlog::span early(ttlog_span_begin("early"));
	early.end();
	ttlog_info("after early");
	return record_spans(argc > 1);
}
