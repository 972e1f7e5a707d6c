/*
 * Deaths in full flight. SIGKILL at any moment: what a program had said before is in its recorder, each message whole and none
 * missing but those that were written over, however many threads, handlers and forked children were at it. And abort(3) amid
 * signals and cancellations.
 *
 * TTLOG_KILLS=n programs are killed (default 60), beginning with TTLOG_SEED=s (default 1); each has a seed of its own, and a
 * failure says which: TTLOG_KILLS=1 TTLOG_SEED=that repeats it, but for the moment. The moment is measured in what was said. A
 * fiftieth as many storms, and a fourth as many copies of each of the living. TTLOG_RESULTS=file: how it goes, line by line.
 */
#include "command.h"
#include "judge.h"
#include "numbered.h"
#include "recorder_load.h"
#include "results.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILLS = 60, OFTEN = 100, SAID_MAX = 6000, SPIN_MAX = 100000, SPIN_START_MAX = 3000000, SNAPSHOTS_MAX = 16 };

/* Random bytes look like a secret now and then. */
#define AS_SAID "TTLOG_REDACT=none"
#define PATIENT "TTLOG_CAPTURE_TIMEOUT=60000" /* the slower the machine, the longer a storm holds the helper up */

TestSuite(kills, .init = place_init, .fini = place_fini, .timeout = 24 * 3600);

/* What is killed. The capacities make lanes of 1,024 and of 4,096 units, which double twice. */
struct scene {
	const char *threads, *options, *capacity;
	uint32_t lane_units; /* 0: more threads than lanes */
};

static const struct scene scenes[] = {
	{"4", "-", "TTLOG_CAPACITY=256", 1024},  {"4", "l", "TTLOG_CAPACITY=1024", 4096},  {"48", "-", "TTLOG_CAPACITY=256", 0},
	{"40", "h", "TTLOG_CAPACITY=1024", 0},   {"4", "h", "TTLOG_CAPACITY=256", 1024},   {"3", "hu", "TTLOG_CAPACITY=1024", 4096},
	{"3", "f", "TTLOG_CAPACITY=256", 1024},  {"6", "fh", "TTLOG_CAPACITY=1024", 4096}, {"1", "-", "TTLOG_CAPACITY=256", 1024},
	{"36", "fhl", "TTLOG_CAPACITY=1024", 0},
};

static struct tally *tally;
static char tally_fd[16];

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);
	return text ? strtoul(text, NULL, 10) : otherwise;
}

static void tell(const char *what, unsigned long which, const char *text, ...) __attribute__((format(printf, 3, 4)));
static void tell(const char *what, unsigned long which, const char *text, ...)
{
	char of[24], said[200];
	va_list arguments;
	va_start(arguments, text);
	vsnprintf(said, sizeof(said), text, arguments);
	va_end(arguments);
	snprintf(of, sizeof(of), "%lu", which);
	results_note(what, of, said);
}

static void tally_make(void)
{
	const int fd = memfd_create("tally", 0);
	cr_assert(fd >= 0 && ftruncate(fd, sizeof(*tally)) == 0);
	snprintf(tally_fd, sizeof(tally_fd), "%d", fd);
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	cr_assert(tally != MAP_FAILED);
}

/* Standard output and error are /dev/null, or a file. */
static pid_t start(char *const *argv, char *const *environment, const char *errors)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	pid_t pid;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	const int error = posix_spawn(&pid, argv[0], &files, &attributes, argv, environment);
	cr_assert_eq(error, 0, "%s: %s", argv[0], strerror(error));
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return pid;
}

