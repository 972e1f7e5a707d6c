/*
 * single_step.h - SIGTRAP after each instruction between step_begin() and step_end(): who has a handler for it may interrupt the code in
 * between everywhere. Only the kernel may set MDSCR_EL1.SS, so a child traces the thread: it steps, hands it the signal, and waits for the
 * handler's return. An exclusive load and its store are one step, for an exception between them makes the store fail, each time; a signal
 * there is one before the load, for it is made again. Until then words of brk stand behind the store, and where a branch leads out.
 */
#ifndef TTLOG_TESTS_SINGLE_STEP_H
#define TTLOG_TESTS_SINGLE_STEP_H

#include <elf.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEP_BRK_BEGIN = 0xb0, STEP_BRK_END = 0xe0, STEP_EXCLUSIVE_MAX = 16 /* instructions */ };
#define STEP_BRK(number) (0xd4200000u | (uint32_t)(number) << 5)

static volatile uint64_t step_wanted; /* read by the tracer */
static pid_t step_tracer;
static cpu_set_t step_processors; /* of the thread, when it is not stepped */

/* Of the tracer. What fails there ends it, and the thread with it ------------------------------------------------------------------ */

static inline long step_ask(int request, pid_t thread, uintptr_t address, uintptr_t data)
{
	errno = 0;
	const long answer = ptrace(request, thread, address, data);
	if (errno)
		_exit(2);
	return answer;
}

/* Lets it go on. The stop behind that; a stop at a system call has bit 7 in its signal. */
static inline int step_resume(int request, pid_t thread, int signal)
{
	int status;
	step_ask(request, thread, 0, (uintptr_t)signal);
	if (waitpid(thread, &status, __WALL) != thread || !WIFSTOPPED(status))
		_exit(3);
	return WSTOPSIG(status);
}

static inline struct user_regs_struct step_registers(pid_t thread)
{
	struct user_regs_struct registers;
	struct iovec place = {&registers, sizeof(registers)};
	step_ask(PTRACE_GETREGSET, thread, NT_PRSTATUS, (uintptr_t)&place);
	return registers;
}

static inline uint32_t step_instruction(pid_t thread, uint64_t at)
{
	return (uint32_t)(step_ask(PTRACE_PEEKTEXT, thread, at & ~7ull, 0) >> (at & 4) * 8);
}

static inline void step_patch(pid_t thread, uint64_t at, uint32_t instruction)
{
	const unsigned shift = (unsigned)(at & 4) * 8;
	const uint64_t word = (uint64_t)step_ask(PTRACE_PEEKTEXT, thread, at & ~7ull, 0) & ~(0xffffffffull << shift);
	step_ask(PTRACE_POKETEXT, thread, at & ~7ull, word | (uint64_t)instruction << shift);
}

static inline void step_over_brk(pid_t thread)
{
	struct user_regs_struct registers = step_registers(thread);
	struct iovec place = {&registers, sizeof(registers)};
	registers.pc += 4;
	step_ask(PTRACE_SETREGSET, thread, NT_PRSTATUS, (uintptr_t)&place);
}

static inline bool step_is_exclusive_load(uint32_t instruction)
{
	return (instruction & 0x3fe00000) == 0x08400000;
}

static inline bool step_is_exclusive_store(uint32_t instruction)
{
	return (instruction & 0x3fe00000) == 0x08000000;
}

/* Of a branch that depends on something: where it leads. 0: it is none. */
static inline uint64_t step_branch(uint32_t instruction, uint64_t at)
{
	const bool on_flags = (instruction & 0xff000010) == 0x54000000, on_zero = (instruction & 0x7e000000) == 0x34000000;
	if (on_flags || on_zero)
		return at + (uint64_t)((int64_t)(int32_t)(instruction << 8) >> 13) * 4;
	return (instruction & 0x7e000000) == 0x36000000 ? at + (uint64_t)((int64_t)(int32_t)(instruction << 13) >> 18) * 4 : 0;
}

