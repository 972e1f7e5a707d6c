#include "process.h"

#include "memcheck.h"
#include "patience.h"
#include "place.h"
#include "signal_names.h"
#include "text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOBODY 65534

struct process {
	pid_t pid;
	int in, out, err; /* ends of the pipes; -1: closed */
	const char *input;
	struct bytes output, errors;
	bool agent;
	unsigned limit_s;
	struct timespec began;
	const char *name, *directory;
};

/* All children that have ended, ours and those left to us as a subreaper. */
static struct {
	pid_t pid;
	int status;
	bool taken;
} ended[1024];
static size_t ended_count;
static pid_t started[64]; /* the last ones */
static size_t started_count;
static int child_events = -1;
static bool adopts; /* the children of those who have ended; qemu-user does not know the call */

static void watch_children(void)
{
	if (child_events >= 0)
		return;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	child_events = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	cr_assert(child_events >= 0, "signalfd: %s", strerror(errno));
	adopts = prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
	cr_assert(adopts || errno == EINVAL, "PR_SET_CHILD_SUBREAPER: %s", strerror(errno));
}

/* Those whose end has been reported are of no interest any more. */
static void forget_taken(void)
{
	size_t kept = 0;
	for (size_t i = 0; i < ended_count; i++)
		if (!ended[i].taken)
			ended[kept++] = ended[i];
	ended_count = kept;
}

static void reap(void)
{
	struct signalfd_siginfo drain[8];
	while (read(child_events, drain, sizeof(drain)) > 0)
		;
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (ended_count == sizeof(ended) / sizeof(*ended))
			forget_taken();
		cr_assert(ended_count < sizeof(ended) / sizeof(*ended), "too many children for one test");
		ended[ended_count].pid = pid;
		ended[ended_count].taken = false;
		ended[ended_count++].status = status;
	}
}

static bool take_status(pid_t pid, int *status)
{
	for (size_t i = 0; i < ended_count; i++) {
		if (ended[i].pid == pid && !ended[i].taken) {
			ended[i].taken = true;
			*status = ended[i].status;
			return true;
		}
	}
	return false;
}

static bool has_ended(pid_t pid)
{
	for (size_t i = 0; i < ended_count; i++)
		if (ended[i].pid == pid && !ended[i].taken)
			return true;
	return false;
}

/* Without the agent, a twin gets entries of the same size that mean nothing. */
static size_t preload_entries(const struct process_setup *setup, char **entries)
{
	const char *second = setup->second_library ? setup->second_library : "";
	const char *space = second[0] ? " " : "", *library = setup->agent_library ? setup->agent_library : AGENT;
	size_t count = 0;
	if (setup->agent) {
		cr_assert(setup->second_first ? asprintf(&entries[count++], "LD_PRELOAD=%s%s%s", second, space, library) > 0
					      : asprintf(&entries[count++], "LD_PRELOAD=%s%s%s", library, space, second) > 0);
		cr_assert(asprintf(&entries[count++], "TTLOG_STORAGE=%s", place_storage()) > 0);
	} else {
		if (second[0])
			cr_assert(asprintf(&entries[count++], "LD_PRELOAD=%s", second) > 0);
		/* one entry more or less is 8 bytes of pointers and a NUL */
		if (setup->twin && second[0])
			cr_assert(asprintf(&entries[count++], "XX_STORAGE=%s%*s", place_storage(), (int)sizeof(AGENT) + 3, "") > 0);
		else if (setup->twin)
			cr_assert(asprintf(&entries[count++], "XX_PRELOAD=" AGENT) > 0 &&
				  asprintf(&entries[count++], "XXXXX_STORAGE=%s", place_storage()) > 0);
	}
	return count;
}

/* Cores hold registers and the list of mappings then, and no memory; both survive exec. */
static void become_twin(void)
{
	const int filter = open("/proc/self/coredump_filter", O_WRONLY);
	if (filter < 0 || write(filter, "0", 1) != 1 || personality(ADDR_NO_RANDOMIZE) < 0)
		_exit(123);
	close(filter);
}