/* All that are left: its children are left to us. */
static void reap_all(void)
{
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

/* Waits until so much is said, every other time little, and somewhat longer, and kills all at once. */
static void kill_at(pid_t group, uint64_t moment, unsigned long seed)
{
	const unsigned said = (unsigned)(moment % SAID_MAX) >> (moment & 1 << 16 ? moment >> 20 & 15 : 0);
	/* Before the first word the program is loaded and the recorder made. */
	volatile uint64_t spin = (moment >> 32) % (said ? SPIN_MAX : SPIN_START_MAX);
	while (atomic_load(&tally->said) < said) {
		cr_assert_eq(waitpid(group, NULL, WNOHANG), 0, "seed %lu: the program ended by itself", seed);
		sched_yield();
	}
	while (spin)
		spin--;
	cr_assert_eq(kill(-group, SIGKILL), 0);
	reap_all();
}

static void play(const struct scene *scene, unsigned long seed)
{
	char text[24];
	snprintf(text, sizeof(text), "%lu", seed);
	char *const argv[] = {PROGRAM("chatter"), tally_fd, (char *)scene->threads, (char *)scene->options, text, NULL};
	char *const environment[] = {"LD_PRELOAD=" AGENT, (char *)scene->capacity, AS_SAID, NULL};
	memset(tally, 0, sizeof(*tally));
	kill_at(start(argv, environment, "/dev/null"), numbered_hash(seed), seed);
}

/* `ttlog recover` into the storage: 0 it made snapshots, 1 there was nothing. */
static void recover(unsigned long seed)
{
	char said[512] = "";
	int status;
	const char *errors = place_path("errors");
	char *const argv[] = {TTLOG, "recover", (char *)place_storage(), NULL};
	char *const environment[] = {NULL};
	const pid_t pid = start(argv, environment, errors);
	cr_assert(waitpid(pid, &status, 0) == pid);
	const int fd = open(errors, O_RDONLY | O_CLOEXEC);
	cr_assert(fd >= 0 && read(fd, said, sizeof(said) - 1) >= 0);
	close(fd);
	cr_assert(status == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == NOTHING), "seed %lu: recover: %s: %s", seed,
		  status_text(status), said);
}

/* The pids of all snapshots in the storage, which are judged and removed. */
static size_t judge_all(const struct scene *scene, unsigned long seed, int64_t *pids)
{
	const char *path;
	size_t count = 0;
	while (snapshots_in(place_storage(), &path)) {
		struct snapshot snapshot;
		snapshot_at(&snapshot, path);
		const struct judgement judgement = {&snapshot, tally, scene->lane_units, true};
		char *complaint = judge(&judgement);
		cr_assert(complaint == NULL, "TTLOG_KILLS=1 TTLOG_SEED=%lu (%s threads, %s), pid %d: %s", seed, scene->threads,
			  scene->options, (int)snapshot.pid, complaint);
		cr_assert_str_eq(snapshot.reason, "killed");
		cr_assert_lt(count, SNAPSHOTS_MAX);
		pids[count++] = snapshot.pid;
		snapshot_fini(&snapshot);
		cr_assert_eq(unlink(path), 0);
	}
	return count;
}

/* Who had said something and did not end by itself has a snapshot. A handler that interrupts the making of the recorder speaks too early. */
static void expect_everybody(const int64_t *pids, size_t count, unsigned long seed)
{
	for (unsigned i = 0; i < TALLY_STREAMS && i < atomic_load(&tally->streams); i++) {
		const struct tally_stream *stream = &tally->stream[i];
		bool found = atomic_load(&stream->ended) == 0 || atomic_load(&stream->leaving) || stream->handler;
		for (size_t k = 0; k < count && !found; k++)
			found = pids[k] == stream->pid;
		cr_assert(found, "seed %lu: no snapshot of pid %d, whose writer %u said %u messages", seed, stream->pid, i,
			  atomic_load(&stream->ended));
	}
}

Test(kills, at_any_moment)
{
	const unsigned long kills = setting("TTLOG_KILLS", KILLS), first = setting("TTLOG_SEED", 1);
	size_t snapshots = 0;
	uint64_t said = 0;
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace here: recover would take the recorders of other tests");
	cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	tally_make();
	for (unsigned long seed = first; seed < first + kills; seed++) {
		const struct scene *scene = &scenes[seed % (sizeof(scenes) / sizeof(*scenes))];
		int64_t pids[SNAPSHOTS_MAX];
		play(scene, seed);
		recover(seed);
		const size_t count = judge_all(scene, seed, pids);
		expect_everybody(pids, count, seed);
		snapshots += count;
		said += atomic_load(&tally->said);
		if ((seed - first + 1) % OFTEN == 0 || seed == first + kills - 1)
			tell("kills", seed, "%lu kills, %zu snapshots, %lu messages", seed - first + 1, snapshots,
			     (unsigned long)said);
	}
	cr_assert_gt(snapshots, kills / 2, "hardly anybody lived to say something");
}

