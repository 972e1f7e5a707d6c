/*
 * What a process finds out about itself is the same with the agent: programs/self.c looks at all there is, here in many surroundings, and
 * does what programs do that agents stumble over.
 */
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(self, .init = place_init, .fini = place_fini, .timeout = 200);

enum { EXPECTED_CODE = 3, LEAST_BYTES = 10000 };

/* The line in which they differ first says more than all of them. */
static void expect_same_lines(const char *about, char *plain, char *agent)
{
	char *rest[2] = {plain, agent}, *line[2], *when = (char *)"";
	do {
		for (int i = 0; i < 2; i++)
			line[i] = strsep(&rest[i], "\n");
		if (line[0] && line[0][0] != ' ')
			when = line[0];
		cr_assert(line[0] && line[1] ? strcmp(line[0], line[1]) == 0 : line[0] == line[1],
			  "%s: %s \"%s\" and with the agent \"%s\"", about, when, line[0], line[1]);
	} while (line[0]);
}

/* In one directory, so that nothing but the agent is another one. Leaves the run with the agent. */
static struct outcome compare(const char *about, const struct process_setup *setup)
{
	struct outcome outcomes[2];
	const char *directory = place_directory();
	for (int agent = 0; agent < 2; agent++) {
		struct process_setup one = *setup;
		one.agent = agent;
		one.directory = directory;
		one.limit_s = 90;
		outcomes[agent] = process_run(&one);
	}
	cr_assert(WIFEXITED(outcomes[0].status) && WEXITSTATUS(outcomes[0].status) == EXPECTED_CODE &&
			  outcomes[0].out.size > LEAST_BYTES,
		  "%s without the agent: %s\n%s", about, status_text(outcomes[0].status), outcomes[0].err.data);
	expect_about(about);
	char *lines[] = {strdup(outcomes[0].out.data), strdup(outcomes[1].out.data)};
	expect_same_lines(about, lines[0], lines[1]);
	expect_same(outcomes[0], outcomes[1]);
	return outcomes[1];
}

static void check(const char *about, const struct process_setup *setup)
{
	const struct outcome agent = compare(about, setup);
	expect_no_snapshot(agent);
}

#define SELF PROGRAM("self")

Test(self, looks)
{
	check("alone", &(struct process_setup){.argv = LIST(SELF)});
	check("with standard input", &(struct process_setup){.argv = LIST(SELF), .input = "some input"});
	check("as nobody", &(struct process_setup){.argv = LIST(SELF), .as_nobody = true});
}

Test(self, acts)
{
	static const char *const actions[] = {"closes", "maps", "sandboxed"};
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		check(actions[i], &(struct process_setup){.argv = LIST(SELF, actions[i])});
	check("all", &(struct process_setup){.argv = LIST(SELF, "closes", "maps", "sandboxed")});
}

/* Who became another user, or nobody known in another namespace, cannot remove a recorder file of root's: the next one made there does. */
static void check_stranger(const char *action)
{
	const char *path;
	if (getuid() != 0)
		cr_skip_test("has no rights to give up");
	const struct outcome agent = compare(action, &(struct process_setup){.argv = LIST(SELF, "closes", action)});
	cr_assert(snapshots_in(place_storage(), &path) == 0 && agent.agent_lines == 0, "%s", agent.agent.data);
}

Test(self, drops_its_rights)
{
	check_stranger("drops");
}

/* Possible with one thread only. */
Test(self, unshares)
{
	check_stranger("unshares");
}

