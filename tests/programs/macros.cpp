/*
 * macros [die] - every macro of ttlog.h from C++, and the values that only C++ has.
 */
#define TTLOG_TARGET "macros"
#include "macros.h"

#include <string>

enum colour { RED, GREEN = 5 };
enum class size : unsigned char { SMALL = 3 };

template <typename T> static void record_template(T value)
{
	ttlog_error("in a template", ttlog_kv("value", value));
}

int main(int argc, char **argv)
{
	const std::string text("a std::string");
	ttlog_error("c++", ttlog_kv("string", text), ttlog_kv("temporary", text + "!"), ttlog_kv("enum", GREEN),
		    ttlog_kv("scoped", size::SMALL), ttlog_kv("nullptr", nullptr));
	record_template(7);
	record_template(1.25);
	[&] { ttlog_error("in a lambda", ttlog_kv("text", text.c_str())); }();
	return record_all(argc, argv);
}
