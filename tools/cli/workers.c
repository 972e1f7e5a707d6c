#include "workers.h"

#include "calls.h"
#include "files.h"
#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIPE_BYTES (1 << 20) /* that a worker may be ahead */
#define CHUNK_MAX  (1u << 16)

enum chunk_kind { CHUNK_OUT, CHUNK_ERROR, CHUNK_END };

struct chunk {
	uint32_t kind, bytes; /* of an end: the status */
};

struct worker {
	pid_t pid;
	int fd; /* the end that we read */
	int signal;
	bool gone;
};

struct workers {
	const struct workers_task *task;
	struct worker *workers;
	unsigned count;
	struct progress progress;
	char data[CHUNK_MAX];
};

/* That this process may use. */
static unsigned count_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* In the worker --------------------------------------------------------------------------------------------------------------- */

static int pipe_fd;

static void put(const void *data, size_t bytes)
{
	const char *at = data;

	while (bytes) {
		const ssize_t put = write(pipe_fd, at, bytes);
		if (put < 0 && errno != EINTR)
			_exit(1); /* nobody reads on */
		at += put > 0 ? put : 0;
		bytes -= put > 0 ? (size_t)put : 0;
	}
}

static void put_chunk(enum chunk_kind kind, const char *data, size_t bytes)
{
	while (bytes) {
		const struct chunk chunk = {kind, bytes < CHUNK_MAX ? (uint32_t)bytes : CHUNK_MAX};
		put(&chunk, sizeof(chunk));
		put(data, chunk.bytes);
		data += chunk.bytes;
		bytes -= chunk.bytes;
	}
}

static ssize_t put_out(void *cookie, const char *data, size_t bytes)
{
	(void)cookie;
	put_chunk(CHUNK_OUT, data, bytes);
	return (ssize_t)bytes;
}

/* What was printed before stays before it. */
static ssize_t put_error(void *cookie, const char *data, size_t bytes)
{
	(void)cookie;
	fflush(stdout);
	put_chunk(CHUNK_ERROR, data, bytes);
	return (ssize_t)bytes;
}

/* Many files of many programs: a worker whom one of them takes over has a pipe, and no more. As far as the kernel can. */
static void give_up_rights(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)files_confine(NULL, 0);
	(void)calls_confine(CALLS_READING, 0);
}

static void work(const struct workers *workers, unsigned number)
{
	const struct workers_task *task = workers->task;

	give_up_rights();
	stdout = fopencookie(NULL, "w", (cookie_io_functions_t){.write = put_out});
	stderr = fopencookie(NULL, "w", (cookie_io_functions_t){.write = put_error});
	if (!stdout || !stderr)
		_exit(1);
	setvbuf(stdout, NULL, _IOFBF, CHUNK_MAX);
	for (size_t i = number; i < task->files; i += workers->count) {
		const int status = task->read(task->context, i);
		fflush(stderr);
		fflush(stdout);
		put(&(struct chunk){CHUNK_END, (uint32_t)status}, sizeof(struct chunk));
	}
	_exit(0);
}

/* In the caller --------------------------------------------------------------------------------------------------------------- */

static int start(struct workers *workers, unsigned number)
{
	const pid_t parent = getpid();
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	(void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES); /* fewer where the user has too many: it waits more often */
	pid = fork();
	if (pid == 0) {
		for (unsigned i = 0; i < number; i++)
			close(workers->workers[i].fd);
		close(ends[0]);
		pipe_fd = ends[1];
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			work(workers, number);
		_exit(1);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -EAGAIN;
	}
	workers->workers[number] = (struct worker){.pid = pid, .fd = ends[0]};
	return 0;
}

/* False: the worker is no more. */
static bool get(struct worker *worker, void *data, size_t bytes)
{
	char *at = data;

	while (bytes) {
		const ssize_t got = read(worker->fd, at, bytes);
		if (got == 0 || (got < 0 && errno != EINTR))
			return false;
		at += got > 0 ? got : 0;
		bytes -= got > 0 ? (size_t)got : 0;
	}
	return true;
}

/* `signal` is what it died of; 0 where it ended. */
static void reap(struct worker *worker)
{
	int status = 0;

	if (worker->gone)
		return;
	while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
		;
	worker->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	worker->gone = true;
}

static void show(struct workers *workers, const struct chunk *chunk)
{
	const struct workers_task *task = workers->task;

	if (chunk->kind == CHUNK_OUT && task->take) {
		task->take(task->context, workers->data, chunk->bytes);
		return;
	}
	progress_clear(&workers->progress);
	if (chunk->kind == CHUNK_ERROR)
		fflush(stdout);
	fwrite(workers->data, 1, chunk->bytes, chunk->kind == CHUNK_ERROR ? stderr : stdout);
}

/* The status of a file's end; -1: its reader died. */
static int copy(struct workers *workers, struct worker *worker)
{
	struct chunk chunk;

	while (!worker->gone && get(worker, &chunk, sizeof(chunk))) {
		if (chunk.kind == CHUNK_END)
			return (int)chunk.bytes;
		if (chunk.bytes > CHUNK_MAX || !get(worker, workers->data, chunk.bytes))
			break;
		show(workers, &chunk);
	}
	reap(worker);
	return -1;
}

static int take_all(struct workers *workers)
{
	const struct workers_task *task = workers->task;
	int result = 0;

	for (size_t i = 0; i < task->files && !result; i++) {
		struct worker *worker = &workers->workers[i % workers->count];
		const int status = copy(workers, worker);
		if (status < 0)
			progress_clear(&workers->progress);
		result = task->done(task->context, i, status, worker->signal);
		progress_show(&workers->progress, i + 1, task->files);
	}
	progress_clear(&workers->progress);
	return result;
}

/* Where it ends early the workers find that nobody reads on, or are told. */
static void end(struct workers *workers, unsigned started)
{
	for (unsigned i = 0; i < started; i++) {
		struct worker *worker = &workers->workers[i];
		close(worker->fd);
		if (!worker->gone)
			kill(worker->pid, SIGKILL);
		reap(worker);
	}
}

int workers_run(const struct workers_task *task)
{
	const unsigned wanted = task->jobs ? task->jobs : count_processors();
	struct workers *workers = calloc(1, sizeof(*workers));
	unsigned started = 0;
	int result = 0;

	if (!workers)
		return -ENOMEM;
	if (!task->files) {
		free(workers);
		return 0;
	}
	workers->task = task;
	workers->count = task->files < wanted ? (unsigned)task->files : wanted;
	workers->workers = calloc(workers->count, sizeof(*workers->workers));
	progress_begin(&workers->progress, task->progress);
	fflush(NULL);
	result = workers->workers ? 0 : -ENOMEM;
	while (!result && started < workers->count) {
		result = start(workers, started);
		started += !result;
	}
	if (!result)
		result = take_all(workers);
	end(workers, started);
	free(workers->workers);
	free(workers);
	return result;
}
