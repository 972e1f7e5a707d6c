/*
 * Processes of another pid or mount namespace that share /dev/shm, as bwrap, flatpak and docker --ipc=host have it: a pid says nothing
 * there, and who lives is not taken for dead; who ended leaves nothing.
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
