/*
 * Processes of another pid or mount namespace that share /dev/shm, as bwrap, flatpak and docker --ipc=host have it: a pid says nothing
 * there, and who lives is not taken for dead; who ended leaves nothing. Nor do the numbers in /proc, where that is the outer namespace's.
 */
#include "command.h"
#include "place.h"
#include "talker.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(namespaces, .init = place_init, .fini = place_fini, .timeout = 100);

#define UNSHARE "/usr/bin/unshare", "--pid", "--fork", "--mount-proc"

static void need_namespaces(void)
{
	if (getuid() != 0 || !place_has_own_shm())
		cr_skip_test("needs root and a /dev/shm of its own");
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST(UNSHARE, "/bin/true")});
	if (outcome.status != 0)
		cr_skip_test("no pid namespace to be had: %s", outcome.err.data);
}

/* A shell of another pid namespace that says its number there, and lives until the line comes. */
static struct process *start_inside(const char *fifo)
{
	char script[512];
	cr_assert(mkfifo(fifo, 0600) == 0);
	snprintf(script, sizeof(script), "/bin/bash -c 'echo inside; read -r line <%s; echo \"$line\"; exit 0'; exit $?", fifo);
	struct process *process = process_start(
		&(struct process_setup){.argv = LIST(UNSHARE, "/bin/bash", "-c", script), .agent = true});
	process_await(process, "inside\n");
	return process;
}

static void end_inside(const char *fifo, struct process *process)
{
	FILE *lines = fopen(fifo, "w");
	cr_assert(lines && fputs("goes\n", lines) >= 0 && fclose(lines) == 0);
	const struct outcome outcome = process_finish(process);
	cr_assert(outcome.status == 0 && strcmp(outcome.out.data, "inside\ngoes\n") == 0, "%s%s", outcome.out.data,
		  outcome.err.data);
}

Test(namespaces, the_living_are_not_recovered)
{
	struct snapshot snapshot;
	const char *path;
	need_namespaces();
	const char *fifo = place_path("fifo");
	struct process *process = start_inside(fifo);
	expect_error(NOTHING, "no recorder of a process that died", "recover", place_storage());
	cr_assert_eq(recorder_files(0), 1);
	/* By the number that it has here it is found and stopped. */
	const struct outcome asked = ttlog(LIST("snapshot", "--all", "--storage", place_storage()));
	cr_assert(asked.status == 0 && snapshots_in(place_storage(), &path) == 1, "%s", asked.err.data);
	snapshot_only(&snapshot, NULL);
	expect_event(&snapshot, SOURCE_STDOUT, "inside");
	cr_assert_str_eq(snapshot.service, "bash");
	cr_assert(snapshot.thread_count == 1 && snapshot.threads[0].frame_count > 0);
	end_inside(fifo, process);
	cr_assert_eq(recorder_files(0), 0);
}

/* From inside nobody outside is seen. */
Test(namespaces, the_unseen_are_left_alone)
{
	need_namespaces();
	struct talker *talker = talker_start("talker");
	const struct outcome inside = process_run(
		&(struct process_setup){.argv = LIST(UNSHARE, TTLOG, "recover", place_storage())});
	cr_assert(strstr(inside.err.data, "no recorder of a process that died"), "%s%s", inside.out.data, inside.err.data);
	cr_assert(recorder_of(talker->pid) != NULL);
	talker_say(talker, "goes on");
	talker_finish(talker);
	cr_assert_eq(recorder_files(0), 0);
}

/* Whoever sees a /dev/shm of his own cannot remove what he has in another: it says that he left. */
static void leave_hidden(void)
{
	static const char script[] = "import ctypes\nlibc = ctypes.CDLL(None)\nprint('said', flush=True)\n"
				     "if libc.unshare(0x20000) or libc.mount(b'none', b'/', None, 0x44000, None) or "
				     "libc.mount(b'none', b'/dev/shm', b'tmpfs', 0, None):\n    exit(9)\nprint('hidden')\n";
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", script), .agent = true});
	cr_assert(outcome.status == 0, "%s%s", status_text(outcome.status), outcome.err.data);
	cr_assert_eq(recorder_files(0), 1, "otherwise this tests nothing");
}

Test(namespaces, what_is_hidden_goes)
{
	const char *path;
	need_namespaces();
	leave_hidden();
	expect_error(NOTHING, "no recorder of a process that died", "recover", place_storage());
	cr_assert(recorder_files(0) == 0 && snapshots_in(place_storage(), &path) == 0);
	leave_hidden();
	process_run(&(struct process_setup){.argv = LIST("/bin/echo", "hello"), .agent = true});
	cr_assert_eq(recorder_files(0), 0);
}

/* A child of the same number, each being the first of its namespace: it has no recorder yet, and its parent's levels are not its own. */
Test(namespaces, levels_of_a_child)
{
	struct snapshot snapshot;
	need_namespaces();
	process_run(&(struct process_setup){.argv = LIST(UNSHARE, PROGRAM("levels"), "child"), .agent = true});
	snapshot_only(&snapshot, NULL);
	expect_event(&snapshot, SOURCE_MACRO, "before the child");
	expect_event(&snapshot, SOURCE_MACRO, "after the child");
}

/* /proc of another namespace -------------------------------------------------------------------------------------------------- */

