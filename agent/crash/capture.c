/* Starts the capture helper out of a dying process, and waits for it. */
#include "crash.h"

#include "clock.h"
#include "config.h"
#include "libc.h"
#include "recorder_file.h"
#include "syscalls.h"
#include "text.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { SPAWN_STACK_BYTES = 8192, HELPER_PATHS = 2, WAIT_SLICE_MS = 20 };

#define HELPER_NAME "ttlog-capture"

static char helper_paths[HELPER_PATHS][1024]; /* absolute; beside the agent, then in libexec */

/* What the clones share with the dying thread: memory is one (CLONE_VM). */
static struct spawn {
	char *arguments[12];
	char *environment[2];
	int pid;   /* of the helper */
	int error; /* of execve(2), positive */
} spawn;

static unsigned char outer_stack[SPAWN_STACK_BYTES] __attribute__((aligned(16)));
static unsigned char inner_stack[SPAWN_STACK_BYTES] __attribute__((aligned(16)));

void crash_find_helper(void)
{
	static const char *const places[HELPER_PATHS] = {"/" HELPER_NAME, "/../libexec/ttlog/" HELPER_NAME};
	Dl_info agent;
	char cwd[512] = "";
	if (!dladdr(&recorder, &agent) || !agent.dli_fname)
		return;
	if (agent.dli_fname[0] != '/' && sys_getcwd(cwd, sizeof(cwd)) < 0)
		return;
	const char *slash = strrchr(agent.dli_fname, '/');
	const size_t directory = slash ? (size_t)(slash - agent.dli_fname) : 0;
	for (int i = 0; i < HELPER_PATHS; i++) {
		struct text_writer path = text_begin(helper_paths[i], sizeof(helper_paths[i]));
		text_string(&path, cwd);
		if (cwd[0])
			text_char(&path, '/');
		for (size_t n = 0; n < directory; n++)
			text_char(&path, agent.dli_fname[n]);
		text_string(&path, places[i]);
	}
}

/* It gets as many descriptors and as much memory as the target's hard limits allow: the loader needs both, and says so on 2. */
static void lift_limits(void)
{
	static const int limits[] = {RLIMIT_NOFILE, RLIMIT_AS};
	for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit;
		if (sys_getrlimit(limits[i], &limit) == 0) {
			limit.rlim_cur = limit.rlim_max;
			SYS4(SYS_prlimit64, 0, limits[i], &limit, NULL);
		}
	}
}

/*
 * In the helper-to-be. Descriptors of the target are not its business, nor are the signals that were blocked for the clone. What
 * the loader says where it cannot start the helper is none of the program's words.
 */
static int exec_helper(void *unused)
{
	const uint64_t none = 0;
	(void)unused;
	lift_limits();
	SYS3(SYS_close_range, 0, ~0u, 0);
	for (int fd = 0; fd < 3; fd++)
		sys_openat(AT_FDCWD, "/dev/null", O_RDWR, 0);
	sys_sigmask(SIG_SETMASK, &none, NULL);
	if (clock_counter_faults)
		sys_prctl(PR_SET_TSC, PR_TSC_ENABLE); /* it is inherited, and the loader reads the counter */
	for (int i = 0; i < HELPER_PATHS; i++) {
		spawn.arguments[0] = helper_paths[i];
		spawn.error = 0; /* execve(2) comes back only to say why not */
		spawn.error = (int)-SYS3(SYS_execve, helper_paths[i], spawn.arguments, spawn.environment);
	}
	SYS1(SYS_exit, 127);
	return 0;
}

