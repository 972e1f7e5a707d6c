#include "compose.h"

#include "altstack.h"
#include "arch_registers.h"
#include "clock_now.h"
#include "clock_scale.h"
#include "from_identity.h"
#include "images.h"
#include "memory.h"
#include "modules.h"
#include "proc_number.h"
#include "registers.h"
#include "stages.h"
#include "unwind.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SMALL_BYTES = 4096, WAIT_MS_DEFAULT = 5000, WAIT_SHARE = 4 };

/* Threads -------------------------------------------------------------------------------------------------------------------- */

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

static void describe_thread(struct snapshot *snapshot, const struct target_thread *from, struct snapshot_thread *thread)
{
	thread->tid = (uint32_t)from->tid;
	thread->name = from->name[0] ? arena_string(&snapshot->arena, from->name) : NULL;
	thread->state = state_word(from->state);
}

/* Hooks stand between the program and libc: they are none of the program's business, and would be there in no other tool's stack. */
static bool is_agent(const struct snapshot_module *module)
{
	const char *slash = strrchr(module->path, '/');
	return strcmp(slash ? slash + 1 : module->path, "libttlog_agent.so") == 0;
}

static const char *found_word(enum frame_found found)
{
	static const char *const words[] = {
		[FOUND_BY_RETURN_ADDRESS] = "return_address",
		[FOUND_BY_FRAME_POINTER] = "frame_pointer",
		[FOUND_BY_SCAN] = "scan",
	};
	return words[found]; /* of unwind information: NULL */
}

/* Code that a program made while it ran stands in no file: it is shown as what it is, not by a name that stands nearby. */
static void place_in_memory(struct stacks *view, struct snapshot_frame *frame)
{
	const struct mapping *mapping = memory_mapping(view->memory, frame->pc);
	if (!mapping)
		return;
	frame->module = mapping->path_bytes ? arena_bytes(&view->snapshot->arena, mapping->path, mapping->path_bytes) : "[anon]";
	frame->offset = frame->pc - mapping->start;
}

/*
 * Anonymous memory between two mappings of a file, where the file has nothing: an older loader's segments leave holes, and the kernel puts the
 * next small mapping there. Where the file would have something, the program has laid other pages over its own code, and that is still its code.
 */
static bool in_hole(const struct memory *memory, uint64_t address)
{
	const struct mapping *mapping = memory_mapping(memory, address), *before, *after;
	if (!mapping || mapping->path_bytes)
		return false;
	before = memory_mapping(memory, mapping->start - 1);
	after = memory_mapping(memory, mapping->end);
	if ((before && !mapping_is_file(before)) || (after && !mapping_is_file(after)))
		return false;
	return !before || !after || after->offset - before->offset != after->start - before->start;
}

/* A return address belongs to the call before it: the module and the name are those of the byte before. False: a frame of the agent's. */
static bool add_frame(struct stacks *view, struct snapshot_thread *thread, const struct unwound_frame *from)
{
	const struct snapshot_module *module = snapshot_module_at(view->snapshot, from->pc - !from->exact);
	if (module && is_agent(module))
		return false;
	const bool innermost = thread->frame_count == 0;
	struct snapshot_frame *frame = &thread->frames[thread->frame_count++];
	frame->pc = from->pc;
	frame->exact = from->exact && !innermost;
	frame->found = found_word(from->found);
	if (module && !in_hole(view->memory, from->pc - !from->exact)) {
		frame->module = module->path;
		frame->build_id = module->build_id;
		frame->offset = frame->pc - module->base;
	} else {
		place_in_memory(view, frame);
	}
	return true;
}

static void add_frames(struct stacks *view, struct snapshot_thread *thread, const struct unwound_stack *stack)
{
	thread->frames = arena_alloc(&view->snapshot->arena, stack->count, sizeof(*thread->frames));
	for (size_t i = 0; i < stack->count; i++) {
		if (stack->omitted && i == UNWOUND_INNER) {
			thread->frames_omitted = stack->omitted;
			thread->frames_omitted_at = (uint32_t)thread->frame_count;
		}
		add_frame(view, thread, &stack->frames[i]);
	}
	thread->frames_cut = stack->cut;
}

