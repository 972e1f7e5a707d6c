/*
 * ttlog run: the program is as without it, and what it sees from outside becomes a snapshot.
 */
#include "command.h"
#include "describe.h"
#include "image.h"
#include "text.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(run, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NONEXISTENT "/nonexistent/program"

Test(run, same_status_and_bytes)
{
	static const char *const deaths[] = {"exit_0",        "exit_3",        "_exit_4",      "null_write",
					     "abort",         "raise:TERM",    "kill_9",       "user_signal",
					     "handler_exits", "handler_jumps", "segv_blocked", "handler_faults"};
	for (size_t i = 0; i < COUNT(deaths); i++) {
		const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(PROGRAM("die"), deaths[i])});
		/* its own lines about snapshots are taken out as the agent's are */
		const struct outcome run = process_run(&(struct process_setup){
			.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--", PROGRAM("die"), deaths[i]),
			.agent = true,
			.environment = LIST("LD_PRELOAD", "TTLOG_STORAGE")});
		cr_assert(WIFEXITED(plain.status) ? run.status == plain.status
						  : WIFSIGNALED(run.status) && WTERMSIG(run.status) == WTERMSIG(plain.status),
			  "%s: %s without, %s with run\n%s%s", deaths[i], status_text(plain.status), status_text(run.status),
			  run.err.data, run.agent.data);
		cr_assert_str_eq(run.out.data, plain.out.data);
		cr_assert_str_eq(run.err.data, plain.err.data);
	}
}

static void check_run(const char *death, const char *reason, struct snapshot *snapshot)
{
	const struct outcome outcome = TTLOG_RUN(PROGRAM("die"), death);
	const char *path;
	snapshot_only(snapshot, &path);
	const char *named = strstr(outcome.err.data, "\nttlog: ");
	cr_assert(named && strstr(named, path) && !strstr(named + 1, "\nttlog: "), "not one line that names %s:\n%s", path,
		  outcome.err.data);
	cr_assert(strcmp(snapshot->reason, reason) == 0, "%s: reason %s", death, snapshot->reason);
	char last[64];
	snprintf(last, sizeof(last), "now %s", death);
	expect_event(snapshot, SOURCE_STDERR, last);
	expect_event(snapshot, SOURCE_STDOUT, "unflushed last words");
}

Test(run, one_snapshot_of_a_fault)
{
	struct snapshot snapshot;
	check_run("null_write", "SIGSEGV", &snapshot);
	expect_innermost(&snapshot, "death_null_write");
	expect_no_degradations(&snapshot);
	cr_assert(snapshot.run && *snapshot.run, "which run it was of is not in it");
}

Test(run, sigkill)
{
	struct snapshot snapshot;
	check_run("kill_9", "SIGKILL", &snapshot);
	expect_degraded(&snapshot, "made from the recorder file only");
}

/* The kernel asked nobody: only the parent sees these. */
Test(run, blocked_fault)
{
	struct snapshot snapshot;
	check_run("segv_blocked", "SIGSEGV", &snapshot);
}

Test(run, fault_in_the_handler)
{
	struct snapshot snapshot;
	check_run("handler_faults", "SIGSEGV", &snapshot);
}

Test(run, no_snapshot_of_an_exit)
{
	const char *path;
	const struct outcome outcome = TTLOG_RUN(PROGRAM("die"), "exit_3");
	cr_assert(WEXITSTATUS(outcome.status) == 3 && snapshots_in(place_storage(), &path) == 0 &&
			  !strstr(outcome.err.data, "ttlog"),
		  "%s", outcome.err.data);
}

Test(run, on_exit)
{
	struct snapshot snapshot;
	const char *path;
	ttlog(LIST("run", "--storage", place_storage(), "--on-exit", "failure", "--", PROGRAM("die"), "exit_0"));
	cr_assert(snapshots_in(place_storage(), &path) == 0);
	ttlog(LIST("run", "--storage", place_storage(), "--on-exit", "failure", "--", PROGRAM("die"), "exit_3"));
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "exit 3");
	expect_event(&snapshot, SOURCE_STDERR, "now exit_3");
}

