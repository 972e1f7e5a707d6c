/*
 * ttlog-capture - makes the snapshot of one process.
 *
 * Started by the agent of a dying process (--crash: that process waits, and is told in its crash record where the snapshot is), or by
 * ttlog for a living one (the path is printed on standard output), or for one that is gone (--threads-of RECORDER: CBOR of its threads
 * on standard output). Exit status: 0 written, 1 not, 2 bad usage.
 */
#include "absent.h"
#include "compose.h"
#include "retention.h"
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

enum { TIME_LIMIT_S = 60 };

struct request {
	pid_t pid;
	uint64_t recorder_address, crash_address;
	const char *recorder_path, *reason, *storage;
	uint64_t recorder_descriptor; /* of a file without a name; 0: none */
	const char *gone;             /* recorder of a process that is gone */
	bool quiet;                   /* started by the agent of a living process: it has no descriptors, and says nothing */
	bool replace;                 /* quiet, and what the process wrote for this reason before goes */
};

static bool parse_number(const char *text, int base, uint64_t *number)
{
	char *end;
	errno = 0;
	*number = strtoull(text, &end, base);
	return errno == 0 && end != text && *end == 0;
}

static bool parse(int argc, char **argv, struct request *request)
{
	static const struct option options[] = {
		{"pid", required_argument, NULL, 'p'},
		{"crash", required_argument, NULL, 'c'},
		{"recorder-address", required_argument, NULL, 'a'},
		{"recorder", required_argument, NULL, 'f'},
		{"reason", required_argument, NULL, 'r'},
		{"storage", required_argument, NULL, 's'},
		{"recorder-descriptor", required_argument, NULL, 'd'},
		{"threads-of", required_argument, NULL, 'g'},
		{"quiet", no_argument, NULL, 'q'},
		{"replace", no_argument, NULL, 'o'},
		{NULL, 0, NULL, 0},
	};
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
		case 'd':
			good = parse_number(optarg, 10, &request->recorder_descriptor) && request->recorder_descriptor <= INT_MAX;
			break;
		case 'g':
			request->gone = optarg;
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

static const char *storage_of(const struct request *request, const struct recording *recording)
{
	const struct recorder_identity *identity = recording->present ? recorder_view_identity(&recording->copy.view) : NULL;
	return request->storage ? request->storage : identity ? identity->storage : "tmp";
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
	if (result == 0 && !request->crash_address && !request->quiet)
		printf("%s\n", path);
	if (result == 0 && request->replace)
		retention_replace(storage, path, snapshot->created_at - snapshot->uptime);
	const struct recorder_identity *identity = recording->present ? recorder_view_identity(&recording->copy.view) : NULL;
	if (result == 0 && identity)
		retention_apply(storage, path, identity->keep_snapshots, identity->keep_mb);
	return result;
}

static void name_frames(struct snapshot *snapshot, struct symbols *symbols)
{
	if (symbols) {
		symbols_name_frames(symbols, snapshot, SYMBOLS_NAMES);
		symbols_destroy(symbols);
	}
}

/* -1: there is none, or it cannot be opened. */
static int open_recorder(const struct request *request)
{
	char found[PATH_MAX];
	if (request->recorder_descriptor)
		return (int)request->recorder_descriptor;
	if (request->recorder_path)
		return recording_open_file(request->recorder_path, true);
	if (!request->crash_address && recording_find(request->pid, found, sizeof(found)))
		return recording_open_file(found, false);
	return -1;
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
	const int recorder = open_recorder(request);
	recording_open(&recording, request->pid, recorder, request->recorder_address, request->crash_address);
	if (recorder >= 0)
		close(recorder);
	if (target.ptrace_error && request->crash_address)
		recording_ask_threads(&recording);
	if (!recording_report(&recording, CAPTURE_ATTACHED, NULL))
		return 1; /* the target would never hear of a snapshot, and leave its recorder for a second one */
	snapshot_init(&snapshot);
	struct symbols *symbols = symbols_create();
	compose(&snapshot, &target, &recording, request->reason, symbols);
	if (!request->crash_address)
		target_release(&target); /* a living process waits no longer than it must */
	name_frames(&snapshot, symbols);
	const int result = write_snapshot(request, &recording, &snapshot, &error);
	if (result < 0)
		fprintf(stderr, "ttlog-capture: %s: %s\n", storage_of(request, &recording), error.text);
	if (request->crash_address)
		target_release(&target);
	snapshot_fini(&snapshot);
	recording_close(&recording);
	return result < 0;
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
	alarm(TIME_LIMIT_S);
	return request.gone ? absent_print_threads(request.gone, stdout) != 0 : capture(&request);
}
