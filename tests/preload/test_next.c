/* The real function behind a hook is the next one in the loader's order, which need not be libc's. */
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(next, .init = place_init, .fini = place_fini, .timeout = 100);

static void check(const char *library, bool first)
{
	const struct process_setup setup = {.argv = LIST(PROGRAM("quiet")), .second_library = library, .second_first = first};
	struct process_setup with = setup;
	with.agent = true;
	const struct outcome plain = process_run(&setup), agent = process_run(&with);
	cr_assert_str_eq(plain.out.data, "louder: hello\n", "%s", library);
	expect_same(plain, agent);
}

Test(next, is_another_library)
{
	check(PROGRAM("louder.so"), false);
	check(PROGRAM("louder.so"), true);
}

/* Its symbols are found by the older table only (DT_HASH), which is the loader's to read. */
Test(next, is_a_library_of_another_age)
{
	check(PROGRAM("louder_older.so"), false);
	check(PROGRAM("louder_older.so"), true);
}

Test(next, is_chosen_by_its_library)
{
	check(PROGRAM("louder_chosen.so"), false);
	check(PROGRAM("louder_chosen.so"), true);
}
