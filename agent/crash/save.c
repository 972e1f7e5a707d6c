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

/* In pages: what lies behind the end of the stack answers -EFAULT, and what came before is kept. */
static void save_stack_as(struct crash_record *crash, uintptr_t stack_pointer)
{
	const uintptr_t begin = stack_pointer - ARCH_RED_ZONE;
	uint32_t used = 0;
	while (used < sizeof(crash->stack)) {
		const uintptr_t at = begin + used;
		size_t bytes = RECORDER_PAGE - (at & (RECORDER_PAGE - 1));
		if (bytes > sizeof(crash->stack) - used)
			bytes = sizeof(crash->stack) - used;
		const long copied = sys_copy_memory((int)recorder.header->pid, crash->stack + used, (const void *)at, bytes);
		if (copied <= 0)
			break;
		used += (uint32_t)copied;
	}
	crash->stack_address = begin;
	crash->stack_bytes = used;
}

/* glibc's struct abort_msg_s { unsigned int size; char msg[]; }: checked with 2.31 to 2.36. */
static void save_abort_message_as(struct crash_record *crash)
{
	const char *message = libc.abort_message ? *libc.abort_message : NULL;
	if (!message)
		return;
	const long copied = sys_copy_memory((int)recorder.header->pid, crash->message, message + sizeof(unsigned),
					    sizeof(crash->message) - 1);
	uint32_t bytes = 0;
	while (copied > 0 && bytes < (uint32_t)copied && crash->message[bytes])
		bytes++;
	while (bytes && crash->message[bytes - 1] == '\n')
		bytes--;
	crash->message[bytes] = 0;
	crash->message_bytes = bytes;
}

bool crash_save_as(int signal, const siginfo_t *info, const void *context)
{
	if (!crash_reserve_as())
		return false;
	recorder_follow_user();
	struct crash_record *crash = recorder.crash;
	crash->began_ticks = clock_ticks(recorder.clock_kind);
	recorder.header->state = RECORDER_DYING;
	crash->reason = CRASH_SIGNAL;
	crash->signal = (uint32_t)signal;
	crash_save_context_as(&crash->death, (uint32_t)sys_gettid(), info, context);
	crash_save_first_chances_as(crash, crash->death.tid);
	save_abort_message_as(crash);
	save_stack_as(crash, arch_context_stack(context));
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
