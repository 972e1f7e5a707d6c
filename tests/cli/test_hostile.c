/*
 * What a program chose and others come to read: its name in lines that tools and agent print, and what lies where its debug information is
 * sought. A line stays one line, nothing of it reaches a terminal as an escape sequence, and nobody waits for a pipe.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(hostile, .init = place_init, .fini = place_fini, .timeout = 100);

#define EVIL  "evil\033[31m\nttlog: forged"
#define SHOWN "evil\\x1b[31m\\nttlog: forged"

/* Names ------------------------------------------------------------------------------------------------------------------------ */

static void expect_harmless_at(struct where where, const char *text)
{
	cr_assert(strstr(text, SHOWN), "%s:%d: the name is not shown: %s", where.file, where.line, text);
	cr_assert(!strchr(text, '\033') && !strstr(text, "\nttlog: forged"), "%s:%d: as the program wrote it: %s", where.file,
		  where.line, text);
}

/* Under this name: what the agent makes of argv[0] is what the process is called everywhere. */
#define UNDER_EVIL_NAME(script) "/bin/bash", "-c", "exec -a \"$0\" /bin/bash -c \"$1\"", EVIL, script

Test(hostile, name_in_the_line_of_a_death)
{
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(UNDER_EVIL_NAME("echo said; kill -SEGV $$")), .agent = true});
	cr_assert(WIFSIGNALED(outcome.status) && outcome.agent_lines == 1, "%s", outcome.agent.data);
	expect_harmless_at(HERE, outcome.agent.data);
}

Test(hostile, name_in_the_line_of_run)
{
	const struct outcome outcome = TTLOG_RUN(UNDER_EVIL_NAME("echo said; kill -KILL $$"));
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGKILL, "%s", status_text(outcome.status));
	expect_harmless_at(HERE, outcome.agent.size ? outcome.agent.data : outcome.err.data);
}

/* Of a thread, which is what a time-out goes by: 15 bytes. */
Test(hostile, name_in_the_line_of_a_time_out)
{
	const char *path = place_path("a\033[31mb");
	cr_assert(symlink("/bin/bash", path) == 0);
	const struct outcome outcome = ttlog(LIST("run", "--storage", place_storage(), "--timeout", "100ms", "--", path, "-c",
						  "echo said; while :; do :; done"));
	const char *said = outcome.agent.size ? outcome.agent.data : outcome.err.data;
	cr_assert(WEXITSTATUS(outcome.status) == TIMED_OUT && strstr(said, "a\\x1b[31mb"), "%s", said);
	cr_assert(!strchr(said, '\033'), "%s", said);
}

Test(hostile, name_of_a_file_in_an_error)
{
	const struct outcome outcome = ttlog(LIST("view", EVIL));
	cr_assert(outcome.status != 0);
	expect_harmless_at(HERE, outcome.err.data);
}

/* Debug information ------------------------------------------------------------------------------------------------------------ */

/* Dies in inner(), called by main(); its debug information is somewhere else, as the options say. Returns its snapshot. */
static const char *snapshot_of(const char *build)
{
	static const char code[] = "static int inner(int *p) { return *p; }\nint main(void) { return inner((int *)8); }\n";
	const char *directory = place_directory(), *path;
	struct snapshot snapshot;
	place_file("victim.c", code, sizeof(code) - 1);
	const struct outcome made = process_run(
		&(struct process_setup){.argv = LIST("/bin/sh", "-ec", build, place_path("victim.c")), .directory = directory});
	cr_assert(made.status == 0, "%s", made.err.data);
	char *program;
	cr_assert(asprintf(&program, "%s/victim", directory) > 0);
	process_run(&(struct process_setup){.argv = LIST(program), .agent = true});
	snapshot_only(&snapshot, &path);
	return path;
}

/* Their readers would wait until somebody opens the other end. */
static void expect_nobody_waits(const char *path)
{
	const struct outcome viewed = process_run(&(struct process_setup){.argv = LIST(TTLOG, "view", path), .limit_s = 20});
	cr_assert(viewed.status == 0, "%s", viewed.err.data);
	const struct outcome symbolized = process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "symbolize", path), .limit_s = 20});
	cr_assert(WIFEXITED(symbolized.status), "%s", symbolized.err.data);
}

Test(hostile, pipe_for_a_debug_file)
{
	expect_nobody_waits(
		snapshot_of("cc -g -O0 -w \"$0\" -o victim; objcopy --only-keep-debug victim victim.debug\n"
			    "strip victim; objcopy --add-gnu-debuglink=victim.debug victim; rm victim.debug; mkfifo victim.debug"));
}

Test(hostile, pipe_in_the_folder_of_debug_files)
{
	expect_nobody_waits(snapshot_of("cc -g -O0 -w \"$0\" -o victim; objcopy --only-keep-debug victim victim.debug\n"
					"strip victim; objcopy --add-gnu-debuglink=victim.debug victim; rm victim.debug\n"
					"mkdir .debug; mkfifo .debug/victim.debug"));
}

Test(hostile, pipe_for_split_information)
{
	expect_nobody_waits(
		snapshot_of("cc -g -gdwarf-5 -gsplit-dwarf -O0 -w \"$0\" -o victim; for f in *.dwo; do rm $f; mkfifo $f; done"));
}

Test(hostile, pipe_for_split_information_of_dwarf_4)
{
	expect_nobody_waits(
		snapshot_of("cc -g -gdwarf-4 -gsplit-dwarf -O0 -w \"$0\" -o victim; for f in *.dwo; do rm $f; mkfifo $f; done"));
}

/* A device does something when it is opened: a snapshot that names one for a module does not have it opened. */
Test(hostile, module_that_is_no_file)
{
	char changes[4096];
	const char *path = snapshot_of("cc -g -O0 -w \"$0\" -o victim");
	struct snapshot snapshot;
	snapshot_at(&snapshot, path);
	const char *program = snapshot.exe;
	cr_assert(unlink(program) == 0 && mkfifo(program, 0600) == 0);
	const int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	cr_assert(watch >= 0 && inotify_add_watch(watch, program, IN_OPEN) >= 0);
	expect_nobody_waits(path);
	cr_assert(read(watch, changes, sizeof(changes)) < 0, "it was opened");
}
