/*
 * listen MODE - a program with listeners of its own; it checks itself and ends with 0, unless its mode says otherwise.
 */
#include <ttlog.h>

#include "check.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

enum { WRITERS = 8, EACH = 20000, FLUSH_MS = 60000 };

/* What a listener has been handed, and what is wrong with it. Only the listener thread writes it. */
struct account {
	long handed, lost, starts, flushes, shutdowns, errors, disorder, gaps, own;
	long next[WRITERS]; /* by writer: number of the next event */
	uint64_t last_ns;
	int fail_every, fails; /* every so many events it fails, so often */
	bool slow, talks;
};

static int64_t value_of(const struct ttlog_event *event, const char *key)
{
	for (uint32_t i = 0; i < event->value_count; i++) {
		if (event->values[i].key.bytes == strlen(key) && memcmp(event->values[i].key.data, key, strlen(key)) == 0)
			return event->values[i].number.i;
	}
	return -1;
}

static int on_start(void *user)
{
	((struct account *)user)->starts++;
	return 0;
}

static int on_event(void *user, const struct ttlog_event *event)
{
	struct account *account = user;
	const int64_t writer = value_of(event, "writer"), n = value_of(event, "n");
	if (account->fail_every && account->fails && account->handed % account->fail_every == account->fail_every - 1) {
		account->fails--;
		account->errors++;
		return EIO;
	}
	account->handed++;
	account->lost += (long)event->lost;
	account->disorder += event->monotonic_ns < account->last_ns;
	account->last_ns = event->monotonic_ns;
	account->own += event->message.bytes == 3 && memcmp(event->message.data, "own", 3) == 0;
	if (writer >= 0 && writer < WRITERS) {
		account->gaps += n != account->next[writer];
		account->next[writer] = n + 1;
	}
	if (account->talks) {
		ttlog_info("own");
		printf("own\n");
	}
	if (account->slow && account->handed % 16 == 0)
		usleep(1000);
	return 0;
}

static int on_flush(void *user, int end)
{
	(void)end;
	((struct account *)user)->flushes++;
	return 0;
}

static void on_shutdown(void *user)
{
	((struct account *)user)->shutdowns++;
}

static int add(struct account *account, uint32_t policy)
{
	const struct ttlog_listener listener = {
		.version = TTLOG_LISTENER_VERSION,
		.policy = policy,
		.user = account,
		.name = "of the program",
		.on_start = on_start,
		.on_event = on_event,
		.on_flush = on_flush,
		.on_shutdown = on_shutdown,
	};
	const int id = ttlog_add_listener(&listener);
	CHECK(id > 0);
	return id;
}

static struct ttlog_stats stats(void)
{
	struct ttlog_stats now = {.size = sizeof(now)};
	CHECK_EQUAL(ttlog_stats(&now), 0);
	return now;
}

static int each = EACH;

static void *write_events(void *number)
{
	for (int n = 0; n < each; n++)
		ttlog_info("event", ttlog_kv("writer", (int)(intptr_t)number), ttlog_kv("n", n));
	return NULL;
}

static void write_all(void)
{
	pthread_t threads[WRITERS];
	for (intptr_t i = 0; i < WRITERS; i++)
		CHECK_EQUAL(pthread_create(&threads[i], NULL, write_events, (void *)i), 0);
	for (int i = 0; i < WRITERS; i++)
		CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
}

/* A few events are all handed out, once, in their order. */
static void order(void)
{
	static struct account account;
	ttlog_info("before");
	const int id = add(&account, TTLOG_DROP);
	each = 100;
	write_all();
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(account.handed, WRITERS * 100);
	CHECK_EQUAL(account.gaps + account.lost, 0);
	CHECK(account.disorder == 0 || getenv("TTLOG_LANES")); /* a time is taken before its place in a shared lane */
	CHECK_EQUAL(account.starts, 1);
	CHECK(account.flushes > 0);
	CHECK_EQUAL(ttlog_remove_listener(id), 0);
	CHECK_EQUAL(account.shutdowns, 1);
	errno = 0;
	CHECK_EQUAL(ttlog_remove_listener(id), -1);
	CHECK_EQUAL(errno, ENOENT);
	ttlog_info("after");
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(account.handed, WRITERS * 100);
}

/* Too slow for them: what is not handed out is counted, each once. */
static void drop(void)
{
	static struct account account = {.slow = true};
	add(&account, TTLOG_DROP);
	write_all();
	account.slow = false;
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK(account.handed < WRITERS * EACH);
	CHECK_EQUAL(stats().lost + stats().dropped, WRITERS * EACH - account.handed);
	ttlog_info("tells of the last ones");
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(account.handed + account.lost + (long)stats().dropped, WRITERS * EACH + 1);
}