/* A recorder may have been brought here from another machine. */
static bool is_of_this_processor(uint32_t register_count)
{
	return register_count == ARCH_PC + 1;
}

/* Of another processor it is known where a thread was, and not how it came there. */
static void unwind_thread(struct stacks *view, struct snapshot_thread *thread, const uint64_t *registers, uint32_t register_count)
{
	static struct unwound_stack stack;
	registers_fill(&view->snapshot->arena, thread, registers, register_count);
	if (!register_count || !view->unwinder)
		return;
	if (is_of_this_processor(register_count)) {
		unwinder_run(view->unwinder, registers, &stack);
	} else {
		stack.frames[0] = (struct unwound_frame){registers[register_count - 1], 0, true, FOUND_BY_TABLE};
		stack.count = stack.cut = 1;
		stack.omitted = 0;
	}
	add_frames(view, thread, &stack);
}

/* The crashed thread --------------------------------------------------------------------------------------------------------- */

/* The stack leads through the very instruction that this signal interrupted: its handler has not returned. */
static bool is_active(const struct crash_context *first, const struct unwound_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) { /* 0: raised in the handler while blocked, delivered as it returned */
		if (stack->frames[i].pc == first->regs[ARCH_PC] && stack->frames[i].sp == first->regs[ARCH_SP])
			return true;
	}
	return false;
}

static bool has_first(const struct crash_record *crash)
{
	for (unsigned i = 0; i < CRASH_FIRST; i++) {
		if (crash->first[i].valid)
			return true;
	}
	return false;
}

/* The signal behind a death, which the program's own handler had first: the oldest whose handler has not returned. NULL: none. */
static const struct crash_context *find_first(struct unwinder *unwinder, const struct crash_record *crash)
{
	static struct unwound_stack stack;
	const struct crash_context *oldest = NULL;
	if (!unwinder || !has_first(crash) || !is_of_this_processor(crash->death.regs_count))
		return NULL;
	unwinder_run(unwinder, crash->death.regs, &stack);
	for (unsigned i = 0; i < CRASH_FIRST; i++) {
		const struct crash_context *first = &crash->first[i];
		if (first->valid && is_active(first, &stack) && (!oldest || first->number < oldest->number))
			oldest = first;
	}
	return oldest;
}

/* What the processor raised (sigaction(2)); not what was sent, whoever sent it. */
static bool is_fault(const siginfo_t *info)
{
	const int number = info->si_signo;
	return info->si_code > 0 && (number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGFPE ||
				     number == SIGTRAP || number == SIGSYS);
}

/*
 * A death that the handler of a fault asked for is shown where the fault was, as is a signal that its handler has sent again; a
 * fault inside the handler, or an abort in what a SIGTERM began, where it is.
 */
static bool first_is_place(const struct crash_record *crash, const struct crash_context *first)
{
	siginfo_t death, noted;
	memcpy(&death, crash->death.siginfo, sizeof(death));
	memcpy(&noted, first->siginfo, sizeof(noted));
	return !is_fault(&death) && (is_fault(&noted) || death.si_signo == noted.si_signo);
}

/* 0: not known. */
static uint64_t time_of_first(const struct stacks *view, const struct crash_record *crash, const struct crash_context *first)
{
	const uint64_t ticks = crash->first_ticks[first - crash->first];
	struct clock_scale scale;
	struct clock_pair now;
	if (!ticks || !view->saved)
		return 0;
	now = clock_now(view->saved->header.clock.kind);
	clock_scale_init(&scale, &view->saved->header.clock, recorder_view_pairs(view->saved), &now);
	return (uint64_t)clock_scale_ns(&scale, clock_scale_era(&scale, ticks), ticks);
}

static const struct crash_context *place_of_death(struct stacks *view, const struct crash_record *crash)
{
	struct snapshot *snapshot = view->snapshot;
	const struct crash_context *first = find_first(view->unwinder, crash);
	memset(&snapshot->first_signal, 0, sizeof(snapshot->first_signal));
	if (!first)
		return &crash->death;
	snapshot_fill_signal(&snapshot->first_signal, first);
	snapshot->first_signal.timestamp = time_of_first(view, crash, first);
	return first_is_place(crash, first) ? first : &crash->death;
}

