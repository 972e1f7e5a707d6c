/*
 * engine MODE - the functions of ttlog_engine.h as a program uses them; it checks itself and ends with 0, unless its mode says otherwise.
 */
#include <ttlog.h>

#include "check.h"

#include <glob.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static int events;
static volatile sig_atomic_t children, terms;

static int count_event(void *user, const struct ttlog_event *event)
{
	(void)user;
	(void)event;
	__atomic_fetch_add(&events, 1, __ATOMIC_RELAXED);
	return 0;
}

static const struct ttlog_listener counter = {.version = TTLOG_LISTENER_VERSION, .name = "counter", .on_event = count_event};

static struct ttlog_stats stats(void)
{
	struct ttlog_stats now = {.size = sizeof(now)};
	CHECK_EQUAL(ttlog_stats(&now), 0);
	return now;
}

static void on_child(int signal)
{
	(void)signal;
	children++;
}

static void on_term(int signal)
{
	(void)signal;
	terms++;
}

/* Also without the agent. */
static void nothing(void)
{
	errno = EXDEV;
	ttlog_info("one");
	CHECK_EQUAL(ttlog_flush(1000), 0);
	CHECK_EQUAL(ttlog_shutdown(1000), 0);
	CHECK_EQUAL(ttlog_remove_listener(0), 0);
	CHECK_EQUAL(threads_named(NULL), 1);
}

static void absent(void)
{
	nothing();
	CHECK_EQUAL(ttlog_init(NULL), 0);
	CHECK_EQUAL(ttlog_add_listener(&counter), 0);
	CHECK_EQUAL(ttlog_request_snapshot("never"), 0);
	CHECK_EQUAL(ttlog_request_snapshot_async("never"), 0);
	CHECK_EQUAL(stats().recorded, 0);
	CHECK_EQUAL(threads_named(NULL), 1);
}

static void refuse(struct ttlog_options options, int error)
{
	options.size = options.size ? options.size : sizeof(options);
	errno = 0;
	CHECK_EQUAL(ttlog_init(&options), -1);
	CHECK_EQUAL(errno, error);
}

static void options(void)
{
	refuse((struct ttlog_options){.capacity = 100}, EINVAL);
	refuse((struct ttlog_options){.lanes = 5000}, EINVAL);
	refuse((struct ttlog_options){.channel_capacity = 2000}, EINVAL);
	refuse((struct ttlog_options){.interval_s = -2}, EINVAL);
	refuse((struct ttlog_options){.level = "loud"}, EINVAL);
	refuse((struct ttlog_options){.listeners = "no such listener"}, EINVAL);
	refuse((struct ttlog_options){.size = 2}, EINVAL);
	CHECK_EQUAL(threads_named(NULL), 1);

	const struct ttlog_options good = {
		.size = sizeof(good), .capacity = 1024, .service = "named", .level = "debug", .interval_s = -1};
	errno = EXDEV;
	CHECK_EQUAL(ttlog_init(&good), 0);
	CHECK_EQUAL(ttlog_init(&good), 0);
	CHECK_EQUAL(errno, EXDEV);
	while (threads_named("ttlog-writer") != 1) /* it names itself */
		sched_yield();
	CHECK_EQUAL(threads_named(NULL), 2);
	ttlog_debug("at last");
	CHECK_EQUAL(stats().recorded, 1);
	refuse((struct ttlog_options){.capacity = 2048}, EBUSY);
	CHECK_EQUAL(ttlog_init(&good), 0);
	CHECK_EQUAL(ttlog_request_snapshot("options"), 0);
	CHECK_EQUAL(ttlog_shutdown(10000), 0);
	errno = 0;
	CHECK_EQUAL(ttlog_request_snapshot("too late"), -1);
	CHECK_EQUAL(errno, ESRCH);
}

/* Nothing of it can be noticed by wait(2), SIGCHLD or errno. */
static void request(void)
{
	signal(SIGCHLD, on_child);
	CHECK_EQUAL(ttlog_init(NULL), 0);
	ttlog_info("before the request");
	CHECK_EQUAL(waitpid(-1, NULL, 0), -1);
	CHECK_EQUAL(errno, ECHILD);
	errno = EXDEV;
	CHECK_EQUAL(ttlog_request_snapshot("why/not here"), 0);
	CHECK_EQUAL(errno, EXDEV);
	CHECK_EQUAL(waitpid(-1, NULL, 0), -1);
	CHECK_EQUAL(errno, ECHILD);
	CHECK_EQUAL(children, 0);
	CHECK_EQUAL(stats().snapshots, 1);
}

static void channel(void)
{
	int taken = 0, refused = 0;
	const struct ttlog_options small = {.size = sizeof(small), .channel_capacity = 2};
	CHECK_EQUAL(ttlog_init(&small), 0);
	ttlog_info("something");
	for (int i = 0; i < 1000; i++) {
		const int result = ttlog_request_snapshot_async("again");
		CHECK(result == 0 || errno == EAGAIN);
		taken += result == 0;
		refused += result != 0;
	}
	CHECK(taken >= 2 && refused > 0);
	while (stats().waiting)
		sched_yield();
	CHECK_EQUAL(stats().refused, refused);
	while (stats().snapshots + stats().failed < (unsigned)taken)
		sched_yield();
	CHECK_EQUAL(stats().snapshots, taken);
	CHECK_EQUAL(ttlog_request_snapshot("last"), 0);
}

