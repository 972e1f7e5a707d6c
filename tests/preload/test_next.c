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

/* Its symbols are found by the older table only (DT_HASH). */
Test(next, is_a_library_of_another_age)
{
	check(PROGRAM("louder_older.so"), false);
	check(PROGRAM("louder_older.so"), true);
}

/* Between the agent and libc it is no end of the search: what libc keeps to itself is found behind it. */
Test(next, is_behind_a_library_of_another_age)
{
	struct snapshot snapshot;
	const struct outcome agent = process_run(&(struct process_setup){
		.argv = LIST(PROGRAM("die"), "assert"), .second_library = PROGRAM("louder_older.so"), .agent = true});
	expect_one_snapshot(agent, &snapshot);
	expect_abort_message(&snapshot, "Assertion `");
}

Test(next, is_chosen_by_its_library)
{
	check(PROGRAM("louder_chosen.so"), false);
	check(PROGRAM("louder_chosen.so"), true);
}