/* Slow too, but writers wait for it. */
static void block(void)
{
	static struct account account, other;
	add(&account, TTLOG_BLOCK);
	add(&other, TTLOG_DROP);
	write_all();
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(account.handed, WRITERS * EACH);
	CHECK_EQUAL(account.gaps + account.lost, 0);
	CHECK_EQUAL(other.handed + (long)stats().lost, WRITERS * EACH);
	CHECK_EQUAL(ttlog_shutdown(FLUSH_MS), 0);
	CHECK_EQUAL(account.shutdowns + other.shutdowns, 2);
}

/* Failing, it is started again, and gets all that it had not flushed. */
static void failing(void)
{
	static struct account account = {.fail_every = 7, .fails = 2};
	add(&account, TTLOG_BLOCK);
	each = 100;
	write_all();
	while (account.handed < WRITERS * 100)
		ttlog_flush(FLUSH_MS); /* EIO while it fails */
	CHECK_EQUAL(account.errors, 2);
	CHECK_EQUAL(account.starts, 3);
	for (int i = 0; i < WRITERS; i++)
		CHECK_EQUAL(account.next[i], 100);
	CHECK_EQUAL(account.lost, 0);
}

/* What it says itself is recorded, and never handed out. */
static void talking(void)
{
	static struct account account = {.talks = true};
	add(&account, TTLOG_BLOCK);
	each = 1000;
	write_all();
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(account.handed, WRITERS * 1000);
	CHECK_EQUAL(account.own, 0);
	CHECK_EQUAL(stats().recorded, 3 * WRITERS * 1000);
}

static volatile bool stop;

static void *write_on(void *unused)
{
	while (!stop)
		ttlog_info("on and on");
	return unused;
}

/* They come and go while events flow. */
static void comes_and_goes(void)
{
	enum { ROUNDS = 100 };
	pthread_t threads[2];
	for (int i = 0; i < 2; i++)
		CHECK_EQUAL(pthread_create(&threads[i], NULL, write_on, NULL), 0);
	for (int i = 0; i < ROUNDS; i++) {
		struct account account = {0}, other = {0};
		const int a = add(&account, i % 2 ? TTLOG_BLOCK : TTLOG_DROP), b = add(&other, TTLOG_DROP);
		ttlog_info("in between");
		if (i % 3 == 0)
			CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
		CHECK_EQUAL(ttlog_remove_listener(a), 0);
		CHECK_EQUAL(account.shutdowns, 1);
		CHECK_EQUAL(ttlog_remove_listener(b), 0);
		CHECK_EQUAL(other.shutdowns, 1);
		CHECK(i % 3 || account.handed > 0);
		memset(&account, 0xff, sizeof(account));
	}
	stop = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQUAL(stats().listeners, 0);
}

static void on_alarm(int signal)
{
	(void)signal;
	ttlog_info("from the handler");
}

/* Handlers record in the middle of records, and while their thread waits for room. */
static void handlers(void)
{
	static struct account account;
	const struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
	signal(SIGALRM, on_alarm);
	add(&account, TTLOG_BLOCK);
	setitimer(ITIMER_REAL, &often, NULL);
	write_all();
	setitimer(ITIMER_REAL, &never, NULL);
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(account.gaps, 0);
	CHECK_EQUAL(account.handed + (long)stats().lost, stats().recorded);
	for (int i = 0; i < WRITERS; i++)
		CHECK_EQUAL(account.next[i], EACH);
}

static int hang(void *user, const struct ttlog_event *event)
{
	(void)event;
	while (!__atomic_load_n((bool *)user, __ATOMIC_ACQUIRE))
		usleep(1000);
	return 0;
}

/* A blocking listener that hangs costs its program one delay, and then events. */
static void hanging(void)
{
	static bool go_on;
	const struct ttlog_listener listener = {
		.version = TTLOG_LISTENER_VERSION, .policy = TTLOG_BLOCK, .name = "hangs", .user = &go_on, .on_event = hang};
	CHECK(ttlog_add_listener(&listener) > 0);
	each = 100000;
	write_all();
	errno = 0;
	CHECK_EQUAL(ttlog_flush(10), -1);
	CHECK_EQUAL(errno, ETIMEDOUT);
	__atomic_store_n(&go_on, true, __ATOMIC_RELEASE);
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(stats().lost + stats().handed_out, stats().recorded);
	CHECK(stats().lost > 0);
}

static int asks(void *user, const struct ttlog_event *event)
{
	(void)event;
	int *right = user;
	*right += ttlog_flush(1000) == -1 && errno == EDEADLK;
	*right += ttlog_shutdown(1000) == -1 && errno == EDEADLK;
	*right += ttlog_remove_listener(1) == -1 && errno == EDEADLK;
	return 0;
}

static void asking(void)
{
	static int right;
	const struct ttlog_listener listener = {.version = TTLOG_LISTENER_VERSION, .user = &right, .on_event = asks};
	CHECK(ttlog_add_listener(&listener) > 0);
	ttlog_info("one");
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(right, 3);
}