static struct outcome run_into_timeout(void)
{
	return ttlog(LIST("run", "--storage", place_storage(), "--timeout", "500ms", "--", PROGRAM("die"), "waits"));
}

/* All threads of the hanging process, before it is ended. */
Test(run, timeout)
{
	struct snapshot snapshot;
	const char *path;
	const struct outcome outcome = run_into_timeout();
	cr_assert(WEXITSTATUS(outcome.status) == TIMED_OUT, "%s\n%s", status_text(outcome.status), outcome.err.data);
	cr_assert(snapshots_matching("die-*-timeout", &path) == 1, "%s", outcome.err.data);
	snapshot_at(&snapshot, path);
	cr_assert_str_eq(snapshot.reason, "timeout");
	expect_sound(&snapshot, (pid_t)snapshot.pid);
	cr_assert(snapshot.thread_count == 1 && stack_has(&snapshot.threads[0], "death_waits"), "%s", snapshot_describe(&snapshot));
}

/* bin, lib and libexec as `make install` lays them out: the agent finds its helper there, and so does run. */
static const char *install(void)
{
	static const char script[] = "mkdir -p bin lib libexec/ttlog && cp \"$1\" bin && cp \"$2\" lib && cp \"$3\" libexec/ttlog";
	const char *prefix = place_directory();
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("sh", "-c", script, "sh", TTLOG, AGENT, CAPTURE), .directory = prefix});
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
	char *program = malloc(strlen(prefix) + 16);
	sprintf(program, "%s/bin/ttlog", prefix);
	return program;
}

Test(run, installed)
{
	struct snapshot snapshot;
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(install(), "run", "--storage", place_storage(), "--", PROGRAM("die"), "null_write")});
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGSEGV, "%s", status_text(outcome.status));
	snapshot_only(&snapshot, NULL);
	expect_innermost(&snapshot, "death_null_write");
	expect_no_degradations(&snapshot);
}

Test(run, installed_timeout)
{
	struct snapshot snapshot;
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(install(), "run", "--storage", place_storage(), "--timeout", "200ms", "--", "sleep", "1000")});
	cr_assert(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 124, "%s", outcome.err.data);
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "timeout");
}

/* What fails is ttlog's installation, and not CMD, which is not run. */
Test(run, without_agent)
{
	const char *program = install();
	char agent[4096];
	snprintf(agent, sizeof(agent), "%.*s/lib/libttlog_agent.so", (int)(strstr(program, "/bin/") - program), program);
	cr_assert(unlink(agent) == 0);
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(program, "run", "--storage", place_storage(), "--", "echo", "ran")});
	expect_error_at(HERE, &outcome, RUN_FAILED, "libttlog_agent.so");
}

/* One process that ended once: the SIGTERM that ended it was ours, and tells nothing. */
Test(run, timeout_leaves_one_snapshot)
{
	const char *path;
	const struct outcome outcome = run_into_timeout();
	cr_assert(snapshots_in(place_storage(), &path) == 1, "%zu snapshots\n%s", snapshots_in(place_storage(), &path),
		  outcome.err.data);
}

/* The same of a program that never said a word: there is no recorder that could be marked. */
Test(run, timeout_of_a_silent_program)
{
	const char *path;
	struct snapshot snapshot;
	const struct outcome outcome = ttlog(
		LIST("run", "--storage", place_storage(), "--timeout", "200ms", "--", "sleep", "1000"));
	cr_assert(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 124, "%s", status_text(outcome.status));
	cr_assert(snapshots_in(place_storage(), &path) == 1, "%zu snapshots\n%s", snapshots_in(place_storage(), &path),
		  outcome.err.data);
	snapshot_at(&snapshot, path);
	cr_assert_str_eq(snapshot.reason, "timeout");
}