static void swap_threads(struct snapshot_thread *a, struct snapshot_thread *b)
{
	const struct snapshot_thread other = *a;
	*a = *b;
	*b = other;
}

/* What the thread saved of itself, or NULL. */
static const struct crash_thread *saved_thread(const struct recorder_view *view, uint32_t tid)
{
	for (uint32_t i = 0; view && i < view->header.threads_max; i++) {
		const struct crash_thread *saved = recorder_view_thread(view, i);
		if (saved && saved->tid == tid)
			return saved;
	}
	return NULL;
}

static void add_saved(struct stacks *view, struct snapshot_thread *thread)
{
	const struct crash_thread *saved = saved_thread(view->saved, thread->tid);
	if (!saved)
		return;
	memory_add_copy(view->memory, saved->stack_address, saved->stack, saved->stack_bytes);
	unwind_thread(view, thread, saved->regs, saved->regs_count);
}

/* The copy that was added last is read first. */
static void add_crash_copy(struct stacks *view, const struct crash_record *crash)
{
	if (crash)
		memory_add_copy(view->memory, crash->stack_address, crash->stack, crash->stack_bytes);
}

void compose_threads(struct stacks *view, const struct target *target, const struct crash_record *crash)
{
	struct snapshot *snapshot = view->snapshot;
	size_t count = 0;
	add_crash_copy(view, crash);
	const struct crash_context *place = crash && crash->death.valid ? place_of_death(view, crash) : NULL;
	snapshot->threads = arena_alloc(&snapshot->arena, target->thread_count, sizeof(*snapshot->threads));
	for (size_t i = 0; i < target->thread_count; i++) {
		const struct target_thread *from = &target->threads[i];
		if (from->ended && !(place && place->tid == (uint32_t)from->tid))
			continue;
		struct snapshot_thread *thread = &snapshot->threads[count++];
		describe_thread(snapshot, from, thread);
		thread->crashed = place && place->tid == (uint32_t)from->tid;
		if (thread->crashed) {
			add_crash_copy(view, crash);
			unwind_thread(view, thread, place->regs, place->regs_count);
			swap_threads(thread, &snapshot->threads[0]);
		} else if (from->stopped) {
			unwind_thread(view, thread, from->registers, from->register_count);
		} else {
			add_saved(view, thread);
		}
	}
	snapshot->thread_count = count;
}

/* The process ---------------------------------------------------------------------------------------------------------------- */

/* First line of a file of /proc, or "". */
static void read_line(pid_t pid, const char *name, char *line, size_t bytes)
{
	size_t got;
	char *data = target_proc(pid, name, &got);
	snprintf(line, bytes, "%.*s", (int)(data ? strcspn(data, "\n") : 0), data ? data : "");
	free(data);
}

static const char *read_link(struct arena *arena, pid_t pid, const char *name)
{
	char path[PROC_PATH_BYTES], target[PATH_MAX];
	proc_path(path, pid, name);
	const ssize_t bytes = readlink(path, target, sizeof(target));
	return bytes > 0 ? arena_bytes(arena, target, (size_t)bytes) : NULL;
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
			identity_add_cmdline(snapshot, data, bytes);
		free(data);
	}
}

/* The dying process waits only so long, and the rest of the capture takes its time too. */
static uint64_t time_for_stacks_ns(const struct recording *recording)
{
	const struct recorder_identity *identity = recording->present ? recorder_view_identity(&recording->copy.view) : NULL;
	const uint64_t wait_ms = identity && identity->capture_timeout_ms ? identity->capture_timeout_ms : WAIT_MS_DEFAULT;
	return wait_ms * 1000000u / WAIT_SHARE;
}

/* Where the process may not be looked into (it changed its user, or forbade it) the map that it noted itself has to do. */
static const char *maps_of(const struct recording *recording, char *text, size_t *bytes)
{
	return text && *bytes ? text : recording->present ? recorder_view_maps(&recording->copy.view, bytes) : NULL;
}

/* Some sandboxes show the maps and not the memory. What is mapped from a file is there in every process. */
static bool is_readable(const struct snapshot *snapshot, pid_t pid)
{
	unsigned char byte;
	return snapshot->module_count && target_read(pid, snapshot->modules[0].base, &byte, sizeof(byte)) == 1;
}