/* What stands before it in a command line. */
Test(self, started_by_others)
{
	static const char *const shells[] = {
		"exec env -i \"PATH=$PATH\" ${LD_PRELOAD:+\"LD_PRELOAD=$LD_PRELOAD\"} \"$0\"",
		"exec \"$0\" <&-",
		"exec \"$0\" 5</dev/null 9>/dev/null",
		"trap '' INT TERM HUP PIPE SEGV; exec \"$0\"",
		"ulimit -n 30; exec \"$0\"",
		"ulimit -c 0; ulimit -s 1024; exec \"$0\"",
		"umask 077; exec nice -n 3 \"$0\"",
		"exec nohup \"$0\"",
		"exec setsid -w \"$0\"",
		"exec taskset -c 0 \"$0\"",
		"exec timeout 60 \"$0\"",
		"exec stdbuf -o0 \"$0\"",
		"exec prlimit --nproc=4000 --memlock=65536 \"$0\"",
		"echo \"$0\" | exec xargs -n 1 sh -c '\"$0\"; exit 3' || exit 3",
	};
	for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++)
		check(shells[i], &(struct process_setup){.argv = LIST("sh", "-c", shells[i], SELF)});
}

static bool has_command(const char *name)
{
	const struct outcome found = process_run(&(struct process_setup){.argv = LIST("sh", "-c", "command -v \"$0\"", name)});
	return found.status == 0;
}

/* A debugger, a tracer, an emulator. Their own words go to files. */
#define UNDER(tool, command)                                                                                                       \
	Test(self, under_##tool)                                                                                                   \
	{                                                                                                                          \
		if (!has_command(#tool))                                                                                           \
			cr_skip_test(#tool " is not installed");                                                                   \
		check(#tool, &(struct process_setup){.argv = LIST("sh", "-c", command, SELF)});                                    \
	}

UNDER(strace, "exec strace -f -o trace \"$0\"")
UNDER(gdb, "gdb -nx -batch -ex 'run >out 2>err' -ex 'quit $_exitcode' \"$0\" >gdb.out 2>&1 </dev/null; status=$?;"
	   " cat out; cat err >&2; exit $status")
/* Its sigaltstack(2) leaves the place of a stack that is none unset. */
UNDER(valgrind,
      "valgrind -q --log-file=valgrind.log \"$0\" >out; status=$?; sed 's/flags 2 size 0 at .*/flags 2/' out; exit $status")
/* Which makes no process of the kind that captures a death; and looks at faults itself, as the last one. */
Test(self, dies_under_valgrind)
{
	if (!has_command("valgrind"))
		cr_skip_test("valgrind is not installed");
	struct outcome outcomes[2];
	for (int agent = 0; agent < 2; agent++)
		outcomes[agent] = process_run(&(struct process_setup){
			.argv = LIST(
				"sh", "-c",
				"valgrind -q --log-file=log \"$0\" null_read; echo $?; grep -c 'default action of signal 11' log",
				PROGRAM("die")),
			.agent = agent,
			.limit_s = 90});
	cr_assert(strstr(outcomes[0].out.data, "139\n1\n"), "%s%s", outcomes[0].out.data, outcomes[0].err.data);
	expect_same(outcomes[0], outcomes[1]);
}

UNDER(unshare, "exec unshare -Ufp \"$0\"")

static const char *library(const char *pattern)
{
	static glob_t found;
	if (glob(pattern, 0, NULL, &found) != 0)
		cr_skip_test("there is no %s", pattern);
	return found.gl_pathv[0];
}

/* Libraries that are preloaded for their own sake, before the agent and after it. */
#define BESIDE(name, pattern, ...)                                                                                                 \
	Test(self, beside_##name)                                                                                                  \
	{                                                                                                                          \
		const char *path = library(pattern);                                                                               \
		for (int first = 0; first < 2; first++)                                                                            \
			check(first ? #name " first" : #name " second",                                                            \
			      &(struct process_setup){.argv = LIST(SELF),                                                          \
						      .second_library = path,                                                      \
						      .second_first = first,                                                       \
						      .environment = LIST(__VA_ARGS__)});                                          \
	}

BESIDE(jemalloc, "/usr/lib/*/libjemalloc.so.2", "MALLOC_CONF=narenas:2")
BESIDE(libfaketime, "/usr/lib/*/faketime/libfaketime.so.1", "FAKETIME=@2001-09-09 03:46:40")
BESIDE(libeatmydata, "/usr/lib/*/libeatmydata.so", "X=y")
