#include "living.h"

#include "arch_registers.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* More is not looked at either (UNWOUND_INNER frames of this size each). Below the stack pointer leaf functions keep things, x86-64 ABI 3.2.2. */
enum { STACK_BYTES_MAX = 256 * 1024, RED_ZONE_BYTES = 128 };

uint64_t living_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Up to where something else is mapped, or nothing. */
static void copy_stack(struct living *living, pid_t pid, const struct target_thread *thread)
{
	static unsigned char buffer[STACK_BYTES_MAX];
	struct living_stack *stack = &living->stacks[living->stack_count];
	if (!thread->stopped || thread->register_count <= ARCH_PC)
		return;
	stack->address = thread->registers[ARCH_SP] - RED_ZONE_BYTES;
	const ssize_t got = target_read(pid, stack->address, buffer, sizeof(buffer));
	stack->data = got > 0 ? malloc((size_t)got) : NULL;
	if (!stack->data)
		return;
	stack->bytes = (size_t)got;
	memcpy(stack->data, buffer, stack->bytes);
	living->stack_count++;
}

void living_take(struct living *living, struct target *target, uint64_t began_ns)
{
	memset(living, 0, sizeof(*living));
	living->began_ns = began_ns;
	living->stopped_ns = living_now_ns();
	living->stacks = calloc(target->thread_count, sizeof(*living->stacks));
	for (size_t i = 0; living->stacks && i < target->thread_count; i++)
		copy_stack(living, target->pid, &target->threads[i]);
	living->maps = target_proc(target->pid, "maps", &living->maps_bytes);
	target_resume(target);
	living->resumed_ns = living_now_ns();
}

void living_free(struct living *living)
{
	for (size_t i = 0; i < living->stack_count; i++)
		free(living->stacks[i].data);
	free(living->stacks);
	free(living->maps);
	memset(living, 0, sizeof(*living));
}

void living_add_stacks(const struct living *living, struct memory *memory)
{
	for (size_t i = 0; i < living->stack_count; i++)
		memory_add_copy(memory, living->stacks[i].address, living->stacks[i].data, living->stacks[i].bytes);
	memory_prefer_copies(memory);
}

/* exec maps everything anew, at random addresses. */
bool living_has_changed(const struct living *living, pid_t pid)
{
	size_t bytes;
	char *maps = living->maps ? target_proc(pid, "maps", &bytes) : NULL;
	const size_t first = maps && bytes ? strcspn(maps, "\n") : 0;
	const bool changed = first && strncmp(maps, living->maps, first) != 0;
	free(maps);
	return changed;
}

static void add_stage(struct snapshot *snapshot, const char *name, uint64_t ns)
{
	if (snapshot->agent.stage_count == sizeof(snapshot->agent.stages) / sizeof(snapshot->agent.stages[0]))
		return;
	snapshot->agent.stages[snapshot->agent.stage_count].name = name;
	snapshot->agent.stages[snapshot->agent.stage_count].ns = ns;
	snapshot->agent.stage_count++;
}

void living_add_stages(const struct living *living, struct snapshot *snapshot)
{
	add_stage(snapshot, "stopped", living->stopped_ns - living->began_ns);
	add_stage(snapshot, "resumed", living->resumed_ns - living->began_ns);
	add_stage(snapshot, "composed", living_now_ns() - living->began_ns);
}
