#include "spawn.h"

#include "clock.h"
#include "crash.h"
#include "recorder_file.h"
#include "syscalls.h"
#include "text.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/prctl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { STACK_BYTES = 8192, HELPER_PATHS = 2, SLICE_MS = 20, END_MS = 200 };

#define HELPER_NAME "ttlog-capture"

static char helper_paths[HELPER_PATHS][1024]; /* absolute; beside the agent, then in libexec */

enum stage { STAGE_STARTING = 0, STAGE_RUNNING = 1, STAGE_ENDED = 2 };

/* What the clones share with the dying thread: memory is one (CLONE_VM). */
static struct spawn {
	char *arguments[12];
	char *environment[2];
	uint32_t stage; /* enum stage; futex */
	uint64_t until;
	int watcher;
	int pid;   /* of the helper; stored by the kernel at its birth */
	int error; /* of clone(2) or execve(2), positive */
} spawn;

static unsigned char outer_stack[STACK_BYTES] __attribute__((aligned(16)));
static unsigned char inner_stack[STACK_BYTES] __attribute__((aligned(16)));

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

/* In the helper-to-be: signals were blocked for the clone. */
static int exec_helper(void *unused)
{
	const uint64_t none = 0;
	(void)unused;
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

/* Watcher -------------------------------------------------------------------------------------------------------------------- */

/* What the program may use does not bind those who capture it, as far as the hard limits allow. */
static void lift_limits_as(void)
{
	static const int limits[] = {RLIMIT_NOFILE, RLIMIT_AS, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_CPU};
	struct rlimit limit = {0, 0};
	/* Whatever becomes of the watcher and the helper, the one core in this directory is the program's. */
	SYS4(SYS_prlimit64, 0, RLIMIT_CORE, &limit, NULL);
	for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if (sys_getrlimit(limits[i], &limit) != 0)
			continue;
		limit.rlim_cur = limit.rlim_max;
		SYS4(SYS_prlimit64, 0, limits[i], &limit, NULL);
	}
}

/*
 * Descriptors of the target are not our business, and whoever reads what it writes need not wait for us. Its standard error is among
 * them: not even the helper's loader may complain there.
 */
static void close_all_as(void)
{
	for (int fd = 0; fd < 3; fd++)
		sys_close(fd);
	SYS3(SYS_close_range, 3, ~0u, 0);
}

static void enter_stage_as(enum stage stage)
{
	__atomic_store_n(&spawn.stage, stage, __ATOMIC_RELEASE);
	sys_futex_wake(&spawn.stage);
}

/* False: it runs. An answer that makes no sense counts as the end only where there is no such process either. */
static bool reap_as(int pid)
{
	const int answer = (int)SYS4(SYS_wait4, pid, NULL, WNOHANG, NULL);
	return answer == pid || (answer < 0 && (int)SYS2(SYS_kill, pid, 0) == -ESRCH);
}

/* SIGCHLD is blocked here and has its default action, so it waits to be taken. */
static void sleep_until_child_as(void)
{
	const uint64_t child = 1ull << (SIGCHLD - 1);
	const struct timespec slice = {0, SLICE_MS * 1000000l};
	uint32_t never = 0;
	const int taken = (int)SYS4(SYS_rt_sigtimedwait, &child, NULL, &slice, sizeof(child));
	if (taken < 0 && taken != -EAGAIN)
		sys_futex_wait(&never, 0, &slice);
}

