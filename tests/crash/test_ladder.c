/*
 * The capture ladder: whatever the helper is denied, the death is the same, and as much as can be had of it is kept: all threads from
 * outside (ptrace), or what they saved of themselves, or that much in the recorder file for `ttlog recover`. The snapshot says what
 * it went without.
 *
 * The victim is threads4: five threads, worker-2 dies in crash_here(), three stand in wait_here(), main joins.
 */
#include "command.h"
#include "describe.h"

#include "recorder.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(ladder, .init = place_init, .fini = place_fini, .timeout = 100);

#define NAME(degradation) degradation_name((unsigned)__builtin_ctz(degradation))

static void need_own_shm(void)
{
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace here: /dev/shm is everybody's");
}

/* All that a capture from outside has: who crashed where, where the others stand, and what was said last. */
static void expect_all_threads(const struct snapshot *snapshot)
{
	static const char *const waiting[] = {"worker-0", "worker-1", "worker-3"};
	expect_signal(snapshot, SIGSEGV, SEGV_MAPERR);
	expect_innermost(snapshot, "crash_here");
	expect_in_crashed_stack(snapshot, "work");
	expect_in_crashed_stack(snapshot, "start_thread|__clone3");
	cr_assert(snapshot->thread_count == 5, "%s", snapshot_describe(snapshot));
	for (size_t i = 0; i < 3; i++) {
		const struct snapshot_thread *thread = thread_named(snapshot, waiting[i]);
		cr_assert(thread && stack_has(thread, "wait_here") && stack_has(thread, "work"), "%s is not in wait_here()%s",
			  waiting[i], snapshot_describe(snapshot));
	}
	bool joins = false;
	for (size_t i = 0; i < snapshot->thread_count; i++)
		joins |= snapshot->threads[i].tid == (uint32_t)snapshot->pid && stack_has(&snapshot->threads[i], "main");
	cr_assert(joins, "main's stack%s", snapshot_describe(snapshot));
	expect_event(snapshot, SOURCE_STDERR, "worker 3 on standard error, round 4");
}

static struct process_setup setup_of(const char *denial, bool agent)
{
	const char **argv = calloc(3, sizeof(*argv));
	argv[0] = PROGRAM("threads4");
	argv[1] = denial;
	return (struct process_setup){.argv = argv, .agent = agent};
}

static struct outcome run_both(struct process_setup setup)
{
	setup.agent = false;
	const struct outcome plain = process_run(&setup);
	setup.agent = true;
	const struct outcome agent = process_run(&setup);
	expect_same(plain, agent);
	return agent;
}

static void share_storage(void)
{
	cr_assert(mkdir(place_storage(), 0777) == 0 && chmod(place_storage(), 01777) == 0);
}

/* `ttlog view` says each of them in words that a user understands. */
static void expect_explained(const struct snapshot *snapshot, const char *path)
{
	const struct outcome viewed = ttlog(LIST("view", path));
	for (size_t i = 0; i < snapshot->agent.degradation_count; i++) {
		char *note;
		cr_assert(asprintf(&note, "note: %s: ", snapshot->agent.degradations[i]) > 0);
		cr_assert(strstr(viewed.out.data, note), "\"%s\" is missing in:\n%s", note, viewed.out.data);
	}
}

/* Rung 2: no ptrace ----------------------------------------------------------------------------------------------------------- */

/* An ordinary user's helper may not look into a process that is not dumpable: registers, stacks, modules are what it saved. */
Test(ladder, not_dumpable)
{
	struct snapshot snapshot;
	struct process_setup setup = setup_of("undumpable", true);
	setup.as_nobody = true;
	share_storage();
	const struct outcome agent = run_both(setup);
	expect_one_snapshot(agent, &snapshot);
	expect_all_threads(&snapshot);
	expect_degraded(&snapshot, NAME(DEGRADED_PTRACE));
	expect_degraded(&snapshot, NAME(DEGRADED_THREADS_ASKED));
	expect_degraded(&snapshot, NAME(DEGRADED_STACK_COPIES));
	expect_degraded(&snapshot, NAME(DEGRADED_BUILD_ID_FILE));
	const char *path;
	snapshots_in(place_storage(), &path);
	expect_explained(&snapshot, path);
}