static void refused(void)
{
	struct ttlog_listener listener = {.version = TTLOG_LISTENER_VERSION};
	errno = 0;
	CHECK_EQUAL(ttlog_add_listener(&listener), -1);
	CHECK_EQUAL(errno, EINVAL);
	listener.on_event = asks;
	listener.version = 99;
	CHECK_EQUAL(ttlog_add_listener(&listener), -1);
	CHECK_EQUAL(errno, EINVAL);
	CHECK_EQUAL(threads_named(NULL), 1);
	static struct account accounts[16];
	for (int i = 0; i < 16; i++)
		add(&accounts[i], TTLOG_DROP);
	listener.version = TTLOG_LISTENER_VERSION;
	CHECK_EQUAL(ttlog_add_listener(&listener), -1);
	CHECK_EQUAL(errno, EAGAIN);
	CHECK_EQUAL(ttlog_shutdown(FLUSH_MS), 0);
	for (int i = 0; i < 16; i++)
		CHECK_EQUAL(accounts[i].shutdowns, 1);
}

static int faults(void *user, const struct ttlog_event *event)
{
	(void)user;
	*(volatile int *)8 = (int)event->tid;
	return 0;
}

/* Dies. */
static void faulting(void)
{
	const struct ttlog_listener listener = {.version = TTLOG_LISTENER_VERSION, .name = "crasher", .on_event = faults};
	CHECK(ttlog_add_listener(&listener) > 0);
	ttlog_info("fatal event");
	ttlog_flush(FLUSH_MS);
	pause();
}

static int sees(void *user, const struct ttlog_event *event)
{
	int *right = user;
	if (event->message.bytes == 6 && memcmp(event->message.data, "secret", 6) == 0) {
		CHECK_EQUAL(event->value_count, 3);
		CHECK_EQUAL(event->values[0].number.i, -5);
		CHECK(event->values[1].number.string.bytes == strlen("[redacted]"));
		CHECK(event->values[2].number.d == 2.5);
		CHECK(event->line > 0 && event->file.data);
		CHECK(strcmp(event->source, "macro") == 0 && event->level == TTLOG_LEVEL_WARN);
		CHECK(event->size == sizeof(*event) && event->pid == (uint32_t)getpid() && event->tid == (uint32_t)getpid());
		++*right;
	} else if (event->message.bytes == 15) {
		CHECK(memcmp(event->message.data, "ERROR: it broke", 15) == 0 && event->level == TTLOG_LEVEL_ERROR);
		CHECK(strcmp(event->source, "stdout") == 0 && event->caller);
		++*right;
	} else {
		*right += 100; /* less severe than it wants */
	}
	return 0;
}

static void contents(void)
{
	static int right;
	const struct ttlog_listener listener = {
		.version = TTLOG_LISTENER_VERSION, .level = TTLOG_LEVEL_WARN, .user = &right, .on_event = sees};
	CHECK(ttlog_add_listener(&listener) > 0);
	ttlog_info("not wanted");
	ttlog_warn("secret", ttlog_kv("a", -5), ttlog_kv("password", "hunter2"), ttlog_kv("x", 2.5));
	printf("plain line\n");
	printf("ERROR: it broke\n");
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(right, 2);
}

/* All threads may write and exit from then on, and nothing else: whoever does is killed, and so is the process. */
static void sandbox(void)
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
	CHECK_EQUAL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_EQUAL(account.handed, 1);
	CHECK_EQUAL(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program), 0);
	struct timespec begin, now;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	do { /* some periods of polling, and one of snapshots */
		ttlog_info("inside");
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - begin.tv_sec < 2);
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

static void reopening(void)
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
static void dying(void)
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
static void blocked_signals(void)
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
static void descriptors(void)
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

static void thread_memory(void)
{
	static struct account account;
	much[0] = 1;
	add(&account, TTLOG_DROP);
	ttlog_info("one");
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(account.handed, 1);
}

static const struct {
	const char *name;
	void (*run)(void);
} modes[] = {{"order", order},
	     {"drop", drop},
	     {"block", block},
	     {"failing", failing},
	     {"talking", talking},
	     {"comes_and_goes", comes_and_goes},
	     {"handlers", handlers},
	     {"hanging", hanging},
	     {"asking", asking},
	     {"refused", refused},
	     {"faulting", faulting},
	     {"contents", contents},
	     {"sandbox", sandbox},
	     {"reopening", reopening},
	     {"dying", dying},
	     {"descriptors", descriptors},
	     {"thread_memory", thread_memory},
	     {"blocked_signals", blocked_signals}};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(argv[1], modes[i].name) == 0) {
			modes[i].run();
			return 0;
		}
	}
	return 2;
}