/* Nothing was ever recorded, so there is no recorder file; the reason is still to be found. */
Test(run, silent_program_is_killed)
{
	struct snapshot snapshot;
	const struct outcome outcome = TTLOG_RUN("/bin/sh", "-c", "kill -KILL $$");
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGKILL);
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "SIGKILL");
	cr_assert(snapshot.event_count == 0 && snapshot.cmdline_count == 3 && snapshot.created_at, "%s",
		  snapshot_describe(&snapshot));
}

Test(run, service_and_arguments)
{
	struct snapshot snapshot;
	ttlog(LIST("run", "--service", "api", "--storage", place_storage(), "--", PROGRAM("die"), "null_write", "--last",
		   "--help"));
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.service, "api");
	cr_assert(snapshot.cmdline_count == 4 && strcmp(snapshot.cmdline[3], "--help") == 0, "options behind -- are the program's");
}

Test(run, standard_input_is_the_programs)
{
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--", "cat"), .input = "what it is given\n"});
	cr_assert(outcome.status == 0 && strcmp(outcome.out.data, "what it is given\n") == 0);
}

Test(run, cannot_be_run)
{
	const char *text = place_file("text", "no program", 10);
	const struct outcome missing = TTLOG_RUN(NONEXISTENT),
			     no_name = process_run(
				     &(struct process_setup){.argv = LIST(TTLOG, "run", "--", "no-such-program-anywhere"),
							     .environment = LIST("PATH=/usr/bin:/bin")}),
			     not_executable = TTLOG_RUN(text), directory = TTLOG_RUN("/tmp");
	expect_error_at(HERE, &missing, NOT_FOUND, NONEXISTENT);
	expect_error_at(HERE, &no_name, NOT_FOUND, "no-such-program-anywhere");
	expect_error_at(HERE, &not_executable, NOT_EXECUTABLE, text);
	expect_error_at(HERE, &directory, NOT_EXECUTABLE, "/tmp");
}

/* The program runs all the same, and one line says what will be missing. */
static void expect_warned(const struct outcome *plain, const struct outcome *run, const char *named, const char *why)
{
	cr_assert(run->status == plain->status, "%s without, %s with run\n%s", status_text(plain->status), status_text(run->status),
		  run->err.data);
	cr_assert_str_eq(run->out.data, plain->out.data);
	cr_assert_str_eq(run->err.data, plain->err.data);
	cr_assert(run->agent_lines == 1 && strstr(run->agent.data, named) && strstr(run->agent.data, why),
		  "not one line on %s (%s):\n%s", named, why, run->agent.data);
}

static struct outcome run_separated(const char *program, const char *argument, const char *const *environment)
{
	const char *list[8] = {"LD_PRELOAD", "TTLOG_STORAGE"};
	for (size_t i = 2; environment && *environment; i++)
		list[i] = *environment++;
	return process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--", program, argument),
					.environment = list,
					.agent = true});
}

Test(run, static_program)
{
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(PROGRAM("die_static"), "exit_3")});
	const struct outcome run = run_separated(PROGRAM("die_static"), "exit_3", NULL);
	cr_assert(WEXITSTATUS(plain.status) == 3);
	expect_warned(&plain, &run, "die_static", "static");
}

Test(run, set_uid_program)
{
	if (getuid() != 0)
		cr_skip_test("only root can make a program that is set-user-ID to somebody else");
	const char *copy = place_path("die_setuid");
	const struct outcome copied = process_run(&(struct process_setup){.argv = LIST("cp", PROGRAM("die"), copy)});
	cr_assert(copied.status == 0 && chown(copy, 65534, 65534) == 0 && chmod(copy, 04755) == 0);
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(copy, "exit_3")});
	const struct outcome run = run_separated(copy, "exit_3", NULL);
	expect_warned(&plain, &run, "die_setuid", "set-user-ID");
}

