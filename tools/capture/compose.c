#include "compose.h"

#include "arch_registers.h"
#include "modules.h"
#include "registers.h"
#include "unwind.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FRAMES_MAX = 256, SMALL_BYTES = 4096 };

/* Threads -------------------------------------------------------------------------------------------------------------------- */

/* First line of a file of /proc, or "". */
static void read_line(pid_t pid, const char *name, char *line, size_t bytes)
{
	size_t got;
	char *data = target_proc(pid, name, &got);
	snprintf(line, bytes, "%.*s", (int)(data ? strcspn(data, "\n") : 0), data ? data : "");
	free(data);
}

static const char *state_word(char letter)
{
	switch (letter) {
	case 'R':
		return "running";
	case 'S':
		return "sleeping";
	case 'D':
		return "disk";
	case 'T':
		return "stopped";
	case 't':
		return "traced";
	case 'Z':
	case 'X':
		return "zombie";
	default:
		return NULL;
	}
}

static void describe_thread(struct snapshot *snapshot, pid_t pid, const struct target_thread *from, struct snapshot_thread *thread)
{
	char path[64], line[SMALL_BYTES];
	thread->tid = (uint32_t)from->tid;
	snprintf(path, sizeof(path), "task/%d/comm", from->tid);
	read_line(pid, path, line, sizeof(line));
	thread->name = line[0] ? arena_string(&snapshot->arena, line) : NULL;
	thread->state = state_word(from->state);
}

static void add_registers(struct arena *arena, struct snapshot_thread *thread, const uint64_t *registers, uint32_t count)
{
	if (count > REGISTERS_KNOWN)
		count = REGISTERS_KNOWN;
	thread->registers = arena_alloc(arena, count, sizeof(*thread->registers));
	thread->register_count = count;
	for (uint32_t i = 0; i < count; i++)
		thread->registers[i] = (struct snapshot_register){register_names[i], registers[i]};
}

/* Hooks stand between the program and libc: they are none of the program's business, and would be there in no other tool's stack. */
static bool is_agent(const struct snapshot_module *module)
{
	const char *slash = strrchr(module->path, '/');
	return strcmp(slash ? slash + 1 : module->path, "libttlog_agent.so") == 0;
}

/* A return address belongs to the call before it: the module and the name are those of the byte before. */
static void add_frames(struct snapshot *snapshot, struct snapshot_thread *thread, const struct unwound_frame *frames, size_t count)
{
	thread->frames = arena_alloc(&snapshot->arena, count, sizeof(*thread->frames));
	for (size_t i = 0; i < count; i++) {
		const struct snapshot_module *module = snapshot_module_at(snapshot, frames[i].pc - !frames[i].interrupted);
		if (module && is_agent(module))
			continue;
		struct snapshot_frame *frame = &thread->frames[thread->frame_count++];
		frame->pc = frames[i].pc;
		if (!module)
			continue;
		frame->module = module->path;
		frame->build_id = module->build_id;
		frame->offset = frame->pc - module->base;
	}
}

/* `room`: of frames; 1 where only the registers can be believed. */
static void unwind_thread(struct snapshot *snapshot, struct unwinder *unwinder, struct snapshot_thread *thread,
			  const uint64_t *registers, uint32_t register_count, size_t room)
{
	static struct unwound_frame frames[FRAMES_MAX];
	add_registers(&snapshot->arena, thread, registers, register_count);
	if (unwinder)
		add_frames(snapshot, thread, frames, unwinder_run(unwinder, registers, frames, room, &thread->frames_cut));
}

/* The crashed thread --------------------------------------------------------------------------------------------------------- */

/*
 * The fault behind a death: the program's own handler had it first and has not returned, because the stack still leads through
 * the very instruction that faulted.
 */
static bool first_is_active(struct unwinder *unwinder, const struct crash_record *crash)
{
	static struct unwound_frame frames[FRAMES_MAX];
	bool cut;
	if (!unwinder || !crash->first.valid || crash->first.tid != crash->death.tid)
		return false;
	const size_t count = unwinder_run(unwinder, crash->death.regs, frames, FRAMES_MAX, &cut);
	for (size_t i = 0; i < count; i++) { /* 0: raised in the handler while blocked, delivered as it returned */
		if (frames[i].pc == crash->first.regs[ARCH_PC] && frames[i].sp == crash->first.regs[ARCH_SP])
			return true;
	}
	return false;
}

static int death_code(const struct crash_record *crash)
{
	siginfo_t info;
	memcpy(&info, crash->death.siginfo, sizeof(info));
	return info.si_code;
}

/* A death that the program's handler itself asked for is shown where the fault was; a fault inside the handler, where it is. */
static const struct crash_context *place_of_death(struct snapshot *snapshot, struct unwinder *unwinder,
						  const struct crash_record *crash)
{
	const bool active = first_is_active(unwinder, crash);
	if (!active)
		memset(&snapshot->first_signal, 0, sizeof(snapshot->first_signal));
	return active && death_code(crash) <= 0 ? &crash->first : &crash->death;
}

static void swap_threads(struct snapshot_thread *a, struct snapshot_thread *b)
{
	const struct snapshot_thread other = *a;
	*a = *b;
	*b = other;
}

