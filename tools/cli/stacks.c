#include "stacks.h"

#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MS    30000 /* without a byte: the helper hangs */
#define ANSWER_BYTES ((size_t)64 << 20)

/* malloc'ed; NULL where it did not end well. */
static unsigned char *read_all(int in, size_t *bytes)
{
	struct pollfd ready = {.fd = in, .events = POLLIN};
	size_t room = 65536, used = 0;
	unsigned char *data = malloc(room);
	ssize_t got = -1;

	while (data && poll(&ready, 1, ANSWER_MS) == 1 && (got = read(in, data + used, room - used)) > 0) {
		used += (size_t)got;
		if (used == room) {
			unsigned char *more = room < ANSWER_BYTES ? realloc(data, room *= 2) : NULL;
			if (!more)
				break;
			data = more;
		}
	}
	*bytes = used;
	if (got == 0 && used)
		return data;
	free(data);
	return NULL;
}

static _Noreturn void become_reader(const char *path, int out)
{
	char *const arguments[] = {"ttlog-capture", "--threads-of", (char *)(uintptr_t)path, NULL};
	const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(out, STDOUT_FILENO);
	if (null >= 0)
		dup2(null, STDERR_FILENO); /* that there are no stacks is said in the snapshot */
	helper_become(arguments, NULL);
}

/* What the helper says of the file: malloc'ed, or NULL. */
static unsigned char *ask_helper(const char *path, size_t *bytes)
{
	unsigned char *answer;
	int ends[2], status = -1;
	pid_t helper;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return NULL;
	helper = fork();
	if (helper == 0)
		become_reader(path, ends[1]);
	close(ends[1]);
	answer = helper > 0 ? read_all(ends[0], bytes) : NULL;
	close(ends[0]);
	if (helper > 0 && !answer)
		kill(helper, SIGKILL);
	while (helper > 0 && waitpid(helper, &status, 0) < 0 && errno == EINTR)
		continue;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return answer;
	free(answer);
	return NULL;
}

static void copy_registers(struct arena *arena, struct snapshot_thread *to, const struct snapshot_thread *from)
{
	to->registers = arena_alloc(arena, from->register_count, sizeof(*to->registers));
	to->register_count = from->register_count;
	for (size_t i = 0; i < from->register_count; i++)
		to->registers[i] = (struct snapshot_register){arena_string(arena, from->registers[i].name),
							      from->registers[i].value};
}

static void copy_thread(struct snapshot *snapshot, const struct recorder_view *view, struct snapshot_thread *to,
			const struct snapshot_thread *from)
{
	struct arena *arena = &snapshot->arena;

	to->tid = from->tid;
	to->name = snapshot_thread_name(snapshot, view, from->tid);
	to->crashed = from->crashed;
	to->frames_cut = from->frames_cut;
	copy_registers(arena, to, from);
	to->frames = arena_alloc(arena, from->frame_count, sizeof(*to->frames));
	to->frame_count = from->frame_count;
	for (size_t i = 0; i < from->frame_count; i++)
		to->frames[i].pc = from->frames[i].pc;
}

static bool copy_threads(struct snapshot *snapshot, const struct recorder_view *view, const struct snapshot *from)
{
	if (!from->thread_count || !from->threads[0].frame_count)
		return false;
	snapshot->threads = arena_alloc(&snapshot->arena, from->thread_count, sizeof(*snapshot->threads));
	snapshot->thread_count = from->thread_count;
	for (size_t i = 0; i < from->thread_count; i++)
		copy_thread(snapshot, view, &snapshot->threads[i], &from->threads[i]);
	snapshot->first_signal = from->first_signal; /* told apart from the death by the stack */
	snapshot->first_signal.name = arena_string(&snapshot->arena, from->first_signal.name);
	snapshot->first_signal.code_name = arena_string(&snapshot->arena, from->first_signal.code_name);
	snapshot_add_degradation(snapshot, degradation_name(__builtin_ctz(DEGRADED_STACK_COPIES)));
	return true;
}

bool stacks_add(struct snapshot *snapshot, const struct recorder_view *view, const char *path)
{
	const struct crash_record *crash = recorder_view_crash(view);
	struct snapshot_error error;
	struct snapshot answer;
	size_t bytes = 0;
	unsigned char *cbor = crash && crash->reason == CRASH_SIGNAL && crash->death.valid ? ask_helper(path, &bytes) : NULL;
	bool added = false;

	if (!cbor)
		return false;
	snapshot_init(&answer);
	if (snapshot_decode(&answer, cbor, bytes, &error) == 0)
		added = copy_threads(snapshot, view, &answer);
	snapshot_fini(&answer);
	free(cbor);
	return added;
}