/* One thread cannot be asked: the others do not wait for it for long, and it is shown without a stack. */
Test(ladder, silent_thread)
{
	struct snapshot snapshot;
	struct process_setup setup = setup_of("undumpable, hearing", true);
	setup.as_nobody = true;
	share_storage();
	const struct outcome agent = run_both(setup);
	expect_one_snapshot(agent, &snapshot);
	expect_degraded(&snapshot, NAME(DEGRADED_THREADS_SILENT));
	expect_innermost(&snapshot, "crash_here");
	const struct snapshot_thread *silent = thread_named(&snapshot, "worker-1"), *other = thread_named(&snapshot, "worker-0");
	cr_assert(snapshot.thread_count == 5 && silent && silent->frame_count == 0 && other && stack_has(other, "wait_here"), "%s",
		  snapshot_describe(&snapshot));
}

/* Its memory can be read, its threads belong to the tracer. */
Test(ladder, traced)
{
	struct snapshot snapshot;
	const struct outcome agent = run_both(setup_of("traced", true));
	cr_assert(strstr(agent.out.data, "victim: signal 11"), "%s", agent.out.data);
	expect_one_snapshot(agent, &snapshot);
	expect_all_threads(&snapshot);
	expect_degraded(&snapshot, NAME(DEGRADED_PTRACE));
	expect_degraded(&snapshot, NAME(DEGRADED_THREADS_ASKED));
}

/* Neither ptrace nor process_vm_readv, for nobody: nor can the process copy its own stacks that way. */
Test(ladder, filtered)
{
	struct snapshot snapshot;
	const struct outcome agent = run_both(setup_of("looking_in", true));
	cr_assert(WTERMSIG(agent.status) == SIGSEGV, "%s", status_text(agent.status));
	expect_one_snapshot(agent, &snapshot);
	expect_all_threads(&snapshot);
	expect_degraded(&snapshot, NAME(DEGRADED_PTRACE));
	expect_degraded(&snapshot, NAME(DEGRADED_THREADS_ASKED));
	expect_degraded(&snapshot, NAME(DEGRADED_STACK_COPIES));
}

/* Rung 3: no helper ------------------------------------------------------------------------------------------------------------ */

static void copy_file(const char *from, const char *to)
{
	char buffer[65536];
	const int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	ssize_t bytes;
	while (in >= 0 && (bytes = read(in, buffer, sizeof(buffer))) > 0)
		cr_assert(write(out, buffer, (size_t)bytes) == bytes);
	cr_assert(in >= 0 && out >= 0, "%s, %s", from, to);
	close(in);
	close(out);
}

/* LD_PRELOAD=... of an agent whose helper is this text, with this mode. NULL: it has none. */
static const char *agent_with_helper(const char *helper, mode_t mode)
{
	const char *directory = place_directory();
	char *path, *setting;
	cr_assert(asprintf(&path, "%s/libttlog_agent.so", directory) > 0 && asprintf(&setting, "LD_PRELOAD=%s", path) > 0);
	copy_file(AGENT, path);
	if (!helper)
		return setting;
	cr_assert(asprintf(&path, "%s/ttlog-capture", directory) > 0);
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	cr_assert(fd >= 0 && write(fd, helper, strlen(helper)) == (ssize_t)strlen(helper) && fchmod(fd, mode) == 0);
	close(fd);
	return setting;
}

/* No snapshot yet; `ttlog recover` makes one, which says what was missing, and nothing is left. */
static void expect_recovered(const char *degradation, struct snapshot *snapshot)
{
	const char *directory = place_path("recovered"), *path;
	const struct outcome recovered = ttlog(LIST("recover", directory));
	cr_assert(recovered.status == 0 && snapshots_in(directory, &path) == 1, "%s%s", recovered.out.data, recovered.err.data);
	snapshot_at(snapshot, path);
	expect_all_threads(snapshot);
	expect_degraded(snapshot, degradation);
	expect_degraded(snapshot, NAME(DEGRADED_RECORDER_ONLY));
	expect_degraded(snapshot, NAME(DEGRADED_STACK_COPIES));
	expect_explained(snapshot, path);
	cr_assert_eq(recorder_files(getuid()), 0);
}