static void add_threads(struct snapshot *snapshot, const struct target *target, const struct crash_record *crash,
			struct unwinder *unwinder, size_t room)
{
	const struct crash_context *place = crash && crash->death.valid ? place_of_death(snapshot, unwinder, crash) : NULL;
	size_t count = 0;
	snapshot->threads = arena_alloc(&snapshot->arena, target->thread_count, sizeof(*snapshot->threads));
	for (size_t i = 0; i < target->thread_count; i++) {
		const struct target_thread *from = &target->threads[i];
		if (from->ended && !(place && place->tid == (uint32_t)from->tid))
			continue;
		struct snapshot_thread *thread = &snapshot->threads[count++];
		describe_thread(snapshot, target->pid, from, thread);
		thread->crashed = place && place->tid == (uint32_t)from->tid;
		if (thread->crashed) {
			unwind_thread(snapshot, unwinder, thread, place->regs, place->regs_count, room);
			swap_threads(thread, &snapshot->threads[0]);
		} else if (from->stopped) {
			unwind_thread(snapshot, unwinder, thread, from->registers, from->register_count, room);
		}
	}
	snapshot->thread_count = count;
}

/* The process ---------------------------------------------------------------------------------------------------------------- */

static const char *read_link(struct arena *arena, pid_t pid, const char *name)
{
	char path[64], target[PATH_MAX];
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	const ssize_t bytes = readlink(path, target, sizeof(target));
	return bytes > 0 ? arena_bytes(arena, target, (size_t)bytes) : NULL;
}

static void split_cmdline(struct snapshot *snapshot, const char *data, size_t bytes)
{
	size_t count = 0;
	for (size_t i = 0; i < bytes; i++)
		count += data[i] == 0;
	snapshot->cmdline = arena_alloc(&snapshot->arena, count, sizeof(*snapshot->cmdline));
	for (size_t at = 0; at < bytes && snapshot->cmdline_count < count; at += strlen(data + at) + 1)
		snapshot->cmdline[snapshot->cmdline_count++] = arena_string(&snapshot->arena, data + at);
}

/* Time since the process began, to 10 ms: its recorder may have been made much later, at its first word or its death. 0: unknown. */
static uint64_t process_age_ns(pid_t pid)
{
	char line[SMALL_BYTES];
	struct timespec now;
	unsigned long long start = 0;
	read_line(pid, "stat", line, sizeof(line));
	const char *field = strrchr(line, ')');              /* end of field 2, which may hold anything */
	for (int number = 2; field && number < 22; number++) /* proc(5): starttime, in clock ticks since boot, is field 22 */
		field = strchr(field + 1, ' ');
	if (!field || sscanf(field, "%llu", &start) != 1 || clock_gettime(CLOCK_BOOTTIME, &now) != 0)
		return 0;
	const uint64_t began = start * (1000000000u / (unsigned long long)sysconf(_SC_CLK_TCK));
	const uint64_t present = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	return present > began ? present - began : 0;
}

/* A process without a recorder (it never said anything, or has no agent) is described by /proc alone. */
static void describe_process(struct snapshot *snapshot, pid_t pid)
{
	char line[256];
	size_t bytes;
	snapshot->pid = pid;
	if (!snapshot->created_at) {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		snapshot->created_at = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	}
	const uint64_t age = process_age_ns(pid);
	if (age > snapshot->uptime)
		snapshot->uptime = age;
	if (!snapshot->exe)
		snapshot->exe = read_link(&snapshot->arena, pid, "exe");
	if (!snapshot->cwd)
		snapshot->cwd = read_link(&snapshot->arena, pid, "cwd");
	if (!snapshot->service) {
		read_line(pid, "comm", line, sizeof(line));
		snapshot->service = arena_string(&snapshot->arena, line);
	}
	if (!snapshot->cmdline_count) {
		char *data = target_proc(pid, "cmdline", &bytes);
		if (data)
			split_cmdline(snapshot, data, bytes);
		free(data);
	}
}

/* False where the process may not be looked into (it changed its user, or forbade it): then what it noted itself has to do. */
static bool add_modules(struct snapshot *snapshot, pid_t pid, const struct recording *recording)
{
	size_t bytes;
	if (modules_read(snapshot, pid) == 0 && snapshot->module_count)
		return true;
	const char *maps = recording->present ? recorder_view_maps(&recording->copy.view, &bytes) : NULL;
	if (maps)
		snapshot_add_maps(snapshot, maps, bytes);
	return false;
}

void compose(struct snapshot *snapshot, const struct target *target, const struct recording *recording, const char *reason)
{
	const struct crash_record *crash = NULL;
	if (recording->present) {
		snapshot_add_recorder(snapshot, &recording->copy.view);
		snapshot_add_crash(snapshot, &recording->copy.view);
		crash = recorder_view_crash(&recording->copy.view);
	}
	if (crash && crash->reason != CRASH_SIGNAL)
		crash = NULL;
	snapshot_add_system(snapshot, target->pid);
	describe_process(snapshot, target->pid);
	const bool blind = !add_modules(snapshot, target->pid, recording);
	snapshot->reason = reason ? arena_string(&snapshot->arena, reason) : snapshot->signal.name;
	if (target->ptrace_error)
		snapshot_add_degradation(snapshot, degradation_name(__builtin_ctz(DEGRADED_PTRACE)));
	struct unwinder *unwinder = unwinder_create(target->pid);
	if (unwinder && crash)
		unwinder_add_copy(unwinder, crash->stack_address, crash->stack, crash->stack_bytes);
	/* Without the target's code and unwind tables every caller would be guessed. */
	add_threads(snapshot, target, crash, unwinder, blind ? 1 : FRAMES_MAX);
	if (unwinder)
		unwinder_destroy(unwinder);
}
