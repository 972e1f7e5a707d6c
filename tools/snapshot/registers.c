#include "registers.h"

#include "recorder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* System V psABI of x86_64, figure 3.36. */
static const char *const names_x86_64[] = {"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8",
					   "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip"};

/* AADWARF64, "DWARF register names"; the program counter has no number there. */
static const char *const names_aarch64[] = {"x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",  "x10",
					    "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",
					    "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp",  "pc"};

_Static_assert(COUNT(names_x86_64) <= CRASH_REGISTERS && COUNT(names_aarch64) <= CRASH_REGISTERS, "a crash record holds them all");

static const char *const *names_of(uint32_t count)
{
	if (count == COUNT(names_x86_64))
		return names_x86_64;
	return count == COUNT(names_aarch64) ? names_aarch64 : NULL;
}

void registers_fill(struct arena *arena, struct snapshot_thread *thread, const uint64_t *registers, uint32_t count)
{
	const char *const *names = names_of(count);
	if (!names)
		return;
	thread->registers = arena_alloc(arena, count, sizeof(*thread->registers));
	thread->register_count = count;
	for (uint32_t i = 0; i < count; i++)
		thread->registers[i] = (struct snapshot_register){names[i], registers[i]};
}