Test(run, bad_variable)
{
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(PROGRAM("die"), "exit_3")});
	const struct outcome run = run_separated(PROGRAM("die"), "exit_3", LIST("TTLOG_CAPACITY=lots"));
	expect_warned(&plain, &run, "TTLOG_CAPACITY", "lots");
}

/* Two processes die in one run: two snapshots, two lines. */
Test(run, children_too)
{
	const char *path;
	const struct outcome outcome = TTLOG_RUN("/bin/sh", "-c", PROGRAM("die") " null_write; " PROGRAM("die") " kill_9; exit 5");
	cr_assert(WEXITSTATUS(outcome.status) == 5, "%s", status_text(outcome.status));
	cr_assert(snapshots_in(place_storage(), &path) == 2, "%zu snapshots\n%s", snapshots_in(place_storage(), &path),
		  outcome.err.data);
}

/* Signals for the run reach the program. */
Test(run, terminated_from_outside)
{
	struct snapshot snapshot;
	struct process *process = process_start(
		&(struct process_setup){.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--", PROGRAM("die"), "waits")});
	process_await(process, "waiting\n");
	kill(process_pid(process), SIGTERM);
	const struct outcome outcome = process_finish(process);
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGTERM, "%s", status_text(outcome.status));
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "SIGTERM");
	expect_in_crashed_stack(&snapshot, "death_waits");
}

/* The inner run ends as its program does, and is no second death. */
Test(run, run_in_a_run)
{
	struct snapshot snapshot;
	const struct outcome outcome = TTLOG_RUN(TTLOG, "run", "--storage", place_storage(), "--", PROGRAM("die"), "null_write");
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGSEGV, "%s", status_text(outcome.status));
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.service, "die");
}

/* Of a storage that is full: no half file, a line that says so, and the recorder stays for another try. */
static void fill_storage(void)
{
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace here: a full file system cannot be made");
	cr_assert(mkdir(place_storage(), 0700) == 0 && mount("tmpfs", place_storage(), "tmpfs", 0, "size=8k") == 0);
	char path[512];
	snprintf(path, sizeof(path), "%s/filler", place_storage());
	FILE *file = fopen(path, "w");
	for (int i = 0; i < 8192; i++)
		putc('x', file);
	fclose(file);
}

Test(run, full_storage)
{
	static const char *const deaths[] = {"null_write", "kill_9"};
	fill_storage();
	for (size_t i = 0; i < COUNT(deaths); i++) {
		char pattern[512];
		glob_t found;
		const struct outcome outcome = TTLOG_RUN(PROGRAM("die"), deaths[i]);
		cr_assert(WIFSIGNALED(outcome.status) && strstr(outcome.err.data, "\nttlog run: no snapshot of pid ") &&
				  strstr(outcome.err.data, place_storage()) && strstr(outcome.err.data, "No space left on device"),
			  "%s", outcome.err.data);
		snprintf(pattern, sizeof(pattern), "%s/*", place_storage());
		cr_assert(glob(pattern, GLOB_PERIOD, NULL, &found) == 0 && found.gl_pathc == 3, ". .. filler, and not %zu",
			  found.gl_pathc);
		cr_assert_eq(recorder_files(getuid()), i + 1);
	}
	cr_assert(umount(place_storage()) == 0);
	const struct outcome recovered = ttlog(LIST("recover", place_storage()));
	const char *path;
	cr_assert(recovered.status == 0 && snapshots_in(place_storage(), &path) == 2, "%s", recovered.err.data);
}

