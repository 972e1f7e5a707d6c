#include "spawn.h"

#include "arch_emulator.h"
#include "clock.h"
#include "crash.h"
#include "libc.h"
#include "recorder_file.h"
#include "seldom.h"
#include "syscalls.h"
#include "text.h"

#include <errno.h>
#include <linux/prctl.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { SLICE_MS = 20, END_MS = 200 };

static char agent_directory[1024]; /* absolute */

enum stage { STAGE_STARTING = 0, STAGE_RUNNING = 1, STAGE_ENDED = 2 };

enum { STATUS_UNKNOWN = -1 };

SELDOM struct spawn spawn_of_death;
struct spawn *spawn_of_request;
static struct {
	unsigned long tracer;
	int32_t pid; /* who said so */
} allowed;

void crash_find_helper(void)
{
	const char *agent = libc_agent_path();
	char cwd[512] = "";
	if (!agent || (agent[0] != '/' && sys_getcwd(cwd, sizeof(cwd)) < 0))
		return;
	const char *slash = strrchr(agent, '/');
	const size_t bytes = slash ? (size_t)(slash - agent) : 0;
	struct text_writer path = text_begin(agent_directory, sizeof(agent_directory));
	text_string(&path, cwd);
	if (cwd[0])
		text_char(&path, '/');
	for (size_t n = 0; n < bytes; n++)
		text_char(&path, agent[n]);
}

static const char places[][32] = {"/ttlog-capture", "/../libexec/ttlog/ttlog-capture", "/ttlog/ttlog-capture"};

enum { PLACES = sizeof(places) / sizeof(places[0]) };

static void name_helper_as(struct spawn *spawn, unsigned place)
{
	struct text_writer path = text_begin(spawn->helper, sizeof(spawn->helper));
	text_string(&path, agent_directory);
	text_string(&path, places[place]);
}

/* In the helper-to-be: signals were blocked for the clone. Why not, in the end, is said of the first place where there is one. */
static int exec_helper(void *argument)
{
	struct spawn *spawn = argument;
	unsigned first = 0;
	int why = ENOENT;
	const uint64_t none = 0;
	sys_sigmask(SIG_SETMASK, &none, NULL);
	if (clock_counter_faults)
		sys_prctl(PR_SET_TSC, PR_TSC_ENABLE); /* it is inherited, and the loader reads the counter */
	spawn->arguments[0] = spawn->helper;
	for (unsigned i = 0; agent_directory[0] && i < PLACES; i++) {
		name_helper_as(spawn, i);
		const int error = (int)-SYS3(SYS_execve, spawn->helper, spawn->arguments, spawn->environment);
		if (why == ENOENT && error != ENOENT) {
			why = error;
			first = i;
		}
	}
	name_helper_as(spawn, first);
	spawn->error = why; /* execve(2) comes back only to say why not */
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
	SYS3(__NR_close_range, 3, ~0u, 0);
}

static void enter_stage_as(struct spawn *spawn, enum stage stage)
{
	__atomic_store_n(&spawn->stage, stage, __ATOMIC_RELEASE);
	sys_futex_wake(&spawn->stage);
}