/* What the viewers remember is for this test alone. */
static char *cache_entry(void)
{
	char *entry = NULL;
	cr_assert(asprintf(&entry, "XDG_CACHE_HOME=%s/cache", place_root()) > 0);
	return entry;
}

static char **environment_of(const struct process_setup *setup)
{
	extern char **environ;
	size_t own = 0, added = 0;
	while (environ[own])
		own++;
	while (setup->environment && setup->environment[added])
		added++;
	char **result = calloc(own + added + 10, sizeof(*result));
	cr_assert(result != NULL);
	size_t count = 0;
	/* What the caller's shell holds must not change a test. */
	for (size_t i = 0; i < own; i++)
		if (strncmp(environ[i], "TTLOG_", 6) != 0 && strncmp(environ[i], "LD_", 3) != 0 &&
		    strncmp(environ[i], "LC_", 3) != 0 && strncmp(environ[i], "LANG", 4) != 0 &&
		    strncmp(environ[i], "CRITERION", 9) != 0 && strncmp(environ[i], "PYTHON", 6) != 0 &&
		    strncmp(environ[i], "BXF", 3) != 0)
			result[count++] = environ[i];
	result[count++] = strdup("LC_ALL=C.UTF-8");
	result[count++] = strdup("PYTHONDONTWRITEBYTECODE=1");
	result[count++] = cache_entry();
	/* Where all takes longer, the helper does too. */
	if (patience() > 1)
		result[count++] = strdup("TTLOG_CAPTURE_TIMEOUT=60000");
	count += preload_entries(setup, result + count);
	for (size_t i = 0; i < added; i++) {
		const char *entry = setup->environment[i];
		const size_t name = strcspn(entry, "=");
		size_t kept = 0;
		for (size_t k = 0; k < count; k++)
			if (strncmp(result[k], entry, name) != 0 || result[k][name] != '=')
				result[kept++] = result[k];
		count = kept;
		if (entry[name] == '=')
			result[count++] = strdup(entry);
	}
	result[count] = NULL;
	return result;
}

