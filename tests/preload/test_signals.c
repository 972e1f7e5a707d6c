/* Dispositions are virtual: whatever a program sets, it is told what it would have been told without the agent. */
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/wait.h>

TestSuite(signals, .init = place_init, .fini = place_fini);

Test(signals, told_the_same)
{
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(PROGRAM("signals"))});
	const struct outcome agent = process_run(&(struct process_setup){.argv = LIST(PROGRAM("signals")), .agent = true});
	cr_assert(WIFEXITED(plain.status) && plain.out.size > 5000, "%s", status_text(plain.status));
	expect_same(plain, agent);
	expect_no_snapshot(agent);
}

/* SIG_IGN is inherited, also by what is exec'ed. */
Test(signals, ignored_from_the_start)
{
	static const char script[] = "trap '' TERM HUP; exec \"$0\"";
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST("sh", "-c", script, PROGRAM("signals"))});
	const struct outcome agent = process_run(
		&(struct process_setup){.argv = LIST("sh", "-c", script, PROGRAM("signals")), .agent = true});
	cr_assert(strstr(plain.out.data, "begin 15: ignore"), "%s", plain.out.data);
	expect_same(plain, agent);
}