/* False: it runs. An answer that makes no sense counts as the end only where there is no such process either. */
static bool reap_as(struct spawn *spawn, int pid)
{
	int status = 0;
	const int answer = (int)SYS4(SYS_wait4, pid, &status, WNOHANG, NULL);
	if (answer == pid) {
		spawn->status = status;
		__atomic_store_n(&spawn->pid, 0, __ATOMIC_RELAXED); /* it may soon be another's number */
	}
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
static void watch_as(struct spawn *spawn, int pid)
{
	const uint64_t last = spawn->until + END_MS * 1000000ull;
	while (!reap_as(spawn, pid)) {
		const uint64_t now = clock_monotonic_ns();
		if (now >= spawn->until) /* also where it was so late that it is over */
			SYS2(SYS_kill, pid, SIGKILL);
		if (now >= last)
			return;
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

static void add_argument_as(struct spawn *spawn, const char *argument)
{
	spawn->arguments[spawn->argument_count++] = (char *)(uintptr_t)argument;
}

/* shared: -1, or the descriptor of the recorder. */
static void fill_arguments_as(struct spawn *spawn, int shared)
{
	static const char path[] = "PATH=/usr/bin:/bin";
	decimal(spawn->pid_text, sizeof(spawn->pid_text), recorder.header->pid);
	decimal(spawn->descriptor, sizeof(spawn->descriptor), (unsigned)shared);
	hexadecimal(spawn->crash, sizeof(spawn->crash), recorder.crash);
	hexadecimal(spawn->header, sizeof(spawn->header), recorder.header);
	spawn->argument_count = 1; /* [0] is the path, exec_helper() tries several */
	add_argument_as(spawn, "--pid");
	add_argument_as(spawn, spawn->pid_text);
	add_argument_as(spawn, "--recorder-address");
	add_argument_as(spawn, spawn->header);
	add_argument_as(spawn, spawn->reason ? "--reason" : "--crash");
	add_argument_as(spawn, spawn->reason ? spawn->reason : spawn->crash);
	if (spawn->reason)
		add_argument_as(spawn, spawn->replace ? "--replace" : "--quiet");
	if (shared >= 0 || !recorder.anonymous) {
		add_argument_as(spawn, shared < 0 ? "--recorder" : "--recorder-descriptor");
		add_argument_as(spawn, shared < 0 ? recorder.path : spawn->descriptor);
	}
	spawn->arguments[spawn->argument_count] = NULL;
	spawn->environment[0] = (char *)(uintptr_t)path;
}

/*
 * Where the death is not in a file that the helper may open, it is put into one without a name. By the watcher, because it has
 * descriptors to spare. Behind the first three, which the helper fills.
 */
static int share_as(const struct spawn *spawn)
{
	enum { SHARED = 10 };
	if (spawn->reason) /* who lives goes on recording where he does: the helper reads his memory */
		return -1;
	if (!recorder.anonymous && !(recorder.header->degradations & DEGRADED_CRASH_MEMORY))
		return -1;
	const int fd = recorder_share(), kept = fd < 0 ? -1 : (int)SYS3(SYS_fcntl, fd, F_DUPFD, SHARED);
	if (fd >= 0)
		sys_close(fd);
	return kept < 0 ? -1 : kept;
}

static int watcher(void *argument)
{
	struct spawn *spawn = argument;
	struct kernel_sigaction action;
	memset(&action, 0, sizeof(action));
	sys_sigaction(SIGCHLD, &action, NULL);
	close_all_as();
	lift_limits_as();
	const int shared = share_as(spawn);
	fill_arguments_as(spawn, shared);
	const int pid = clone(exec_helper, spawn->inner_stack + sizeof(spawn->inner_stack),
			      CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD, spawn, &spawn->pid);
	if (pid < 0)
		spawn->error = errno;
	if (shared >= 0)
		sys_close(shared);
	if (spawn->error == 0)
		enter_stage_as(spawn, STAGE_RUNNING);
	if (pid > 0)
		watch_as(spawn, pid);
	enter_stage_as(spawn, STAGE_ENDED);
	if (!spawn->reason)
		sys_futex_wake(&recorder.crash->capture_state);
	SYS1(SYS_exit, 0);
	return 0;
}

/* Dying thread --------------------------------------------------------------------------------------------------------------- */

void spawn_note_ptracer(unsigned long tracer)
{
	allowed.tracer = tracer;
	allowed.pid = sys_getpid();
}

void spawn_restore_ptracer(void)
{
	sys_prctl(PR_SET_PTRACER, allowed.pid == sys_getpid() ? allowed.tracer : 0);
}

/* While the stage is this one. */
static void await_stage_until_as(struct spawn *spawn, enum stage stage, uint64_t until)
{
	const struct timespec slice = {0, SLICE_MS * 1000000l};
	while (__atomic_load_n(&spawn->stage, __ATOMIC_ACQUIRE) == stage && clock_monotonic_ns() < until)
		sys_futex_wait(&spawn->stage, stage, &slice);
}

static void await_stage_as(struct spawn *spawn, enum stage stage, uint32_t wait_ms)
{
	await_stage_until_as(spawn, stage, clock_monotonic_ns() + wait_ms * 1000000ull);
}

int spawn_start_as(struct spawn *spawn, uint64_t until)
{
	const uint64_t all = ~0ull;
	uint64_t mask = 0;
	spawn->error = 0;
	spawn->helper[0] = 0;
	spawn->pid = 0;
	spawn->until = until;
	spawn->stage = STAGE_STARTING;
	spawn->status = STATUS_UNKNOWN;
	if (arch_is_emulated())
		return ENOSYS;
	sys_prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); /* Yama: the helper is no ancestor; we are about to die */
	sys_sigmask(SIG_SETMASK, &all, &mask);
	spawn->watcher = clone(watcher, spawn->outer_stack + sizeof(spawn->outer_stack), CLONE_VM, spawn);
	sys_sigmask(SIG_SETMASK, &mask, NULL);
	if (spawn->watcher < 0)
		return errno;
	await_stage_until_as(spawn, STAGE_STARTING, until);
	const uint32_t stage = __atomic_load_n(&spawn->stage, __ATOMIC_ACQUIRE);
	return stage == STAGE_STARTING ? ETIMEDOUT : spawn->error;
}

bool spawn_ended_as(struct spawn *spawn, uint32_t wait_ms)
{
	if (wait_ms)
		await_stage_as(spawn, STAGE_RUNNING, wait_ms);
	return __atomic_load_n(&spawn->stage, __ATOMIC_ACQUIRE) == STAGE_ENDED;
}

/*
 * It has nothing left to do but to exit, or else is told to: gone when this comes back, unless the kernel holds it. No wait without an
 * end: it may have been stopped on its last steps.
 */
static void reap_watcher_as(struct spawn *spawn)
{
	struct timespec moment = {0, 20000};
	uint32_t never = 0;
	const int patience = spawn_ended_as(spawn, 0) ? END_MS : 0;
	for (int i = 0; i < 2 * END_MS; i++) {
		const int answer = (int)SYS4(SYS_wait4, spawn->watcher, NULL, __WCLONE | WNOHANG, NULL);
		if (answer == spawn->watcher || answer == -ECHILD)
			return;
		if (i == patience)
			SYS2(SYS_kill, spawn->watcher, SIGKILL);
		sys_futex_wait(&never, 0, &moment);
		moment.tv_nsec = moment.tv_nsec < 500000 ? 2 * moment.tv_nsec : 1000000;
	}
}

static void end_helper_as(const struct spawn *spawn)
{
	const int pid = __atomic_load_n(&spawn->pid, __ATOMIC_RELAXED); /* the kernel writes it when the watcher makes it */
	if (pid > 0)
		SYS2(SYS_kill, pid, SIGKILL);
}

void spawn_finish_as(struct spawn *spawn)
{
	if (spawn->watcher <= 0)
		return;
	if (!spawn_ended_as(spawn, 0)) {
		end_helper_as(spawn);
		await_stage_as(spawn, STAGE_STARTING, END_MS);
		await_stage_as(spawn, STAGE_RUNNING, END_MS);
	}
	reap_watcher_as(spawn);
	if (!spawn_ended_as(spawn, 0)) /* a watcher that was told to end may have made it meanwhile */
		end_helper_as(spawn);
	spawn->watcher = 0;
}

void spawn_give_way_as(void)
{
	struct spawn *spawn = spawn_of_request;
	if (!spawn || spawn->watcher <= 0 || __atomic_load_n(&spawn->stage, __ATOMIC_ACQUIRE) != STAGE_RUNNING)
		return;
	end_helper_as(spawn);
	await_stage_as(spawn, STAGE_RUNNING, END_MS);
}