/* From the load on, to behind the store or where the branch leads that may stand between them. */
static inline int step_over_exclusive(pid_t thread, uint64_t load)
{
	uint64_t store = load, leave = 0;
	uint32_t instruction = 0;
	for (unsigned i = 0; i < STEP_EXCLUSIVE_MAX && !step_is_exclusive_store(instruction); i++) {
		store += 4;
		instruction = step_instruction(thread, store);
		leave = leave ? leave : step_branch(instruction, store);
	}
	if (!step_is_exclusive_store(instruction))
		_exit(4);
	const uint64_t ends[] = {store + 4, leave ? leave : store + 4};
	const uint32_t were[] = {step_instruction(thread, ends[0]), step_instruction(thread, ends[1])};
	step_patch(thread, ends[0], STEP_BRK(0));
	step_patch(thread, ends[1], STEP_BRK(0));
	const int stop = step_resume(PTRACE_CONT, thread, 0);
	step_patch(thread, ends[0], were[0]);
	step_patch(thread, ends[1], were[1]);
	return stop;
}

/* The handler runs as it does without a tracer; it is over behind its last system call, which brings the interrupted code back. */
static inline void step_interrupt(pid_t thread)
{
	int stop = step_resume(PTRACE_SYSCALL, thread, SIGTRAP);
	while (step_registers(thread).regs[8] != SYS_rt_sigreturn)
		stop = step_resume(PTRACE_SYSCALL, thread, stop & 0x80 ? 0 : stop);
	step_resume(PTRACE_SYSCALL, thread, 0);
}

/* Whether the thread is to be stepped on: its handler may have said no, and its code is over at a brk. */
static inline bool step_once(pid_t thread)
{
	const uint64_t at = step_registers(thread).pc;
	const uint32_t instruction = step_instruction(thread, at);
	if (instruction == STEP_BRK(STEP_BRK_END))
		return false;
	int stop = step_is_exclusive_load(instruction) ? step_over_exclusive(thread, at)
						       : step_resume(PTRACE_SINGLESTEP, thread, 0);
	if (stop != SIGTRAP)
		_exit(5);
	step_interrupt(thread);
	if (step_ask(PTRACE_PEEKDATA, thread, (uintptr_t)&step_wanted, 0))
		return true;
	if (step_resume(PTRACE_CONT, thread, 0) != SIGTRAP)
		_exit(6);
	return false;
}

static inline _Noreturn void step_trace(pid_t thread, int ready)
{
	step_ask(PTRACE_SEIZE, thread, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	int status;
	if (write(ready, "", 1) != 1 || waitpid(thread, &status, __WALL) != thread)
		_exit(7);
	step_over_brk(thread);
	while (step_once(thread))
		;
	step_over_brk(thread);
	step_ask(PTRACE_DETACH, thread, 0, 0);
	_exit(0);
}

/* Of who is stepped ------------------------------------------------------------------------------------------------------------- */

/* NULL, or why there are no steps. */
static inline const char *step_impossible(void)
{
	const pid_t child = fork();
	int status;
	if (child == 0)
		_exit(ptrace(PTRACE_TRACEME, 0, 0, 0) != 0);
	return waitpid(child, &status, 0) == child && status == 0 ? NULL : "no ptrace(2)";
}

static inline __attribute__((always_inline)) void step_begin(void)
{
	int ready[2];
	char byte;
	const pid_t thread = gettid();
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	/* They take turns: on one processor that is ten times as fast. */
	sched_getaffinity(0, sizeof(step_processors), &step_processors);
	sched_setaffinity(0, sizeof(one), &one);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	if (pipe(ready) != 0 || (step_tracer = fork()) < 0)
		abort();
	if (step_tracer == 0)
		step_trace(thread, ready[1]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		abort();
	close(ready[0]);
	step_wanted = 1;
	__asm__ volatile("brk %0" ::"i"(STEP_BRK_BEGIN) : "memory");
}

static inline __attribute__((always_inline)) void step_end(void)
{
	int status;
	__asm__ volatile("brk %0" ::"i"(STEP_BRK_END) : "memory");
	sched_setaffinity(0, sizeof(step_processors), &step_processors);
	if (waitpid(step_tracer, &status, 0) != step_tracer || status != 0)
		abort();
}

/* The same for the code that a handler has interrupted. */
static inline void step_end_in(void *interrupted)
{
	(void)interrupted;
	step_wanted = 0;
}

#endif