/* A process in between, without an exit signal: when it ends, the helper is nobody's child, so no wait(2) of the program sees it. */
static int fork_helper(void *unused)
{
	(void)unused;
	spawn.pid = clone(exec_helper, inner_stack + sizeof(inner_stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	SYS1(SYS_exit, 0);
	return 0;
}

static void hexadecimal(char *buffer, size_t bytes, const void *address)
{
	struct text_writer text = text_begin(buffer, bytes);
	text_string(&text, "0x");
	text_number(&text, (uintptr_t)address, 16);
}

static void decimal(char *buffer, size_t bytes, uint64_t number)
{
	struct text_writer text = text_begin(buffer, bytes);
	text_number(&text, number, 10);
}

static bool spawn_as(void)
{
	static char pid[24], header[24], crash[24];
	static const char path[] = "PATH=/usr/bin:/bin";
	const uint64_t all = ~0ull;
	uint64_t mask = 0;
	int argument = 1; /* [0] is the path, exec_helper() tries several */
	decimal(pid, sizeof(pid), recorder.header->pid);
	hexadecimal(crash, sizeof(crash), recorder.crash);
	hexadecimal(header, sizeof(header), recorder.header);
	const char *const path_option = recorder.anonymous ? NULL : "--recorder";
	const char *const arguments[] = {"--pid", pid,         "--crash",     crash, "--recorder-address",
					 header,  path_option, recorder.path, NULL};
	for (int i = 0; arguments[i]; i++)
		spawn.arguments[argument++] = (char *)(uintptr_t)arguments[i];
	spawn.arguments[argument] = NULL;
	spawn.environment[0] = (char *)(uintptr_t)path;
	spawn.error = 0;
	spawn.pid = 0;
	sys_prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); /* Yama: the helper is no ancestor; we are about to die */
	sys_sigmask(SIG_SETMASK, &all, &mask);
	const int between = clone(fork_helper, outer_stack + sizeof(outer_stack), CLONE_VM | CLONE_VFORK, NULL);
	if (between > 0)
		SYS4(SYS_wait4, between, NULL, __WCLONE, NULL);
	sys_sigmask(SIG_SETMASK, &mask, NULL);
	if (between < 0)
		spawn.error = errno;
	return between > 0 && spawn.pid > 0 && spawn.error == 0;
}

static bool helper_gone(void)
{
	return (int)SYS2(SYS_kill, spawn.pid, 0) == -ESRCH;
}

/* Until the helper says it is done, is gone, or the time is over. The helper wakes the futex; slices only notice its death. */
static uint32_t wait_as(struct crash_record *crash)
{
	const struct timespec slice = {0, WAIT_SLICE_MS * 1000000l};
	const uint64_t until = clock_monotonic_ns() + config.set.capture_timeout_ms * 1000000ull;
	uint32_t state = __atomic_load_n(&crash->capture_state, __ATOMIC_ACQUIRE);
	while (state < CAPTURE_DONE && clock_monotonic_ns() < until) {
		sys_futex_wait(&crash->capture_state, state, &slice);
		const bool gone = helper_gone();
		state = __atomic_load_n(&crash->capture_state, __ATOMIC_ACQUIRE);
		if (gone)
			break;
	}
	return state;
}

/* One line for whoever reads the program's standard error: the only thing the agent ever prints. */
static void announce_as(const struct crash_record *crash, int signal)
{
	static char line[1600];
	struct text_writer text = text_begin(line, sizeof(line));
	text_string(&text, "ttlog: ");
	text_string(&text, config.set.service);
	text_string(&text, " (pid ");
	text_number(&text, recorder.header->pid, 10);
	text_string(&text, ") died of ");
	text_string(&text, variables_signal_name(signal));
	text_string(&text, "; snapshot ");
	text_string(&text, crash->snapshot_path);
	text_char(&text, '\n');
	sys_write(2, line, text.used);
}

static void complain_as(const char *what, int error)
{
	static char line[160];
	struct text_writer text = text_begin(line, sizeof(line));
	text_string(&text, "ttlog: no snapshot: ");
	text_string(&text, what);
	if (error) {
		text_string(&text, ", error ");
		text_number(&text, (unsigned)error, 10);
	}
	text_string(&text, "; the recorder file is kept for `ttlog recover`\n");
	sys_write(2, line, text.used);
}

void crash_capture_as(int signal)
{
	struct crash_record *crash = recorder.crash;
	crash->capture_state = CAPTURE_WANTED;
	if (!spawn_as()) {
		crash->helper_errno = (uint32_t)spawn.error;
		recorder.header->degradations |= DEGRADED_SPAWN;
		recorder_unfollow_user();
		if (config.set.debug)
			complain_as("the helper could not be started", spawn.error);
		return;
	}
	crash->spawned_ticks = clock_ticks(recorder.clock_kind);
	const uint32_t state = wait_as(crash);
	if (state == CAPTURE_DONE) {
		recorder.header->state = RECORDER_CAPTURED;
		if (!recorder.anonymous)
			sys_unlinkat(AT_FDCWD, recorder.path);
		if (!config.set.quiet)
			announce_as(crash, signal);
	} else {
		recorder.header->degradations |= DEGRADED_TIMEOUT;
		recorder_unfollow_user();
		if (config.set.debug)
			complain_as(state == CAPTURE_FAILED ? "the helper failed" : "the helper did not finish", 0);
	}
}