static _Noreturn void become(const struct process_setup *setup, const char *const *argv, const char *directory, char **environment,
			     pid_t test, int in, int out, int err)
{
	const struct rlimit cores = {RLIM_INFINITY, RLIM_INFINITY};
	setpgid(0, 0);
	setrlimit(RLIMIT_CORE, &cores);
	for (int sig = 1; sig < 65; sig++)
		signal(sig, SIG_DFL);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 || chdir(directory) != 0)
		_exit(125);
	syscall(__NR_close_range, 3, ~0u, 0);
	if (setup->twin)
		become_twin();
	if (setup->stdout_closed)
		close(1);
	if (setup->as_nobody && getuid() == 0 && (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		_exit(124);
	/* A suite that is killed leaves nobody behind. Here, for who becomes another user has none any more. */
	prctl(PR_SET_PDEATHSIG, setup->parting ? setup->parting : SIGKILL);
	if (getppid() != test)
		_exit(126);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvpe(argv[0], (char *const *)argv, environment);
	dprintf(2, "harness: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* None yet, with room for so many: a program may put out a hundred thousand lines. */
static struct bytes no_bytes(size_t room)
{
	const struct bytes none = {malloc(room + 1), 0};
	cr_assert(none.data != NULL);
	none.data[0] = 0;
	return none;
}

/* The next power of two: what grows line by line is not copied for each (and by AddressSanitizer always). */
static size_t room_for(size_t size)
{
	size_t room = 4096;
	while (room <= size)
		room *= 2;
	return room;
}

struct process *process_start(const struct process_setup *setup)
{
	watch_children();
	int in[2], out[2], err[2];
	cr_assert(pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0);
	if (setup->input) {
		cr_assert(pipe2(in, O_CLOEXEC) == 0);
		fcntl(in[1], F_SETFL, O_NONBLOCK);
	} else {
		in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		in[1] = -1;
	}
	const char *directory = setup->directory ? setup->directory : place_directory();
	char **environment = environment_of(setup);
	const char *const *argv = memcheck_command(setup->argv);
	fflush(NULL);
	const pid_t test = getpid(), pid = fork();
	cr_assert(pid >= 0, "fork: %s", strerror(errno));
	if (pid == 0)
		become(setup, argv, directory, environment, test, in[0], out[1], err[1]);
	setpgid(pid, pid);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	started[started_count++ % (sizeof(started) / sizeof(*started))] = pid;

	struct process *process = calloc(1, sizeof(*process));
	cr_assert(process != NULL);
	*process = (struct process){.pid = pid,
				    .in = in[1],
				    .out = out[0],
				    .err = err[0],
				    .input = setup->input,
				    .agent = setup->agent,
				    .limit_s = (setup->limit_s ? setup->limit_s : PROCESS_LIMIT_S) * patience(),
				    .name = setup->argv[0],
				    .directory = directory};
	process->output = no_bytes(room_for(0) - 1);
	process->errors = no_bytes(room_for(0) - 1);
	clock_gettime(CLOCK_MONOTONIC, &process->began);
	return process;
}

pid_t process_pid(const struct process *process)
{
	return process->pid;
}

const char *pid_text(pid_t pid)
{
	return text_of("%d", (int)pid);
}

static void drain(int *fd, struct bytes *into)
{
	char chunk[65536];
	const ssize_t got = read(*fd, chunk, sizeof(chunk));
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		close(*fd);
		*fd = -1;
		return;
	}
	const size_t room = room_for(into->size + (size_t)got);
	if (room > room_for(into->size))
		into->data = realloc(into->data, room);
	cr_assert(into->data != NULL);
	memcpy(into->data + into->size, chunk, (size_t)got);
	into->size += (size_t)got;
	into->data[into->size] = 0;
}

static void feed(struct process *process)
{
	const size_t left = strlen(process->input);
	const ssize_t put = left ? write(process->in, process->input, left) : 0;
	if (put > 0)
		process->input += put;
	if ((put < 0 && errno != EAGAIN && errno != EINTR) || *process->input == 0) {
		close(process->in);
		process->in = -1;
	}
}

static int left_ms(const struct process *process)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	const long passed = (now.tv_sec - process->began.tv_sec) * 1000 + (now.tv_nsec - process->began.tv_nsec) / 1000000;
	const long left = (long)process->limit_s * 1000 - passed;
	return left > 0 ? (int)left : 0;
}

/* Waits for one thing to happen. */
static void step(struct process *process)
{
	struct pollfd polled[] = {
		{process->out, POLLIN, 0}, {process->err, POLLIN, 0}, {process->in, POLLOUT, 0}, {child_events, POLLIN, 0}};
	const int left = left_ms(process);
	const int ready = poll(polled, sizeof(polled) / sizeof(*polled), left);
	if (ready == 0) {
		kill(-process->pid, SIGKILL);
		cr_assert_fail("%s (pid %d) did not finish within %u s\nstandard output: %s\nstandard error: %s", process->name,
			       (int)process->pid, process->limit_s, process->output.data, process->errors.data);
	}
	if (polled[0].revents)
		drain(&process->out, &process->output);
	if (polled[1].revents)
		drain(&process->err, &process->errors);
	if (polled[2].revents)
		feed(process);
	if (polled[3].revents)
		reap();
}

void process_await(struct process *process, const char *text)
{
	while (!memmem(process->output.data, process->output.size, text, strlen(text))) {
		cr_assert(process->out >= 0, "%s closed its output before it said \"%s\"; it said: %s%s", process->name, text,
			  process->output.data, process->errors.data);
		step(process);
	}
}

/* The kernel tells nobody that a thread falls asleep: asked again and again, in between what it says is read. */
static void await_state(struct process *process, char wanted)
{
	char path[64], line[256];
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)process->pid);
	for (;;) {
		FILE *file = fopen(path, "r");
		cr_assert(file && fgets(line, sizeof(line), file), "%s: %s", path, strerror(errno));
		fclose(file);
		const char *state = strrchr(line, ')');
		if (state && state[2] == wanted)
			return;
		cr_assert(left_ms(process) > 0, "%s does not come to state %c: %s", process->name, wanted, line);
		sched_yield();
	}
}