/* Living -------------------------------------------------------------------------------------------------------------------- */

enum { COPIES = 15 };

/* What `ttlog view PID` reads while all threads go on. */
static void judge_copy(const struct scene *scene, pid_t pid)
{
	struct snapshot snapshot;
	struct recorder_copy copy;
	const char *why, *path = recorder_of(pid);
	cr_assert(path && recorder_load(&copy, path, &why) == 0, "no copy of the recorder of pid %d", (int)pid);
	snapshot_init(&snapshot);
	cr_assert_eq(snapshot_add_recorder(&snapshot, &copy.view), 0);
	const struct judgement judgement = {&snapshot, tally, 0, false};
	char *complaint = judge(&judgement);
	cr_assert(complaint == NULL, "%s threads, %s: %s", scene->threads, scene->options, complaint);
	cr_assert_gt(snapshot.event_count, 10);
	snapshot_fini(&snapshot);
	recorder_unload(&copy);
}

Test(kills, copies_of_the_living)
{
	static const struct scene living[] = {{"4", "-", "TTLOG_CAPACITY=256", 1024},
					      {"3", "h", "TTLOG_CAPACITY=1024", 4096},
					      {"40", "h", "TTLOG_CAPACITY=256", 0}};
	cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	tally_make();
	for (unsigned i = 0; i < sizeof(living) / sizeof(*living); i++) {
		char *const argv[] = {PROGRAM("chatter"),        tally_fd, (char *)living[i].threads,
				      (char *)living[i].options, "1",      NULL};
		char *const environment[] = {"LD_PRELOAD=" AGENT, (char *)living[i].capacity, AS_SAID, NULL};
		memset(tally, 0, sizeof(*tally));
		const pid_t pid = start(argv, environment, "/dev/null");
		for (unsigned n = 1; n <= COPIES * setting("TTLOG_KILLS", KILLS) / KILLS + 1; n++) {
			while (atomic_load(&tally->said) < n * 1000)
				sched_yield();
			judge_copy(&living[i], pid);
			if (n % OFTEN == 0)
				tell("copies", i, "%u copies of %s threads, %s", n, living[i].threads, living[i].options);
		}
		cr_assert_eq(kill(-pid, SIGKILL), 0);
		reap_all();
	}
}

/* Abort --------------------------------------------------------------------------------------------------------------------- */

enum { STORM_MESSAGES = 20000, STORMS_FOR_KILLS = 50 };

static void storm(unsigned long seed)
{
	char messages[16], text[24];
	int status;
	struct snapshot snapshot;
	snprintf(messages, sizeof(messages), "%u", STORM_MESSAGES);
	snprintf(text, sizeof(text), "%lu", seed);
	char storage[512];
	snprintf(storage, sizeof(storage), "TTLOG_STORAGE=%s", place_storage());
	char *const argv[] = {PROGRAM("storm"), tally_fd, messages, text, NULL};
	char *const environment[] = {"LD_PRELOAD=" AGENT, "TTLOG_CAPACITY=1024", AS_SAID, PATIENT, storage, NULL};
	memset(tally, 0, sizeof(*tally));
	const pid_t pid = start(argv, environment, "/dev/null");
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "seed %lu: %s", seed, status_text(status));
	reap_all();
	snapshot_only(&snapshot, NULL);
	const struct judgement judgement = {&snapshot, tally, 0, false};
	char *complaint = judge(&judgement);
	cr_assert(complaint == NULL, "storm of seed %lu: %s", seed, complaint);
	cr_assert_str_eq(snapshot.reason, "SIGABRT");
	cr_assert_gt(snapshot.event_count, 100);
	cr_assert(snapshot_holds(&snapshot, 0, 1), "seed %lu: not the last words of the thread that aborted", seed);
	snapshot_fini(&snapshot);
	place_storage_clear();
}

Test(kills, abort_amid_signals_and_cancellations)
{
	const unsigned long first = setting("TTLOG_SEED", 1), storms = setting("TTLOG_KILLS", KILLS) / STORMS_FOR_KILLS + 2;
	cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	tally_make();
	for (unsigned long seed = first; seed < first + storms; seed++) {
		storm(seed);
		tell("storms", seed, "%lu storms", seed - first + 1);
	}
}