#define UNSHARE_ONLY "/usr/bin/unshare", "--pid", "--fork"

/* A bash that has said something looks for the dead around it; it is process 2 there, and that of the outer /proc has no recorder mapped. */
static void recover_beside_the_living(const char *before)
{
	char script[512];
	need_namespaces();
	snprintf(
		script, sizeof(script),
		"%sLD_PRELOAD=%s /bin/bash -c 'echo inside; LD_PRELOAD= %s recover %s; echo $?; ls /dev/shm/ttlog-0 | wc -l'; exit $?",
		before, AGENT, TTLOG, place_storage());
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(UNSHARE_ONLY, "--mount", "/bin/bash", "-c", script)});
	cr_assert(strcmp(outcome.out.data, "inside\n1\n1\n") == 0, "%s%s", outcome.out.data, outcome.err.data);
	cr_assert_eq(recorder_files(0), 0);
}

Test(namespaces, the_living_are_not_recovered_by_outer_numbers)
{
	recover_beside_the_living("");
}

Test(namespaces, the_living_are_not_recovered_without_proc)
{
	recover_beside_the_living("mount -t tmpfs none /proc; ");
}

#define THREADS "3"
static const char threads_script[] = "import os, signal, sys, threading\n"
				     "started = threading.Barrier(" THREADS " + 1)\n"
				     "def wait(): started.wait(); threading.Event().wait()\n"
				     "for i in range(" THREADS "): threading.Thread(target=wait, daemon=True).start()\n"
				     "started.wait()\n"
				     "print('all there', flush=True)\n"
				     "if len(sys.argv) > 1: threading.Event().wait()\n"
				     "os.kill(os.getpid(), signal.SIGSEGV)\n";

/* It descends from process 1 of its namespace, which outside is somebody else with other threads. */
static void expect_itself(const struct snapshot *snapshot)
{
	const size_t threads = 1 + strtoul(THREADS, NULL, 10);
	cr_assert_str_eq(snapshot->service, "python3");
	cr_assert(snapshot->exe && strstr(snapshot->exe, "/python3"), "%s", snapshot->exe);
	cr_assert(snapshot->thread_count == threads && snapshot->system.threads == threads, "%zu threads, %u",
		  snapshot->thread_count, snapshot->system.threads);
	for (size_t i = 0; i < threads; i++)
		cr_assert(strcmp(snapshot->threads[i].name, "python3") == 0 && snapshot->threads[i].frame_count > 1,
			  "thread %zu: %s", i, snapshot->threads[i].name);
	cr_assert(snapshot->system.rss > 0 && snapshot->system.fds > 0 && snapshot->system.limit_count > 0);
	expect_event(snapshot, ANY_SOURCE, "all there");
}

static void die_inside(struct snapshot *snapshot, const char *const *arguments)
{
	const char *path;
	need_namespaces();
	const struct outcome outcome = process_run(&(struct process_setup){.argv = arguments, .agent = true});
	cr_assert(strstr(outcome.out.data, "all there"), "%s%s", outcome.out.data, outcome.err.data);
	cr_assert_eq(snapshots_matching("python3-*", &path), 1, "%s", outcome.err.data);
	snapshot_at(snapshot, path);
	expect_itself(snapshot);
}

Test(namespaces, a_death_among_outer_numbers)
{
	struct snapshot snapshot;
	die_inside(&snapshot, LIST(UNSHARE_ONLY, "/bin/sh", "-c", "/usr/bin/python3 -c \"$0\"; exit $?", threads_script));
	expect_signal(&snapshot, SIGSEGV, SI_USER);
}

/* `ttlog run` finds what descends from it, and whom it has to end. */
Test(namespaces, a_run_among_outer_numbers)
{
	struct snapshot snapshot;
	die_inside(&snapshot, LIST(UNSHARE_ONLY, TTLOG, "run", "--storage", place_storage(), "--timeout", "2s", "--", "/bin/sh",
				   "-c", "/usr/bin/python3 -c \"$0\" waits; exit $?", threads_script));
	cr_assert_str_eq(snapshot.reason, "timeout");
}

/* Seen from here it has another number than its recorder says, and one snapshot all the same. Nor is ours of its number taken for it. */
static void time_out_inside(const char *const *command)
{
	const char *path,
		*arguments[24] = {TTLOG, "run", "--storage", place_storage(), "--timeout", "2s", "--kill-after", "300ms", "--"};
	need_namespaces();
	for (size_t i = 0; command[i]; i++)
		arguments[9 + i] = command[i];
	const struct outcome outcome = process_run(&(struct process_setup){.argv = arguments});
	cr_assert(snapshots_matching("python3-*", &path) == 1 && strstr(path, "-timeout"), "%s", outcome.err.data);
	cr_assert_eq(recorder_files(0), 0);
}

Test(namespaces, a_time_out_of_one_inside)
{
	time_out_inside(
		LIST(UNSHARE_ONLY, "--kill-child", "/bin/sh", "-c", "/usr/bin/python3 -c \"$0\" waits; exit $?", threads_script));
}

Test(namespaces, a_time_out_of_its_first_process)
{
	time_out_inside(LIST(UNSHARE_ONLY, "--kill-child", "/usr/bin/python3", "-c", threads_script, "waits"));
}