void process_await_sleep(struct process *process)
{
	await_state(process, 'S');
}

void process_await_stopped(struct process *process)
{
	await_state(process, 'T');
}

static void append(struct bytes *bytes, const char *data, size_t size)
{
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
	bytes->data[bytes->size] = 0;
}

/* The agent's lines are whole lines, also where the program left a line unfinished before them. */
static void separate(struct outcome *outcome, struct bytes errors)
{
	static const char mark[] = "ttlog: ";
	outcome->err = no_bytes(errors.size);
	outcome->agent = no_bytes(errors.size);
	size_t at = 0;
	while (at < errors.size) {
		const char *line = errors.data + at;
		const char *newline = memchr(line, '\n', errors.size - at);
		const size_t size = newline ? (size_t)(newline - line) + 1 : errors.size - at;
		const char *found = memmem(line, size, mark, sizeof(mark) - 1);
		const size_t before = found ? (size_t)(found - line) : size;
		append(&outcome->err, line, before);
		append(&outcome->agent, line + before, size - before);
		outcome->agent_lines += before < size;
		at += size;
	}
}

struct outcome process_finish(struct process *process)
{
	while (process->out >= 0 || process->err >= 0 || !has_ended(process->pid))
		step(process);
	struct outcome outcome = {.pid = process->pid, .out = process->output, .directory = process->directory};
	take_status(process->pid, &outcome.status);
	if (process->agent) {
		separate(&outcome, process->errors);
	} else {
		outcome.err = process->errors;
		outcome.agent = no_bytes(0);
	}
	if (process->in >= 0)
		close(process->in);
	return outcome;
}

static bool is_started(pid_t pid)
{
	for (size_t i = 0; i < started_count && i < sizeof(started) / sizeof(*started); i++)
		if (started[i] == pid)
			return true;
	return false;
}

int process_orphan(pid_t *pid)
{
	struct process nobody = {.in = -1,
				 .out = -1,
				 .err = -1,
				 .limit_s = PROCESS_LIMIT_S * patience(),
				 .name = "an orphan",
				 .output = {"", 0},
				 .errors = {"", 0}};
	clock_gettime(CLOCK_MONOTONIC, &nobody.began);
	cr_assert(adopts, "orphans do not come here");
	for (;;) {
		for (size_t i = 0; i < ended_count; i++) {
			if (!ended[i].taken && !is_started(ended[i].pid)) {
				ended[i].taken = true;
				if (pid)
					*pid = ended[i].pid;
				return ended[i].status;
			}
		}
		struct pollfd polled = {child_events, POLLIN, 0};
		cr_assert(poll(&polled, 1, left_ms(&nobody)) > 0, "no orphan ended within %u s", nobody.limit_s);
		reap();
	}
}

struct outcome process_run(const struct process_setup *setup)
{
	return process_finish(process_start(setup));
}

const char *status_text(int status)
{
	static char texts[4][48];
	static unsigned turn;
	char *text = texts[turn++ % 4];
	if (WIFEXITED(status))
		snprintf(text, sizeof(texts[0]), "exit %d", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		snprintf(text, sizeof(texts[0]), "SIG%s%s", short_signal_name(WTERMSIG(status)),
			 WCOREDUMP(status) ? " (core dumped)" : "");
	else
		snprintf(text, sizeof(texts[0]), "status %#x", status);
	return text;
}