static void check_helper(const char *helper, mode_t mode, const char *timeout, const char *degradation)
{
	struct snapshot snapshot;
	const char *path;
	need_own_shm();
	struct process_setup setup = setup_of(NULL, true);
	setup.environment = LIST(agent_with_helper(helper, mode), timeout);
	const struct outcome plain = process_run(&(struct process_setup){.argv = setup.argv});
	const struct outcome agent = process_run(&setup);
	expect_same(plain, agent);
	cr_assert(snapshots_in(place_storage(), &path) == 0 && agent.agent_lines == 0, "%s", agent.agent.data);
	expect_recovered(degradation, &snapshot);
}

#define LONG_TIME  "TTLOG_CAPTURE_TIMEOUT=60000" /* longer than a process may take here */
#define SHORT_TIME "TTLOG_CAPTURE_TIMEOUT=200"

Test(ladder, helper_missing)
{
	check_helper(NULL, 0, LONG_TIME, NAME(DEGRADED_SPAWN));
}

Test(ladder, helper_not_executable)
{
	check_helper("#!/bin/sh\n", 0600, LONG_TIME, NAME(DEGRADED_SPAWN));
}

Test(ladder, helper_is_no_program)
{
	check_helper("no program\n", 0700, LONG_TIME, NAME(DEGRADED_SPAWN));
}

/* One stands where it is looked for first: why that was not started, not that there is none where it is looked for last. */
static void expect_told(const char *helper, mode_t mode, const char *error)
{
	struct process_setup setup = setup_of(NULL, true);
	setup.environment = LIST(agent_with_helper(helper, mode), "TTLOG_DEBUG=1");
	const struct outcome outcome = process_run(&setup);
	const char *told = strstr(outcome.agent.data, error);
	cr_assert(told && strstr(told, "/ttlog-capture; "), "%s", outcome.agent.data);
}

Test(ladder, why_the_helper_was_not_started)
{
	expect_told("#!/bin/sh\n", 0600, "the helper could not be started, error 13 of /");
	expect_told("no program\n", 0700, "the helper could not be started, error 8 of /");
	expect_told(NULL, 0, "the helper could not be started, error 2 of /");
}

/* Libraries, conversions and servers of the program's choice are not the helper's, nor are its descriptors. */
Test(ladder, helper_inherits_nothing)
{
	char script[600], found[4096];
	const char *seen = place_path("seen"), *secret = place_file("secret", "x", 1);
	struct process_setup setup = setup_of(NULL, true);
	snprintf(script, sizeof(script), "#!/bin/sh\n{ tr '\\0' '\\n' </proc/$$/environ; ls -l /proc/$$/fd; } >%s 2>&1\nexit 1\n",
		 seen);
	char *keeper;
	cr_assert(asprintf(&keeper, "exec 7<%s; exec %s", secret, PROGRAM("threads4")) > 0);
	setup.argv = LIST("/bin/sh", "-c", keeper);
	setup.environment = LIST(agent_with_helper(script, 0700), "LD_LIBRARY_PATH=/nowhere", "GCONV_PATH=/nowhere",
				 "LOCPATH=/nowhere", "MALLOC_CHECK_=3", "DEBUGINFOD_URLS=http://127.0.0.1:1", "ENV=/nowhere");
	process_run(&setup);
	const int fd = open(seen, O_RDONLY | O_CLOEXEC);
	const ssize_t bytes = fd < 0 ? -1 : read(fd, found, sizeof(found) - 1);
	cr_assert(bytes > 0, "the helper did not come to its work");
	found[bytes] = 0;
	cr_assert(strncmp(found, "PATH=/usr/bin:/bin\n", 19) == 0 && !strstr(found, "/nowhere") && !strstr(found, "127.0.0.1"),
		  "%s", found);
	cr_assert(!strstr(found, "secret"), "%s", found);
}

Test(ladder, helper_ends)
{
	check_helper("#!/bin/sh\nexit 1\n", 0700, LONG_TIME, NAME(DEGRADED_HELPER_DIED));
}

Test(ladder, helper_is_killed)
{
	check_helper("#!/bin/sh\nkill -9 $$\n", 0700, LONG_TIME, NAME(DEGRADED_HELPER_DIED));
}

Test(ladder, helper_hangs)
{
	check_helper("#!/bin/sh\nexec sleep 1000\n", 0700, SHORT_TIME, NAME(DEGRADED_TIMEOUT));
}

Test(ladder, helper_is_stopped)
{
	check_helper("#!/bin/sh\nkill -STOP $$\n", 0700, SHORT_TIME, NAME(DEGRADED_TIMEOUT));
}

