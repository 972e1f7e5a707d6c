/*
 * ttlog-capture - makes the snapshot of one process.
 *
 * Started by the agent of a dying process (--crash: that process waits, and is told in its crash record where the snapshot is), or by
 * ttlog for a living one (the path is printed on standard output), or for one that is gone (--threads-of RECORDER: CBOR of its threads
 * on standard output). Exit status: 0 written, 1 not, 2 bad usage.
 */
#include "absent.h"
#include "compose.h"
#include "death_count.h"
#include "retention.h"
#include "rights.h"
#include "search.h"
#include "shortage.h"
#include "symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { TIME_LIMIT_S = 60, LIVING_ATTEMPTS = 5 };

struct request {
	pid_t pid;
	uint64_t recorder_address, crash_address;
	const char *recorder_path, *reason, *storage;
	const char *run;              /* id of the `ttlog run` that asks, for a target that knows of none; NULL: nobody's */
	uint64_t recorder_descriptor; /* of a file without a name; 0: none */
	const char *gone;             /* recorder of a process that is gone */
	uint64_t started;             /* starttime of proc(5) of the process that is meant; 0: whoever has that number */
	bool quiet;                   /* started by the agent of a living process: it has no descriptors, and says nothing */
	bool replace;                 /* quiet, and what the process wrote for this reason before goes */
	struct rights_user user;      /* of a living process */
};

static bool parse_number(const char *text, int base, uint64_t *number)
{
	char *end;
	errno = 0;
	*number = strtoull(text, &end, base);
	return errno == 0 && end != text && *end == 0;
}

static const struct option options[] = {
	{"pid", required_argument, NULL, 'p'},
	{"crash", required_argument, NULL, 'c'},
	{"recorder-address", required_argument, NULL, 'a'},
	{"recorder", required_argument, NULL, 'f'},
	{"reason", required_argument, NULL, 'r'},
	{"storage", required_argument, NULL, 's'},
	{"run", required_argument, NULL, 'u'},
	{"recorder-descriptor", required_argument, NULL, 'd'},
	{"threads-of", required_argument, NULL, 'g'},
	{"started", required_argument, NULL, 't'},
	{"quiet", no_argument, NULL, 'q'},
	{"replace", no_argument, NULL, 'o'},
	{NULL, 0, NULL, 0},
};

static bool parse(int argc, char **argv, struct request *request)
{
	uint64_t number = 0;
	bool good = true;
	for (int option; good && (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'p':
			good = parse_number(optarg, 10, &number) && number > 0 && number <= INT_MAX;
			request->pid = (pid_t)number;
			break;
		case 'c':
			good = parse_number(optarg, 0, &request->crash_address);
			break;
		case 'a':
			good = parse_number(optarg, 0, &request->recorder_address);
			break;
		case 'f':
			request->recorder_path = optarg;
			break;
		case 'r':
			request->reason = optarg;
			break;
		case 's':
			request->storage = optarg;
			break;
		case 'u':
			request->run = optarg;
			break;
		case 'd':
			good = parse_number(optarg, 10, &request->recorder_descriptor) && request->recorder_descriptor <= INT_MAX;
			break;
		case 'g':
			request->gone = optarg;
			break;
		case 't':
			good = parse_number(optarg, 10, &request->started);
			break;
		case 'o':
			request->replace = true;
			/* fall through */
		case 'q':
			request->quiet = true;
			break;
		default:
			good = false;
		}
	}
	return good && optind == argc && (request->gone || (request->pid && (request->crash_address || request->reason)));
}

/* Descriptors 0 to 2 are the dying program's: nothing of ours may reach them, nor keep them open. */
static void leave_descriptors(void)
{
	const int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

/* The target's limits are for the target: a small file limit must not cost the snapshot. As far as the hard limits, or root, allow. */
static void lift_limits(void)
{
	static const int limits[] = {RLIMIT_AS, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_CPU, RLIMIT_STACK};
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY}, files = {1024, 1024};
	struct rlimit limit;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if (setrlimit(limits[i], limits[i] == RLIMIT_NOFILE ? &files : &none) == 0 || getrlimit(limits[i], &limit) != 0)
			continue;
		limit.rlim_cur = limit.rlim_max;
		setrlimit(limits[i], &limit);
	}
	signal(SIGXFSZ, SIG_IGN); /* then write(2) says EFBIG */
}

static const struct recorder_identity *identity_of(const struct recording *recording)
{
	return recording->present ? recorder_view_identity(&recording->copy.view) : NULL;
}

static const char *storage_of(const struct request *request, const struct recording *recording)
{
	const struct recorder_identity *identity = identity_of(recording);
	return request->storage ? request->storage : identity ? identity->storage : "tmp";
}

/* Another user's process named the directory, and we are root. */
static bool is_foreign_storage(const struct request *request, const struct recording *recording)
{
	return request->user.foreign && !request->storage && identity_of(recording);
}

/* Before the file gets this name: if that is the last that we do, nobody makes a second snapshot of the death. */
static void note_path(void *recording, const char *path)
{
	recording_report(recording, CAPTURE_ATTACHED, path);
}

