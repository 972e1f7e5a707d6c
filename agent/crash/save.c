/* The state of the dying thread, as the kernel handed it to the handler, into the crash record. */
#include "crash.h"

#include "arch_context.h"
#include "clock.h"
#include "config.h"
#include "lane.h"
#include "libc.h"
#include "recorder_file.h"
#include "syscalls.h"

#include <errno.h>
#include <string.h>

_Static_assert(sizeof(siginfo_t) <= CRASH_SIGINFO_BYTES, "the kernel's siginfo is 128 bytes");
_Static_assert(ARCH_REGISTERS <= CRASH_REGISTERS, "room for the registers of this architecture");

enum { STACK_GAP_PAGES = 16 };

static bool reserved; /* the crash record has memory behind it */
static uint32_t reserved_generation;

/* Where the recorder's file system is full, the record goes to private memory: the helper reads it from the target. */
bool crash_reserve_as(void)
{
	const uint32_t generation = recorder_get();
	if (!generation)
		return false;
	if (reserved && reserved_generation == generation)
		return true;
	if (recorder_reserve(recorder.crash, sizeof(*recorder.crash)) != 0) {
		void *memory = sys_mmap(NULL, sizeof(*recorder.crash), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
		if (sys_mmap_failed(memory))
			return false;
		recorder.crash = memory;
		recorder.header->degradations |= DEGRADED_CRASH_MEMORY;
	}
	reserved_generation = generation;
	reserved = true;
	return true;
}

void crash_save_context_as(struct crash_context *saved, uint32_t tid, const siginfo_t *info, const void *context)
{
	saved->tid = tid;
	saved->regs_count = ARCH_REGISTERS;
	arch_context_registers(context, saved->regs);
	arch_context_fault(context, &saved->fault_trapno, &saved->fault_error);
	memcpy(saved->siginfo, info, sizeof(*info));
	__atomic_store_n(&saved->valid, 1, __ATOMIC_RELEASE);
}

/* Bytes to the end of the page, or to the end of the room. */
static size_t piece(uintptr_t at, size_t room)
{
	const size_t bytes = RECORDER_PAGE - (at & (RECORDER_PAGE - 1));
	return bytes < room ? bytes : room;
}

/* In pages: what lies behind the end of the stack answers -EFAULT, and what came before is kept. */
uint32_t crash_save_stack_as(unsigned char *to, uint32_t room, uint64_t *from)
{
	uint32_t used = 0;
	long copied = crash_copy_as(to, (const void *)(uintptr_t)*from, piece(*from, room));
	/* An overflowing stack pointer stands beyond the stack: what there is begins some pages on. */
	for (int pages = 0; copied <= 0 && pages < STACK_GAP_PAGES; pages++) {
		*from += piece(*from, RECORDER_PAGE);
		copied = crash_copy_as(to, (const void *)(uintptr_t)*from, piece(*from, room));
	}
	while (copied > 0) {
		used += (uint32_t)copied;
		copied = used < room ? crash_copy_as(to + used, (const void *)(uintptr_t)(*from + used),
						     piece(*from + used, room - used))
				     : 0;
	}
	return used;
}

/* glibc's struct abort_msg_s { unsigned int size; char msg[]; }: checked with 2.31 to 2.36. */
static void save_abort_message_as(struct crash_record *crash)
{
	const char *message = libc.abort_message ? *libc.abort_message : NULL;
	if (!message)
		return;
	const long copied = crash_copy_as(crash->message, message + sizeof(unsigned), sizeof(crash->message) - 1);
	uint32_t bytes = 0;
	while (copied > 0 && bytes < (uint32_t)copied && crash->message[bytes])
		bytes++;
	while (bytes && crash->message[bytes - 1] == '\n')
		bytes--;
	crash->message[bytes] = 0;
	crash->message_bytes = bytes;
}

/* For /proc, one at a time: the process needs none of those that it may have beyond its soft limit any more. */
static void lift_descriptor_limit_as(void)
{
	struct rlimit limit;
	if (sys_getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	SYS4(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
}

bool crash_save_as(int signal, const siginfo_t *info, const void *context)
{
	if (!crash_reserve_as())
		return false;
	recorder_follow_user();
	lift_descriptor_limit_as();
	struct crash_record *crash = recorder.crash;
	crash->began_ticks = clock_ticks(recorder.clock_kind);
	recorder.header->state = RECORDER_DYING;
	crash->reason = CRASH_SIGNAL;
	crash->signal = (uint32_t)signal;
	crash_save_context_as(&crash->death, (uint32_t)sys_gettid(), info, context);
	crash_save_first_chances_as(crash, crash->death.tid);
	save_abort_message_as(crash);
	crash->stack_address = arch_context_stack(context) - ARCH_RED_ZONE;
	crash->stack_bytes = crash_save_stack_as(crash->stack, sizeof(crash->stack), &crash->stack_address);
	altstack_here_as(__builtin_frame_address(0), &crash->altstack_address, &crash->altstack_bytes);
	recorder_note_maps();
	recorder.header->clock.end = clock_pair_now((enum clock_kind)recorder.clock_kind);
	crash->saved_ticks = clock_ticks(recorder.clock_kind);
	return true;
}

/* In a sandbox -------------------------------------------------------------------------------------------------------------- */

void crash_save_in_sandbox_as(int signal, const siginfo_t *info, const void *context)
{
	struct crash_record *crash = recorder.crash;
	if (recorder_live_page.live.generation != reserved_generation)
		return; /* a forked child that has not prepared itself */
	recorder.header->state = RECORDER_DYING;
	recorder.header->degradations |= DEGRADED_SANDBOX;
	crash->reason = CRASH_SIGNAL;
	crash->signal = (uint32_t)signal;
	crash_save_context_as(&crash->death, thread_state.tid, info, context);
	crash_save_first_chances_as(crash, crash->death.tid);
	recorder.header->clock.end = clock_pair_now((enum clock_kind)recorder.clock_kind);
}