/* One that the kernel holds, or that cannot be waited for, is left alone in the end. */
static void watch_as(int pid)
{
	const uint64_t last = spawn.until + END_MS * 1000000ull;
	uint64_t now;
	while (!reap_as(pid) && (now = clock_monotonic_ns()) < last) {
		if (now >= spawn.until)
			SYS2(SYS_kill, pid, SIGKILL);
		sleep_until_child_as();
	}
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

/* shared: -1, or the descriptor of the recorder. */
static void fill_arguments_as(int shared)
{
	static char pid[24], header[24], crash[24], descriptor[24];
	static const char path[] = "PATH=/usr/bin:/bin";
	int argument = 1; /* [0] is the path, exec_helper() tries several */
	decimal(pid, sizeof(pid), recorder.header->pid);
	decimal(descriptor, sizeof(descriptor), (unsigned)shared);
	hexadecimal(crash, sizeof(crash), recorder.crash);
	hexadecimal(header, sizeof(header), recorder.header);
	const char *const path_option = shared < 0 ? "--recorder" : "--recorder-descriptor";
	const char *const arguments[] = {
		"--pid", pid, "--crash", crash, "--recorder-address", header, path_option, shared < 0 ? recorder.path : descriptor};
	const int count = shared < 0 && recorder.anonymous ? 6 : 8;
	for (int i = 0; i < count; i++)
		spawn.arguments[argument++] = (char *)(uintptr_t)arguments[i];
	spawn.arguments[argument] = NULL;
	spawn.environment[0] = (char *)(uintptr_t)path;
}

/*
 * Where the death is not in a file that the helper may open, it is put into one without a name. By the watcher, because it has
 * descriptors to spare. Behind the first three, which the helper fills.
 */
static int share_as(void)
{
	enum { SHARED = 10 };
	if (!recorder.anonymous && !(recorder.header->degradations & DEGRADED_CRASH_MEMORY))
		return -1;
	const int fd = recorder_share(), kept = fd < 0 ? -1 : (int)SYS3(SYS_fcntl, fd, F_DUPFD, SHARED);
	if (fd >= 0)
		sys_close(fd);
	return kept < 0 ? -1 : kept;
}

static int watcher(void *unused)
{
	struct kernel_sigaction action;
	(void)unused;
	memset(&action, 0, sizeof(action));
	sys_sigaction(SIGCHLD, &action, NULL);
	close_all_as();
	lift_limits_as();
	const int shared = share_as();
	fill_arguments_as(shared);
	const int pid = clone(exec_helper, inner_stack + sizeof(inner_stack),
			      CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD, NULL, &spawn.pid);
	if (pid < 0)
		spawn.error = errno;
	if (shared >= 0)
		sys_close(shared);
	if (spawn.error == 0)
		enter_stage_as(STAGE_RUNNING);
	if (pid > 0)
		watch_as(pid);
	enter_stage_as(STAGE_ENDED);
	sys_futex_wake(&recorder.crash->capture_state);
	SYS1(SYS_exit, 0);
	return 0;
}

/* Dying thread --------------------------------------------------------------------------------------------------------------- */

/* While the stage is this one. */
static void await_stage_until_as(enum stage stage, uint64_t until)
{
	const struct timespec slice = {0, SLICE_MS * 1000000l};
	while (__atomic_load_n(&spawn.stage, __ATOMIC_ACQUIRE) == stage && clock_monotonic_ns() < until)
		sys_futex_wait(&spawn.stage, stage, &slice);
}

static void await_stage_as(enum stage stage, uint32_t wait_ms)
{
	await_stage_until_as(stage, clock_monotonic_ns() + wait_ms * 1000000ull);
}

int spawn_start_as(uint64_t until)
{
	const uint64_t all = ~0ull;
	uint64_t mask = 0;
	spawn.error = 0;
	spawn.pid = 0;
	spawn.until = until;
	spawn.stage = STAGE_STARTING;
	sys_prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); /* Yama: the helper is no ancestor; we are about to die */
	sys_sigmask(SIG_SETMASK, &all, &mask);
	spawn.watcher = clone(watcher, outer_stack + sizeof(outer_stack), CLONE_VM, NULL);
	sys_sigmask(SIG_SETMASK, &mask, NULL);
	if (spawn.watcher < 0)
		return errno;
	await_stage_until_as(STAGE_STARTING, until);
	const uint32_t stage = __atomic_load_n(&spawn.stage, __ATOMIC_ACQUIRE);
	return stage == STAGE_STARTING ? ETIMEDOUT : spawn.error;
}

bool spawn_ended_as(uint32_t wait_ms)
{
	if (wait_ms)
		await_stage_as(STAGE_RUNNING, wait_ms);
	return __atomic_load_n(&spawn.stage, __ATOMIC_ACQUIRE) == STAGE_ENDED;
}

/*
 * It has nothing left to do but to exit, or else is told to: gone when this comes back, unless the kernel holds it. No wait without an
 * end: it may have been stopped on its last steps.
 */
static void reap_watcher_as(void)
{
	struct timespec moment = {0, 20000};
	uint32_t never = 0;
	const int patience = spawn_ended_as(0) ? END_MS : 0;
	for (int i = 0; i < 2 * END_MS; i++) {
		const int answer = (int)SYS4(SYS_wait4, spawn.watcher, NULL, __WCLONE | WNOHANG, NULL);
		if (answer == spawn.watcher || answer == -ECHILD)
			return;
		if (i == patience)
			SYS2(SYS_kill, spawn.watcher, SIGKILL);
		sys_futex_wait(&never, 0, &moment);
		moment.tv_nsec = moment.tv_nsec < 500000 ? 2 * moment.tv_nsec : 1000000;
	}
}

void spawn_finish_as(void)
{
	if (spawn.watcher <= 0)
		return;
	if (!spawn_ended_as(0)) {
		if (spawn.pid > 0)
			SYS2(SYS_kill, spawn.pid, SIGKILL);
		await_stage_as(STAGE_STARTING, END_MS);
		await_stage_as(STAGE_RUNNING, END_MS);
	}
	reap_watcher_as();
	spawn.watcher = 0;
}
