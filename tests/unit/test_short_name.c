/* Names of functions in few columns. */
#include "short_name.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
	size_t most;
	const char *name, *expected;
} names[] = {
	{72, "main", "main"},
	{0, "f<int, std::pair<int, int> >(int)", "f<int, std::pair<int, int> >(int)"},
	{33, "f<int, std::pair<int, int> >(int)", "f<int, std::pair<int, int> >(int)"},
	{32, "f<int, std::pair<int, int> >(int)", "f<…>(int)"},
	{14, "std::map<int, std::vector<int>>::find(std::pair<int, int> const&)", "…::find(…)"},
	{40, "std::map<int, std::vector<int>>::find(std::pair<int, int> const&)", "std::map<…>::find(…)"},
	{10, "ns::operator<(Thing const&, Thing const&)", "…::operator<(…)"},
	{30, "ns::Thing::operator()(std::string const&, int) const", "ns::Thing::operator()(…) const"},
	{32, "ns::Thing<long long, int>::operator->() const", "ns::Thing<…>::operator->() const"},
	{30, "ns::operator<< <std::char_traits<char> >(std::ostream&, char const*)", "ns::operator<< <…>(…)"},
	{40, "(anonymous namespace)::worker<std::string, std::string>(int)", "(anonymous namespace)::worker<…>(int)"},
	{20, "<alloc::vec::Vec<T> as core::ops::Drop>::drop", "<…>::drop"},
	{5, "a_plain_c_name_that_is_long", "a_plain_c_name_that_is_long"},
	{4, "unclosed<int, std::pair<int", "unclosed<…t"},
	{4, "f)))>>>", "f)))>>>"},
	{1, "::", "::"},
};

Test(short_name, examples)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char shorter[SHORT_NAME_BYTES];
		short_name(names[i].name, strlen(names[i].name), names[i].most, shorter);
		cr_expect_str_eq(shorter, names[i].expected, "%s in %zu: %s, not %s", names[i].name, names[i].most, shorter,
				 names[i].expected);
	}
}

/* Whatever is in it: it fits, and ends. */
Test(short_name, long_and_hostile)
{
	static const char *const pieces[] = {"<", ">", "(", ")", "::", "operator", "a", "-", "{"};
	char name[4096], shorter[SHORT_NAME_BYTES];
	unsigned seed = 1;
	for (int round = 0; round < 2000; round++) {
		name[0] = '\0';
		for (size_t used = 0; used < sizeof(name) - 16; used = strlen(name)) {
			seed = seed * 1103515245 + 12345;
			strcat(name + used, pieces[(seed >> 16) % 9]);
			if (seed >> 20 & 1 && round % 3 && used > (size_t)round)
				break;
		}
		short_name(name, strlen(name), (size_t)round % 80, shorter);
		cr_assert(strlen(shorter) < SHORT_NAME_BYTES);
	}
}
