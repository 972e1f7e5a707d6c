/* contexts_cpp - string views, strings and enumerations as values of events, spans and contexts. C++17. */
#include <ttlog.h>

#include <cstdlib>
#include <string>
#include <string_view>

enum class color : short { red = 3 };

static int evaluated;

static std::string_view part_of(std::string_view whole)
{
	evaluated++;
	return whole.substr(6, 5);
}

int main()
{
	const std::string_view whole("hello world, and more");
	ttlog_info("view", ttlog_kv("part", part_of(whole)));
	ttlog_info("views", ttlog_kv("a", part_of(whole)), ttlog_kv("b", std::string_view()), ttlog_kv("c", std::string("text")),
		   ttlog_kv("d", std::string_view("")), ttlog_kv("e", color::red));
	const std::string longest(1024, 'x'), longer = longest + "y";
	ttlog_info("longest", ttlog_kv("text", std::string_view(longest)));
	ttlog_info("longer", ttlog_kv("text", std::string_view(longer)));
	if (evaluated != 2 || ttlog_set_context("part", part_of(whole)) != 0 ||
	    ttlog_set_context("name", std::string("an") + "n") != 0 || ttlog_set_context("color", color::red) != 0)
		return 1;
	{
		ttlog_span("span", ttlog_kv("view", part_of(whole)));
	}
	if (ttlog_clear_context_all() != 0)
		return 1;
	ttlog_info("cleared");
	std::abort();
}