static int write_snapshot(const struct request *request, struct recording *recording, struct snapshot *snapshot,
			  struct snapshot_error *error)
{
	char path[PATH_MAX];
	const char *storage = storage_of(request, recording);
	const int result = snapshot_write_announced(snapshot, storage, path, sizeof(path), error, note_path, recording);
	recording_report(recording, result == 0 ? CAPTURE_DONE : CAPTURE_FAILED, result == 0 ? path : NULL);
	if (result == 0 && !request->crash_address && !request->quiet && (printf("%s\n", path) < 0 || fflush(stdout) != 0))
		fprintf(stderr, "ttlog-capture: process %d: its snapshot is %s\n", request->pid, path);
	if (result == 0 && request->replace)
		retention_replace(storage, path, snapshot->created_at - snapshot->uptime);
	const struct recorder_identity *identity = identity_of(recording);
	/* How many are kept in a directory that root named is not for others to say. */
	if (result == 0 && identity && (!request->user.foreign || !request->storage))
		retention_apply(storage, path, identity->keep_snapshots, identity->keep_mb);
	return result;
}

static void name_frames(struct snapshot *snapshot, struct symbols *symbols)
{
	if (!symbols)
		return;
	symbols_name_frames(symbols, snapshot, SYMBOLS_NAMES);
	if (search_fell_short())
		snapshot_add_degradation(snapshot, "names of functions are missing");
	symbols_destroy(symbols);
}

/* -1: there is none, or it cannot be opened: *exists, as far as that can be known. */
static int open_recorder(const struct request *request, bool *exists)
{
	char found[PATH_MAX];
	int known;
	*exists = true;
	if (request->recorder_descriptor)
		return (int)request->recorder_descriptor;
	if (request->recorder_path)
		return recording_open_file(request->recorder_path, true);
	known = request->crash_address ? 0 : recording_find(request->pid, found, sizeof(found));
	*exists = known != 0;
	return known > 0 ? recording_open_file(found, false) : -1;
}

/* `ttlog run --max-snapshots`: the death is counted, and its recorder needed no more. */
static bool is_one_too_many(struct recording *recording)
{
	const struct recorder_identity *identity = recording->present ? recorder_view_identity(&recording->copy.view) : NULL;
	if (!identity || death_count_add(identity->run_id, recording->pid))
		return false;
	recording_report(recording, CAPTURE_DONE, "");
	return true;
}

/* The right to look goes before stacks are read, and files; or, where its memory cannot be held open, as soon as the stacks are known. */
static void make_snapshot(const struct request *request, const struct target *target, const struct recording *recording,
			  struct snapshot *snapshot)
{
	struct composition composition = {.snapshot = snapshot, .target = target, .recording = recording};
	struct symbols *symbols = symbols_create(NULL);
	const char *storage = storage_of(request, recording);
	const bool held = target_hold_memory(request->pid, true) == 0, early = held || target->ptrace_error;
	const pid_t told = held || recording->shared_crash ? 0 : request->pid;
	compose_look(&composition, request->reason);
	if (early)
		rights_for_writing(snapshot, storage, told);
	compose_rest(&composition, symbols);
	if (!early)
		rights_for_writing(snapshot, storage, told);
	name_frames(snapshot, symbols);
	compose_release(&composition);
}

static int capture(const struct request *request)
{
	struct target target;
	struct recording recording;
	struct snapshot snapshot;
	struct snapshot_error error = {{0}, 0};
	const int opened = target_open(&target, request->pid);
	if (opened < 0) {
		fprintf(stderr, "ttlog-capture: process %d: %s\n", request->pid, strerror(-opened));
		return 1;
	}
	bool exists;
	const int recorder = open_recorder(request, &exists);
	recording_open(&recording, request->pid, recorder, request->recorder_address, request->crash_address);
	const bool too_many = is_one_too_many(&recording);
	if (!too_many && target.ptrace_error)
		recording_ask_threads(&recording, recorder);
	if (recorder >= 0)
		close(recorder);
	if (too_many) {
		target_release(&target);
		recording_close(&recording);
		return 0;
	}
	if (!recording_report(&recording, CAPTURE_ATTACHED, NULL))
		return 1; /* the target would never hear of a snapshot, and leave its recorder for a second one */
	snapshot_init(&snapshot);
	make_snapshot(request, &target, &recording, &snapshot);
	const int result = write_snapshot(request, &recording, &snapshot, &error);
	if (result < 0)
		fprintf(stderr, "ttlog-capture: %s: %s\n", storage_of(request, &recording), error.text);
	target_release(&target);
	snapshot_fini(&snapshot);
	recording_close(&recording);
	return result < 0;
}

/* Living --------------------------------------------------------------------------------------------------------------------- */

static int failed(const struct request *request, const char *why)
{
	fprintf(stderr, "ttlog-capture: process %d: %s\n", request->pid, why);
	return 1;
}

static int failed_denied(const struct request *request, int error)
{
	char why[128];
	snprintf(why, sizeof(why), "may not be traced (%s), and has no recorder that may be read", strerror(error));
	return failed(request, why);
}