/* Every second, while there is something new. */
static void periodic(void)
{
	const struct ttlog_options often = {.size = sizeof(often), .interval_s = 1};
	CHECK_EQUAL(ttlog_init(&often), 0);
	for (uint64_t n = 0; stats().snapshots < 2; n++) {
		ttlog_info("new", ttlog_kv("n", n));
		usleep(20000);
	}
	CHECK_EQUAL(ttlog_shutdown(10000), 0);
}

/* Below `ttlog run --interval 2s`, while that makes two snapshots, its own period of 1 s would be over. */
static void served(void)
{
	const struct ttlog_options often = {.size = sizeof(often), .interval_s = 1};
	char pattern[4096], last[4096] = "";
	snprintf(pattern, sizeof(pattern), "%s/*-%d-*-interval.*", getenv("TTLOG_STORAGE"), getpid());
	CHECK_EQUAL(ttlog_init(&often), 0);
	for (int snapshots = 0; snapshots < 2;) {
		glob_t found;
		ttlog_info("new");
		if (glob(pattern, 0, NULL, &found) == 0 && strcmp(last, found.gl_pathv[found.gl_pathc - 1]) != 0) {
			snprintf(last, sizeof(last), "%s", found.gl_pathv[found.gl_pathc - 1]);
			snapshots++;
		}
		globfree(&found);
		usleep(20000);
	}
	CHECK_EQUAL(stats().snapshots + stats().failed, 0);
	CHECK_EQUAL(ttlog_request_snapshot("requested"), 0);
}

static void handled(void)
{
	signal(SIGTERM, on_term);
	CHECK_EQUAL(ttlog_init(NULL), 0);
	ttlog_info("before the signal");
	for (int i = 0; i < 10; i++)
		raise(SIGTERM);
	CHECK_EQUAL(terms, 10);
	while (stats().snapshots + stats().failed < 1 || stats().waiting)
		sched_yield();
	CHECK_EQUAL(stats().snapshots, 1);
}

static void leave(int signal)
{
	(void)signal;
	_exit(0);
}

/* The handler ends the process: what was asked for before is there all the same. */
static void leaves(void)
{
	signal(SIGTERM, leave);
	CHECK_EQUAL(ttlog_init(NULL), 0);
	ttlog_info("before the signal");
	raise(SIGTERM);
	abort();
}

static void child_begins_anew(void)
{
	CHECK_EQUAL(threads_named(NULL), 1);
	CHECK_EQUAL(stats().listeners, 0);
	CHECK_EQUAL(ttlog_request_snapshot("nobody"), -1);
	CHECK_EQUAL(errno, ESRCH);
	CHECK_EQUAL(ttlog_flush(1000), 0);
	events = 0;
	ttlog_info("of the child");
	CHECK_EQUAL(events, 0);
	CHECK(ttlog_add_listener(&counter) > 0);
	ttlog_info("heard");
	CHECK_EQUAL(ttlog_flush(10000), 0);
	CHECK_EQUAL(events, 1);
	CHECK_EQUAL(ttlog_init(NULL), 0);
	CHECK_EQUAL(ttlog_request_snapshot("child"), 0);
	CHECK_EQUAL(ttlog_shutdown(10000), 0);
}

static void forks(void)
{
	int status;
	CHECK_EQUAL(ttlog_init(NULL), 0);
	CHECK(ttlog_add_listener(&counter) > 0);
	ttlog_info("of the parent");
	const pid_t child = fork();
	if (child == 0) {
		child_begins_anew();
		exit(0);
	}
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK_EQUAL(status, 0);
	CHECK_EQUAL(ttlog_flush(10000), 0);
	CHECK_EQUAL(events, 1);
	CHECK_EQUAL(ttlog_request_snapshot("parent"), 0);
}

/* Threads fork while events flow to a listener; each child says something and ends in another way. */
static void storm(void)
{
	enum { FORKS = 60 };
	CHECK(ttlog_add_listener(&counter) > 0);
	for (int i = 0; i < FORKS; i++) {
		int status;
		ttlog_info("round", ttlog_kv("i", i));
		const pid_t child = i % 3 == 2 ? vfork() : fork();
		if (child == 0) {
			if (i % 3 == 0)
				ttlog_info("child");
			if (i % 3 == 1)
				exit(7);
			_exit(7);
		}
		CHECK_EQUAL(waitpid(child, &status, 0), child);
		CHECK_EQUAL(status, 7 << 8);
	}
	CHECK_EQUAL(ttlog_flush(10000), 0);
	CHECK_EQUAL(events, FORKS);
}

/* Whom it lets trace it is as before after each snapshot; a child lets nobody. */
static void ptracer(void)
{
	int status;
	prctl(PR_SET_PTRACER, 4711, 0, 0, 0);
	CHECK_EQUAL(ttlog_init(NULL), 0);
	ttlog_info("of the parent");
	ttlog_request_snapshot("of the parent");
	const pid_t child = fork();
	if (child == 0) {
		CHECK_EQUAL(ttlog_init(NULL), 0);
		ttlog_info("of the child");
		ttlog_request_snapshot("of the child");
		exit(0);
	}
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK_EQUAL(status, 0);
}

static const struct mode modes[] = {{"ptracer", ptracer}, {"nothing", nothing}, {"absent", absent},     {"options", options},
				    {"request", request}, {"channel", channel}, {"periodic", periodic}, {"served", served},
				    {"handled", handled}, {"forks", forks},     {"storm", storm},       {"leaves", leaves}};

int main(int argc, char **argv)
{
	return run_mode(argc, argv, modes, sizeof(modes) / sizeof(modes[0]));
}