/* Code and unwind tables of the files on disk, in the place of the memory that may not be read. */
static struct images *use_files(struct stacks *view, struct symbols *symbols, const struct crash_record *crash)
{
	struct images *images = images_create(view->snapshot, true);
	if (images)
		memory_add_reader(view->memory, images_reader, images);
	if (symbols)
		symbols_add_build_ids(symbols, view->snapshot);
	if (crash)
		snapshot_add_degradation(view->snapshot, degradation_name(__builtin_ctz(DEGRADED_STACK_COPIES)));
	return images;
}

static void add_stacks(struct stacks *view, const struct target *target, const struct recording *recording,
		       const struct crash_record *crash)
{
	view->unwinder = unwinder_create(view->snapshot, view->memory);
	if (view->unwinder)
		unwinder_limit(view->unwinder, time_for_stacks_ns(recording));
	compose_threads(view, target, crash);
	if (view->unwinder)
		unwinder_destroy(view->unwinder);
}

/* From the maps on nothing is opened in its part of /proc. */
static void take_maps(struct composition *composition)
{
	struct snapshot *snapshot = composition->snapshot;
	const struct living *living = composition->living;
	const pid_t pid = composition->target->pid;
	size_t bytes = living ? living->maps_bytes : 0;
	char *text = living ? living->maps : target_proc(pid, "maps", &bytes);
	const char *maps = maps_of(composition->recording, text, &bytes);
	composition->text = living ? NULL : text;
	composition->memory = memory_create(pid, maps, bytes);
	if (maps)
		snapshot_add_maps(snapshot, maps, bytes);
	if (composition->memory)
		composition->lost = modules_open_lost(snapshot, pid, composition->memory);
}

void compose_look(struct composition *composition, const char *reason)
{
	struct snapshot *snapshot = composition->snapshot;
	const struct recording *recording = composition->recording;
	const struct target *target = composition->target;
	const struct crash_record *crash = NULL;
	if (recording->present) {
		composition->attached_ticks = clock_now(recording->copy.view.header.clock.kind).ticks;
		snapshot_add_recorder(snapshot, &recording->copy.view);
		snapshot_add_crash(snapshot, &recording->copy.view);
		crash = recorder_view_crash(&recording->copy.view);
	}
	composition->crash = crash && crash->reason == CRASH_SIGNAL ? crash : NULL;
	snapshot_add_system(snapshot, target->pid);
	snapshot_add_sender(snapshot);
	describe_process(snapshot, target->pid);
	snapshot->reason = reason ? arena_string(&snapshot->arena, reason) : snapshot->signal.name;
	if (target->ptrace_error)
		snapshot_add_degradation(snapshot, degradation_name(__builtin_ctz(DEGRADED_PTRACE)));
	take_maps(composition);
}

static void look_into(struct composition *composition, struct symbols *symbols)
{
	struct snapshot *snapshot = composition->snapshot;
	const struct recording *recording = composition->recording;
	struct stacks view = {
		.snapshot = snapshot, .memory = composition->memory, .saved = recording->present ? &recording->copy.view : NULL};
	struct images *images = NULL;
	if (composition->living)
		living_add_stacks(composition->living, view.memory);
	modules_read(snapshot, view.memory);
	if (!is_readable(snapshot, composition->target->pid))
		images = use_files(&view, symbols, composition->crash);
	add_stacks(&view, composition->target, recording, composition->crash);
	if (symbols)
		modules_offer_lost(snapshot, composition->lost, view.memory, symbols);
	images_destroy(images);
}

void compose_rest(struct composition *composition, struct symbols *symbols)
{
	struct snapshot *snapshot = composition->snapshot;
	const struct crash_record *crash = composition->crash;
	if (composition->memory)
		look_into(composition, symbols);
	if (crash)
		altstack_measure(snapshot, composition->target->pid, crash);
	if (crash && crash->began_ticks)
		stages_add(snapshot, &composition->recording->copy.view, crash, composition->attached_ticks);
}

void compose_release(struct composition *composition)
{
	memory_destroy(composition->memory);
	free(composition->lost);
	free(composition->text);
}
