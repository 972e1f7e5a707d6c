/* Where it runs: in a sandbox, with logs that are moved, at a death, with the program's own descriptors, signals and threads. */
#include "listen.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

/* All threads may write and exit from then on, and nothing else: whoever does is killed, and so is the process. */
static void enter_sandbox(bool bare)
{
	static struct account account;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};
	const struct ttlog_options options = {.size = sizeof(options), .interval_s = 1};
	CHECK_EQUAL(ttlog_init(&options), 0);
	add(&account, TTLOG_BLOCK);
	ttlog_info("before");
	if (!bare) {
		CHECK_EQUAL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
		CHECK_EQUAL(account.handed, 1);
	}
	CHECK_EQUAL(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program), 0);
	CHECK_EQUAL(account.handed, 1);
	struct timespec begin, now;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	do { /* some periods of polling, and one of snapshots */
		ttlog_info("inside");
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - begin.tv_sec < 2);
}

void sandbox(void)
{
	enter_sandbox(false);
}

/* As root may, without a word before. */
void sandbox_of_root(void)
{
	enter_sandbox(geteuid() == 0);
}

static int on_reopen(void *user)
{
	__atomic_fetch_add((int *)user, 1, __ATOMIC_RELEASE);
	return 0;
}

static int ignore(void *user, const struct ttlog_event *event)
{
	(void)user;
	(void)event;
	return 0;
}

void reopening(void)
{
	static int reopened;
	const struct ttlog_listener listener = {
		.version = TTLOG_LISTENER_VERSION, .user = &reopened, .on_event = ignore, .on_reopen = on_reopen};
	signal(SIGHUP, on_alarm);
	CHECK(ttlog_add_listener(&listener) > 0);
	ttlog_info("one");
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(reopened, 0);
	raise(SIGHUP);
	while (!__atomic_load_n(&reopened, __ATOMIC_ACQUIRE))
		sched_yield();
}

/* Dies while a listener hangs, and while a snapshot is being made. */
void dying(void)
{
	static bool never;
	const struct ttlog_listener listener = {
		.version = TTLOG_LISTENER_VERSION, .policy = TTLOG_BLOCK, .name = "hangs", .user = &never, .on_event = hang};
	CHECK_EQUAL(ttlog_init(NULL), 0);
	CHECK(ttlog_add_listener(&listener) > 0);
	ttlog_info("before the death");
	CHECK_EQUAL(ttlog_request_snapshot_async("just now"), 0);
	usleep((unsigned)getpid() % 16 * 1000); /* at any point of it */
	abort();
}

static volatile sig_atomic_t arrived, astray;

static void on_bus(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	astray += syscall(SYS_gettid) != getpid() || info->si_pid != getpid();
	arrived++;
}

/* What the program blocks waits for the program, whatever the listener thread does meanwhile. */
void blocked_signals(void)
{
	enum { ROUNDS = 300 };
	static struct account account;
	const struct sigaction action = {.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO};
	sigset_t bus;
	sigemptyset(&bus);
	sigaddset(&bus, SIGBUS);
	sigaction(SIGBUS, &action, NULL);
	add(&account, TTLOG_DROP);
	for (int i = 0; i < ROUNDS; i++) {
		sigprocmask(SIG_BLOCK, &bus, NULL);
		CHECK_EQUAL(kill(getpid(), SIGBUS), 0);
		for (int n = 0; n < 20; n++)
			ttlog_info("meanwhile");
		if (i % 10 == 0)
			CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
		CHECK_EQUAL(arrived, i);
		sigprocmask(SIG_UNBLOCK, &bus, NULL);
		while (arrived == i) /* it may be on its way back */
			sched_yield();
	}
	CHECK_EQUAL(astray, 0);
}

static int own_file;

static int on_event_writes(void *user, const struct ttlog_event *event)
{
	int *written = user;
	CHECK(dprintf(own_file, "%.*s\n", (int)event->message.bytes, event->message.data) > 0);
	CHECK(printf("heard %d\n", *written) > 0 && fflush(stdout) == 0);
	++*written;
	return 0;
}

static int on_start_opens(void *user)
{
	(void)user;
	own_file = dup(1);
	CHECK(own_file > 2);
	return 0;
}

static void on_shutdown_closes(void *user)
{
	(void)user;
	CHECK_EQUAL(close(own_file), 0);
}

/* The functions of the program's listener use the descriptors of the program, and it those of theirs. */
void descriptors(void)
{
	enum { EVENTS = 100 };
	static int written;
	const struct ttlog_listener listener = {.version = TTLOG_LISTENER_VERSION,
						.user = &written,
						.name = "writes",
						.on_start = on_start_opens,
						.on_event = on_event_writes,
						.on_shutdown = on_shutdown_closes};
	for (int round = 1; round <= 2; round++) {
		ttlog_info("early");
		const int id = ttlog_add_listener(&listener);
		CHECK(id > 0);
		for (int i = 0; i < EVENTS; i++)
			ttlog_info("event");
		CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
		CHECK_EQUAL(written, round * EVENTS);
		CHECK(fcntl(own_file, F_GETFD) >= 0);
		CHECK_EQUAL(ttlog_remove_listener(id), 0);
		CHECK(fcntl(own_file, F_GETFD) < 0);
	}
	CHECK_EQUAL(ttlog_shutdown(FLUSH_MS), 0);
	while (threads_named(NULL) > 1) /* they have said that they end */
		sched_yield();
	CHECK(ttlog_add_listener(&listener) > 0);
	ttlog_info("event");
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(written, 2 * EVENTS + 1);
}

/* More of it than the listener thread's stack would have. */
static __thread char much[1 << 20];

void thread_memory(void)
{
	static struct account account;
	much[0] = 1;
	add(&account, TTLOG_DROP);
	ttlog_info("one");
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(account.handed, 1);
}