/* Nobody reaps the dead helper: the dying process learns of its end all the same, not only when the time is over. */
Test(ladder, helper_is_not_reaped)
{
	struct snapshot snapshot;
	need_own_shm();
	struct process_setup setup = setup_of("reaping", true);
	setup.environment = LIST(agent_with_helper("#!/bin/sh\nkill -9 $$\n", 0700), LONG_TIME);
	const struct outcome agent = process_run(&setup);
	cr_assert(strstr(agent.out.data, "victim: signal 11"), "%s", agent.out.data);
	expect_recovered(NAME(DEGRADED_HELPER_DIED), &snapshot);
}

/* As an ordinary user: root is above that limit. */
Test(ladder, no_process_left)
{
	const char *path;
	need_own_shm();
	struct process_setup setup = setup_of("processes", true);
	setup.as_nobody = true;
	setup.environment = LIST(LONG_TIME);
	share_storage();
	run_both(setup);
	cr_assert(snapshots_in(place_storage(), &path) == 0);
	const struct outcome recovered = process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "recover", place_storage()), .as_nobody = true});
	struct snapshot snapshot;
	cr_assert(recovered.status == 0, "%s", recovered.err.data);
	snapshot_only(&snapshot, NULL);
	expect_all_threads(&snapshot);
	expect_degraded(&snapshot, NAME(DEGRADED_SPAWN));
}

/* The events are there, and no more. */
static void expect_events_recovered(const char *last)
{
	const char *directory = place_path("recovered"), *path;
	struct snapshot snapshot;
	ttlog(LIST("recover", directory));
	cr_assert_eq(snapshots_in(directory, &path), 1);
	snapshot_at(&snapshot, path);
	expect_event(&snapshot, SOURCE_STDERR, last);
	expect_degraded(&snapshot, NAME(DEGRADED_RECORDER_ONLY));
	cr_assert_eq(snapshots_in(place_storage(), &path), 0);
}

/* A filter that refuses all, loaded unseen. Nothing can be saved, but the death is a death and not a fault for ever. */
Test(ladder, no_system_call_left)
{
	need_own_shm();
	const struct outcome agent = run_both(setup_of("everything", true));
	cr_assert(WIFSIGNALED(agent.status) && WTERMSIG(agent.status) == SIGSEGV, "%s", status_text(agent.status));
	expect_events_recovered("worker 3 on standard error, round 4");
}

static void shrink_shared_memory(void)
{
	need_own_shm();
	cr_assert(mount("tmpfs", "/dev/shm", "tmpfs", MS_REMOUNT | MS_NOSUID | MS_NODEV, "size=100k") == 0);
}

/* Neither a place for the death nor anybody to tell it to. */
Test(ladder, full_shared_memory_and_no_helper)
{
	shrink_shared_memory();
	const struct outcome agent = process_run(&(struct process_setup){
		.argv = LIST(PROGRAM("die"), "null_write"), .environment = LIST(agent_with_helper(NULL, 0)), .agent = true});
	cr_assert(WIFSIGNALED(agent.status) && WTERMSIG(agent.status) == SIGSEGV, "%s", status_text(agent.status));
	expect_events_recovered("now null_write");
}

/* Room and descriptors --------------------------------------------------------------------------------------------------------- */

/* The recorder cannot be made as a file: the helper gets it by a descriptor of its own. */
Test(ladder, no_descriptor_left)
{
	struct snapshot snapshot;
	const struct outcome agent = run_both(setup_of("descriptors", true));
	expect_one_snapshot(agent, &snapshot);
	expect_all_threads(&snapshot);
	expect_degraded(&snapshot, NAME(DEGRADED_ANONYMOUS));
}

/* Nor may its memory be read, or its threads be stopped. */
Test(ladder, no_descriptor_and_not_dumpable)
{
	struct snapshot snapshot;
	struct process_setup setup = setup_of("undumpable,descriptors", true);
	setup.as_nobody = true;
	share_storage();
	const struct outcome agent = run_both(setup);
	expect_one_snapshot(agent, &snapshot);
	expect_all_threads(&snapshot);
	expect_degraded(&snapshot, NAME(DEGRADED_ANONYMOUS));
	expect_degraded(&snapshot, NAME(DEGRADED_PTRACE));
	expect_degraded(&snapshot, NAME(DEGRADED_STACK_COPIES));
}