/* What the process went without, and what it had: for those who ask why. */
Test(run, limits_and_memory)
{
	struct snapshot snapshot;
	TTLOG_RUN("/bin/sh", "-c", "ulimit -n 77; ulimit -Sc 0; exec " PROGRAM("die") " null_write");
	snapshot_only(&snapshot, NULL);
	const struct snapshot_limit *files = NULL, *core = NULL;
	for (size_t i = 0; i < snapshot.system.limit_count; i++) {
		if (strcmp(snapshot.system.limits[i].name, "nofile") == 0)
			files = &snapshot.system.limits[i];
		if (strcmp(snapshot.system.limits[i].name, "core") == 0)
			core = &snapshot.system.limits[i];
	}
	cr_assert(files && files->has_soft && files->soft == 77 && files->has_hard && files->hard == 77);
	cr_assert(core && core->has_soft && core->soft == 0 && !core->has_hard);
	cr_assert(snapshot.system.threads == 1 && snapshot.system.fds == 3 && snapshot.system.rss > 4096 &&
			  snapshot.system.peak_rss >= snapshot.system.rss,
		  "%u threads, %u descriptors", snapshot.system.threads, snapshot.system.fds);
	cr_assert(snapshot.agent.stage_count == 4, "%zu stages", snapshot.agent.stage_count);
	for (size_t i = 1; i < snapshot.agent.stage_count; i++)
		cr_assert(snapshot.agent.stages[i].ns >= snapshot.agent.stages[i - 1].ns, "%s", snapshot.agent.stages[i].name);
	const struct outcome shown = ttlog(LIST("view", "--threads", "--no-color", place_storage()));
	expect_shown(&shown,
		     LIST("limits   1 thread, 3 descriptors open, ", "core 0 bytes, ", "nofile 77, ", "captured: saved after"));
}

/* A hard limit on files: where no snapshot with events has room, one without, which says so; where none has, an error, and CMD's end. */
Test(run, little_room_in_files)
{
	static const char script[] = "ulimit -f $0; exec \"$@\"";
	const char *path;
	for (int blocks = 2; blocks >= 0; blocks--) { /* of 512 bytes */
		const struct outcome outcome = process_run(
			&(struct process_setup){.argv = LIST("/bin/sh", "-c", script, text_of("%d", blocks), TTLOG, "run",
							     "--storage", place_storage(), "--", PROGRAM("die"), "raise:XFSZ")});
		cr_assert(WTERMSIG(outcome.status) == SIGXFSZ, "%d: %s\n%s", blocks, status_text(outcome.status), outcome.err.data);
		cr_assert(blocks == 2 || strstr(outcome.err.data, "ttlog run: no snapshot of pid "), "%d: %s", blocks,
			  outcome.err.data);
		cr_assert_eq(snapshots_matching("*", &path), 1);
	}
	const struct outcome view = ttlog(LIST("view", path));
	expect_shown(&view, LIST("died of SIGXFSZ", "no more than 1024 bytes here (ulimit -f)"));
}

/* --on-exit is about CMD, whatever its children say, and also where it never said a word itself. */
Test(run, on_exit_of_a_silent_program)
{
	struct snapshot snapshot;
	const char *path;
	ttlog(LIST("run", "--storage", place_storage(), "--on-exit", "failure", "--", "/bin/sh", "-c",
		   PROGRAM("die") " exit_3; true"));
	cr_assert(snapshots_in(place_storage(), &path) == 0, "sh is content");
	const struct outcome failed = ttlog(LIST("run", "--storage", place_storage(), "--on-exit", "failure", "--", "/bin/false"));
	cr_assert(WEXITSTATUS(failed.status) == 1);
	snapshot_only(&snapshot, NULL);
	cr_assert(strcmp(snapshot.reason, "exit 1") == 0 && strcmp(snapshot.service, "false") == 0);
	place_storage_clear();
	ttlog(LIST("run", "--storage", place_storage(), "--on-exit", "always", "--", "/bin/sh", "-c",
		   PROGRAM("die") " exit_3; true"));
	snapshot_only(&snapshot, NULL);
	cr_assert(strcmp(snapshot.reason, "exit 0") == 0 && strcmp(snapshot.service, "sh") == 0);
}

