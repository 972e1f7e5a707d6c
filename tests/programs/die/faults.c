/* What the processor and the kernel punish. */
#include "die.h"

#include "faults.h"
#include "trap_filter.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

int *volatile null_pointer;
volatile int zero, one = 1;

DEATH(null_read)
{
	zero = *null_pointer;
	KEEP_FRAME();
}

/* Many other deaths end here, behind calls that leave something else in some registers with each run. */
DEATH(null_write)
{
	registers_settle();
	*null_pointer = 1;
	KEEP_FRAME();
}

DEATH(wild_write)
{
	int *volatile wild = (int *)0x10203040;
	*wild = 1;
	KEEP_FRAME();
}

DEATH(write_to_text)
{
	*(volatile char *)(uintptr_t)death_null_read = 1;
	KEEP_FRAME();
}

DEATH(jump_to_null)
{
	void (*volatile nowhere)(void) = NULL;
	nowhere();
	KEEP_FRAME();
}

static NOINLINE void jump_to(const void *where)
{
	((void (*)(void))(uintptr_t)where)();
	KEEP_FRAME();
}

/* Mapped, but not to be executed. */
DEATH(jump_to_data)
{
	jump_to((const void *)&zero);
	KEEP_FRAME();
}

DEATH(wild_read)
{
	zero = *(volatile int *)0x10203040;
	KEEP_FRAME();
}

DEATH(write_to_constant)
{
	static const char text[] = "not to be changed";
	*(volatile char *)(uintptr_t)text = 1;
	KEEP_FRAME();
}

DEATH(noncanonical)
{
	zero = *fault_noncanonical_address();
	KEEP_FRAME();
}

DEATH(division)
{
	zero = fault_division(one, zero);
	KEEP_FRAME();
}

DEATH(illegal_instruction)
{
	fault_illegal_instruction();
	KEEP_FRAME();
}

DEATH(privileged_instruction)
{
	fault_privileged_instruction();
	KEEP_FRAME();
}

DEATH(breakpoint)
{
	fault_breakpoint();
	KEEP_FRAME();
}

DEATH(bus_error)
{
	const int fd = open(".", O_TMPFILE | O_RDWR, 0600);
	if (fd < 0 || ftruncate(fd, 8192) != 0)
		_exit(91);
	volatile char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED || ftruncate(fd, 0) != 0)
		_exit(92);
	registers_settle();
	map[4096] = 1;
	KEEP_FRAME();
}

DEATH(bad_syscall)
{
	syscall(SYS_getppid); /* who interposes it has looked for libc's then, which leaves something in vector registers */
	trap_getpriority();
	registers_settle();
	syscall(SYS_getpriority, 0, 0, 0, 0, 0, 0); /* all six: syscall(3) loads them all */
	KEEP_FRAME();
}

static NOINLINE int overflow_stack(volatile char *above)
{
	volatile char here[512];
	here[0] = *above;
	if (one == 0) /* never, but the compiler cannot know */
		return 0;
	return overflow_stack(here) + here[0];
}

DEATH(stack_overflow)
{
	char first = 1;
	registers_settle();
	zero = overflow_stack(&first);
}

/* The stack pointer is gone with all that was on the stack. */
DEATH(destroyed_stack)
{
	fault_without_stack();
	KEEP_FRAME();
}

DEATH(stack_segment)
{
	fault_stack_segment();
	KEEP_FRAME();
}

/* All return addresses above are overwritten; it dies of the first that is used. */
DEATH(destroyed_returns)
{
	char here[8];
	char *volatile where = here;
	memset(where, 0x40, 256);
	KEEP_FRAME();
}

/* The catalogue of this file ------------------------------------------------------------------------------------------------- */

const struct death fault_deaths[] = {
	ROW(null_read),       ROW(null_write),    ROW(wild_write),        ROW(write_to_text),  ROW(jump_to_null),
	ROW(jump_to_data),    ROW(wild_read),     ROW(write_to_constant), ROW(noncanonical),   ROW(privileged_instruction),
	ROW(destroyed_stack), ROW(stack_segment), ROW(destroyed_returns), ROW(division),       ROW(illegal_instruction),
	ROW(breakpoint),      ROW(bus_error),     ROW(bad_syscall),       ROW(stack_overflow), {NULL, NULL},
};