/* There is room for what is said, none for the crash record. */
Test(ladder, full_shared_memory)
{
	struct snapshot snapshot;
	shrink_shared_memory();
	const struct outcome agent = run_both((struct process_setup){.argv = LIST(PROGRAM("die"), "null_write")});
	expect_one_snapshot(agent, &snapshot);
	expect_signal(&snapshot, SIGSEGV, SEGV_MAPERR);
	expect_innermost(&snapshot, "death_null_write");
	expect_in_crashed_stack(&snapshot, "main");
	expect_event(&snapshot, SOURCE_STDERR, "now null_write");
	expect_degraded(&snapshot, NAME(DEGRADED_CRASH_MEMORY));
}

static struct process_setup under_limit(const char *limit, const char *death)
{
	const char **argv = calloc(5, sizeof(*argv));
	char *script;
	cr_assert(asprintf(&script, "ulimit %s; exec \"$0\" %s", limit, death) > 0);
	argv[0] = "/bin/sh";
	argv[1] = "-c";
	argv[2] = script;
	argv[3] = PROGRAM("die");
	return (struct process_setup){.argv = argv};
}

/* What a limit of the program's allows is the program's: a small file is better than none, also for a death that only a file outlives. */
static void expect_small_recorder(const char *limit, off_t most)
{
	struct stat status;
	need_own_shm();
	const struct outcome agent = run_both(under_limit(limit, "kill_9"));
	const char *path = recorder_of(agent.pid);
	cr_assert(path && stat(path, &status) == 0 && status.st_size <= most, "ulimit %s: %s of %ld bytes", limit,
		  path ? path : "no recorder", path ? (long)status.st_size : 0L);
	expect_events_recovered("now kill_9");
}

Test(ladder, small_files)
{
	expect_small_recorder("-f 8192", 8192 * 1024); /* blocks, of which kind depends on the shell */
}

Test(ladder, small_address_space)
{
	expect_small_recorder("-v 400000", 400000 * 1024 / 16);
}

/* Who says nothing until no address is left speaks from memory that was there before, and so does its death; its child dies without. */
Test(ladder, no_addresses)
{
	struct snapshot snapshot;
	const char *const script = "ulimit -v 200000; exec \"$0\"";
	const struct outcome agent = run_both((struct process_setup){.argv = LIST("/bin/sh", "-c", script, PROGRAM("use_up"))});
	expect_one_snapshot(agent, &snapshot);
	expect_innermost(&snapshot, "give_up");
	expect_in_crashed_stack(&snapshot, "main");
	expect_event(&snapshot, SOURCE_STDERR, "out of memory");
	expect_event(&snapshot, SOURCE_STDERR, "the child ended by 6");
	expect_degraded(&snapshot, NAME(DEGRADED_ANONYMOUS));
}

/* Not even a small one, and no SIGXFSZ. */
Test(ladder, no_files)
{
	struct snapshot snapshot;
	const struct outcome agent = run_both(under_limit("-f 8", "null_write"));
	expect_one_snapshot(agent, &snapshot);
	expect_innermost(&snapshot, "death_null_write");
	expect_event(&snapshot, SOURCE_STDERR, "now null_write");
	expect_degraded(&snapshot, NAME(DEGRADED_ANONYMOUS));
}

static void mount_storage(unsigned long flags, const char *options)
{
	need_own_shm();
	cr_assert(mkdir(place_storage(), 0700) == 0 && mount("tmpfs", place_storage(), "tmpfs", 0, "size=8k") == 0);
	cr_assert(mount("tmpfs", place_storage(), "tmpfs", MS_REMOUNT | flags, options) == 0);
}

static void check_storage(void)
{
	struct snapshot snapshot;
	const struct outcome agent = run_both(setup_of(NULL, true));
	cr_assert_eq(agent.agent_lines, 0, "%s", agent.agent.data);
	expect_recovered(NAME(DEGRADED_STORAGE), &snapshot);
	cr_assert(umount(place_storage()) == 0);
}

Test(ladder, full_storage)
{
	char block[8192] = {0};
	mount_storage(0, "size=8k");
	char path[512];
	snprintf(path, sizeof(path), "%s/fill", place_storage());
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	cr_assert(fd >= 0 && write(fd, block, sizeof(block)) > 0);
	close(fd);
	check_storage();
}

Test(ladder, read_only_storage)
{
	mount_storage(MS_RDONLY, "size=8k");
	check_storage();
}