/* The option is for this run, whatever the environment says. */
Test(run, on_exit_never)
{
	const char *path;
	process_run(&(struct process_setup){
		.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--on-exit", "never", "--", PROGRAM("die"), "exit_3"),
		.environment = LIST("TTLOG_ON_EXIT=always")});
	cr_assert(snapshots_in(place_storage(), &path) == 0);
}

/* The recorder of a process that was gone before it could say where its snapshot is: the helper has noted it there. */
static const char *captured_recorder(void)
{
	struct image image;
	image_init(&image);
	image.header->state = RECORDER_DYING;
	strcpy(image.identity->service, "late");
	image.crash->reason = CRASH_SIGNAL;
	image.crash->signal = SIGSEGV;
	image.crash->capture_state = CAPTURE_DONE;
	strcpy(image.crash->snapshot_path, "/some/where/of-the-helper");
	const char *path = place_file("recorder", image.base, image.bytes);
	image_fini(&image);
	return path;
}

#define LEAVE_RECORDER "d=/dev/shm/ttlog-$(id -u); mkdir -m 700 -p $d; f=$d/$$-1.rec; cp \"$0\" $f; "

Test(run, late_snapshot_is_named_once)
{
	static const char script[] = LEAVE_RECORDER
		"printf %s \"$TTLOG_RUN\" | dd of=$f bs=1 seek=\"$1\" conv=notrunc status=none; exit 0";
	char offset[32];
	const char *path;
	struct image image;
	image_init(&image);
	snprintf(offset, sizeof(offset), "%zu", (size_t)((unsigned char *)image.identity->run_id - image.base));
	image_fini(&image);
	const struct outcome outcome = TTLOG_RUN("/bin/sh", "-c", script, captured_recorder(), offset);
	const char *line = strstr(outcome.err.data, "died of SIGSEGV; snapshot /some/where/of-the-helper\n");
	cr_assert(outcome.status == 0 && strncmp(outcome.err.data, "ttlog: late (pid ", 17) == 0 && line, "%s", outcome.err.data);
	cr_assert(strchr(outcome.err.data, '\n')[1] == 0, "one line: %s", outcome.err.data);
	cr_assert(snapshots_in(place_storage(), &path) == 0 && (!place_has_own_shm() || recorder_files(getuid()) == 0));
}

Test(run, late_snapshot_is_not_recovered_again)
{
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace here: recover would take the recorders of other tests");
	process_run(&(struct process_setup){.argv = LIST("/bin/sh", "-c", LEAVE_RECORDER, captured_recorder())});
	cr_assert_eq(recorder_files(getuid()), 1);
	expect_error(NOTHING, "no recorder", "recover", place_storage());
	cr_assert_eq(recorder_files(getuid()), 0);
}

/* As the agent leaves it when its process ends between the making of the file and the writing of the magic. That of a living one stays. */
Test(run, half_made_recorder)
{
	static const char script[] =
		"d=/dev/shm/ttlog-$(id -u); mkdir -m 700 -p $d; truncate -s 1M $d/$$-1.rec $d/$PPID-1.rec; exit 0";
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace here: the recorders of other tests are counted, too");
	const struct outcome outcome = TTLOG_RUN("/bin/sh", "-c", script);
	cr_assert(outcome.status == 0 && outcome.err.size == 0, "%s", outcome.err.data);
	cr_assert_eq(recorder_files(getuid()), 1, "%u", recorder_files(getuid()));
}

/* A name nobody knows is said once, by who starts the program; what other commands obey is none. */
Test(run, variables_of_other_commands)
{
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--", "true"),
					.environment = LIST("TTLOG_DB=/x", "TTLOG_PAGER=cat", "TTLOG_CAPACTIY=9")});
	cr_assert_str_eq(outcome.err.data, "ttlog: TTLOG_CAPACTIY=9: no such variable, ignored; see `ttlog env`\n");
}