/* Nobody that is stopped, or holds still, gives its number away. */
static int check_started(const struct request *request)
{
	char *stat = request->started ? target_proc(request->pid, "stat", &(size_t){0}) : NULL;
	if (request->started && !stat && is_shortage(errno))
		return -errno;
	const char *field = stat ? strrchr(stat, ')') : NULL; /* end of field 2, which may hold anything */
	for (int number = 2; field && number < 22; number++)
		field = strchr(field + 1, ' ');
	const bool same = !request->started || (field && strtoull(field, NULL, 10) == request->started);
	free(stat);
	return same ? 0 : -ESRCH;
}

/* Who names the directory is who writes there, and opens what the process says its code is in. */
static int lower_rights(const struct request *request, const struct recording *recording)
{
	return is_foreign_storage(request, recording) ? rights_become(&request->user) : 0;
}

/*
 * The recorder, the stacks and what else there is to say, of a target that runs again. 0, -errno; -EAGAIN: exec made another program of it.
 */
static int compose_living(const struct request *request, struct target *target, const struct living *living,
			  struct recording *recording, struct snapshot *snapshot)
{
	bool exists;
	const int recorder = open_recorder(request, &exists);
	recording_open(recording, request->pid, recorder, request->recorder_address, 0);
	if (recorder >= 0)
		close(recorder);
	struct composition composition = {
		.snapshot = snapshot, .target = target, .recording = recording, .living = target->ptrace_error ? NULL : living};
	struct symbols *symbols = symbols_create(NULL);
	const bool held = target_hold_memory(request->pid, false) == 0;
	compose_look(&composition, request->reason);
	if (!held)
		compose_rest(&composition, symbols);
	const int changed = living_has_changed(living, request->pid) ? -EAGAIN : 0;
	const int result = changed ? changed : lower_rights(request, recording);
	if (!result)
		rights_for_writing(snapshot, storage_of(request, recording), 0);
	if (!result && held)
		compose_rest(&composition, symbols);
	name_frames(snapshot, result ? NULL : symbols);
	if (result)
		symbols_destroy(symbols);
	compose_release(&composition);
	if (!target->ptrace_error)
		living_add_stages(living, snapshot);
	if (!recording->present)
		snapshot_add_degradation(snapshot, exists ? "its recorder cannot be read" : "no recorder");
	if (!snapshot->run)
		snapshot->run = request->run;
	return result;
}

static int failed_writing(const struct request *request, const struct recording *recording, const char *why)
{
	char text[400];
	snprintf(text, sizeof(text), "%s (as user %u, whose process it is; with --storage DIR: as you)", why,
		 (unsigned)request->user.uid);
	return failed(request, is_foreign_storage(request, recording) ? text : why);
}

/* 0, -EAGAIN: begin again; else the exit status after the error was printed. */
static int take_living(struct request *request)
{
	struct target target;
	struct living living;
	struct recording recording;
	struct snapshot snapshot;
	struct snapshot_error error = {{0}, 0};
	const uint64_t began = living_now_ns();
	const int opened = target_open(&target, request->pid);
	if (opened < 0)
		return failed(request, strerror(opened == -ENOENT ? ESRCH : -opened));
	const int started = check_started(request);
	request->user = rights_user_of(request->pid);
	living_take(&living, &target, began);
	snapshot_init(&snapshot);
	int result = started ? started : compose_living(request, &target, &living, &recording, &snapshot);
	if (started)
		failed(request, started == -ESRCH ? "it has ended, and another process has its number" : strerror(-started));
	else if (result == 0 && target.ptrace_error && !recording.present)
		result = failed_denied(request, -target.ptrace_error);
	else if (result == 0 && write_snapshot(request, &recording, &snapshot, &error) < 0)
		result = failed_writing(request, &recording, error.text);
	else if (result < 0 && result != -EAGAIN)
		result = failed(request, strerror(-result));
	if (!started)
		recording_close(&recording);
	snapshot_fini(&snapshot);
	living_free(&living);
	target_release(&target);
	return result;
}

static int capture_living(struct request *request)
{
	int result = -EAGAIN;
	for (int attempt = 0; attempt < LIVING_ATTEMPTS && result == -EAGAIN; attempt++)
		result = take_living(request);
	if (result == -EAGAIN)
		return failed(request, "it calls exec faster than it can be looked at");
	return result != 0;
}

int main(int argc, char **argv)
{
	struct request request;
	const struct rlimit no_core = {0, 0};
	memset(&request, 0, sizeof(request));
	if (!parse(argc, argv, &request)) {
		fprintf(stderr, "ttlog-capture: bad usage: started by libttlog_agent.so and by ttlog, not by hand\n");
		return 2;
	}
	lift_limits();
	if (request.crash_address || request.quiet)
		leave_descriptors();
	setrlimit(RLIMIT_CORE, &no_core);
	rights_close_inherited((int)request.recorder_descriptor);
	rights_freeze();
	alarm(TIME_LIMIT_S);
	rights_for_looking(request.pid);
	if (request.gone)
		return absent_print_threads(request.gone, stdout) != 0;
	return request.crash_address ? capture(&request) : capture_living(&request);
}
