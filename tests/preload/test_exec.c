/*
 * exec: one program ends and another begins in its process. Nobody died, nothing is left, and the new program finds what it
 * was given.
 */
#include "command.h"
#include "describe.h"
#include "expect.h"
#include "newer_libc.h"
#include "place.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(exec, .init = place_init, .fini = place_fini, .timeout = 100);

static const char *const functions[] = {"execve", "execv",  "execvp",  "execvpe",  "execl",
					"execlp", "execle", "fexecve", "execveat", NULL};

/* execveat(3) came with glibc 2.34. */
static bool is_there(const char *const *function)
{
	return strcmp(*function, "execveat") != 0 || execveat;
}

/* `ttlog recover` looks at all that lies there. */
static void need_own_shm(void)
{
	if (!place_has_own_shm())
		cr_skip_test("no /dev/shm of its own to be had");
}

/* Prints the arguments and the environment that matter. */
static const char *new_program(void)
{
	static const char script[] = "#!/bin/sh\necho \"$0 $1 $2 ${GIVEN-not given}\" >&2\nexit 3\n";
	const char *path = place_file("new", script, sizeof(script) - 1);
	chmod(path, 0755);
	return path;
}

static void recover_nothing(void)
{
	const struct outcome recover = ttlog(LIST("recover", place_storage()));
	const char *path;
	cr_assert(recover.status == NOTHING << 8 && snapshots_in(place_storage(), &path) == 0, "%s%s%s", recover.err.data,
		  recover.out.data, recover.agent.data);
}

Test(exec, new_program_is_as_without_the_agent)
{
	need_own_shm();
	const char *path = new_program();
	for (const char *const *function = functions; *function && is_there(function); function++) {
		const char *const *argv = LIST(PROGRAM("execs"), *function, path);
		const struct outcome plain = process_run(&(struct process_setup){.argv = argv}),
				     agent = process_run(&(struct process_setup){.argv = argv, .agent = true});
		cr_assert(plain.status == 3 << 8 && strstr(plain.err.data, "one two"), "%s: %s", *function, plain.err.data);
		expect_same(plain, agent);
		recover_nothing();
	}
}

/* It says nothing, so nothing in its process would remember the program before. */
Test(exec, nobody_died)
{
	need_own_shm();
	for (const char *const *function = functions; *function && is_there(function); function++) {
		const struct outcome agent = process_run(
			&(struct process_setup){.argv = LIST(PROGRAM("execs"), *function, "/bin/true"), .agent = true});
		cr_assert(agent.status == 0, "%s: %s", *function, status_text(agent.status));
		recover_nothing();
		cr_assert(recorder_of(agent.pid) == NULL, "%s", *function);
	}
}

/* What SIGKILL ends afterwards is the program that called it, with its history. */
Test(exec, failed_exec_changes_nothing)
{
	need_own_shm();
	for (const char *const *function = functions; *function && is_there(function); function++) {
		struct snapshot snapshot;
		const char *const *argv = LIST(PROGRAM("execs"), *function, "/nonexistent/program");
		const struct outcome plain = process_run(&(struct process_setup){.argv = argv}),
				     agent = process_run(&(struct process_setup){.argv = argv, .agent = true});
		cr_assert(WIFSIGNALED(plain.status) && WTERMSIG(plain.status) == SIGKILL);
		expect_same(plain, agent);
		ttlog(LIST("recover", place_storage()));
		snapshot_only(&snapshot, NULL);
		expect_sound(&snapshot, agent.pid);
		expect_event_holding(&snapshot, "speaks before");
		expect_event_holding(&snapshot, strcmp(*function, "fexecve") == 0 ? "fexecve: " : "No such file");
		place_storage_clear();
	}
}

/* Its memory is its parent's, its exec is not. */
Test(exec, of_a_vfork_child)
{
	need_own_shm();
	struct snapshot snapshot;
	const struct outcome agent = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("execs"), "vfork", "/bin/true"), .agent = true});
	cr_assert(WIFSIGNALED(agent.status) && WTERMSIG(agent.status) == SIGKILL);
	ttlog(LIST("recover", place_storage()));
	snapshot_only(&snapshot, NULL);
	expect_sound(&snapshot, agent.pid);
	expect_event(&snapshot, SOURCE_WRITE1, "speaks before vfork");
}

/* Processes whose end nobody tells `ttlog run`: their parents wait for them. */
Test(exec, under_run)
{
	static const char script[] = "bash -c '(echo one; exec true); echo two; exec true'; (echo three; exec false); echo done";
	const struct outcome run = TTLOG_RUN("/bin/bash", "-c", script);
	const char *path;
	cr_assert(run.status == 0 && strstr(run.out.data, "done"), "%s%s", run.out.data, run.err.data);
	cr_assert(snapshots_in(place_storage(), &path) == 0, "%s", run.agent.data);
}

/* The end of the process is the new program's end. */
Test(exec, one_snapshot_of_a_process)
{
	static const char killed[] = "echo before; exec bash -c 'echo after; kill -KILL $$'",
			  exits[] = "echo before; exec echo after";
	static const char silent[] = "echo before; exec bash -c 'kill -KILL $$'";
	struct snapshot snapshot;
	TTLOG_RUN("/bin/bash", "-c", killed);
	snapshot_only(&snapshot, NULL);
	expect_event(&snapshot, SOURCE_STDOUT, "after");
	expect_no_event_holding(&snapshot, "before");
	place_storage_clear();
	ttlog(LIST("run", "--storage", place_storage(), "--on-exit", "always", "--", "/bin/bash", "-c", exits));
	snapshot_only(&snapshot, NULL);
	expect_event(&snapshot, SOURCE_STDOUT, "after");
	place_storage_clear();
	TTLOG_RUN("/bin/bash", "-c", silent);
	snapshot_only(&snapshot, NULL);
	cr_assert(snapshot.event_count == 0, "%s", snapshot_describe(&snapshot));
	cr_assert_str_eq(snapshot.reason, "SIGKILL");
}

/* Whoever speaks next takes away what the silent program could not know of. */
Test(exec, next_recorder_sweeps)
{
	need_own_shm();
	process_run(&(struct process_setup){.argv = LIST(PROGRAM("execs"), "execv", "/bin/true"), .agent = true});
	cr_assert_eq(recorder_files(getuid()), 1, "it is left until then: otherwise this tests nothing");
	process_run(&(struct process_setup){.argv = LIST("/bin/echo", "hello"), .agent = true});
	cr_assert_eq(recorder_files(getuid()), 0);
}
