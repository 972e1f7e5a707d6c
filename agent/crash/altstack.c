/* Alternate signal stacks: without one, the handler of a stack overflow never runs. */
#include "crash.h"

#include "disposition.h"
#include "libc.h"
#include "recorder_file.h"
#include "seldom.h"
#include "syscalls.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>

/*
 * What must fit: the kernel's frame with all the processor's registers (AT_MINSIGSTKSZ: 3 KB here, 11 KB with AMX); the
 * agent's handler, which used 2 KB of it (the snapshot of each death says how much: agent.altstack); and handlers of the
 * program that asked for SA_ONSTACK without setting a stack, and expect the thread's own. Untouched pages cost nothing.
 *
 * Each stack is two mappings, of the 65,530 that a process may have (vm.max_map_count): so there are not more of them.
 */
enum {
	HANDLER_BYTES = 16 * 1024,
	PROGRAM_BYTES = 224 * 1024,
	GUARD_BYTES = 4096,
	KERNEL_BYTES_MAX = 1024 * 1024, /* of a processor yet to come */
	SLOTS = 4096,
	LOOKS = 8
};

/* Owner of a slot that is on its way to a new thread. */
#define OWNER_LENT UINT32_MAX

/*
 * Stacks are kept for the next thread: making one costs 7 us, passing one on 0.3. No hook runs when a thread ends; a slot
 * whose owner is no thread any more is free (as lanes are).
 */
SELDOM static struct altstack slots[SLOTS];
static uint32_t slots_used, next_look;
static bool main_has_one;  /* from then on a limit of memory is the program's alone */
static size_t stack_bytes; /* of each, with its guard */

/* Of this thread; NULL: none of ours. */
static __thread struct altstack *own __attribute__((tls_model("initial-exec")));

/* Now: programs set their limits as they run. */
static bool memory_is_limited(void)
{
	struct rlimit space = {RLIM_INFINITY, RLIM_INFINITY}, data = space;
	sys_getrlimit(RLIMIT_AS, &space);
	sys_getrlimit(RLIMIT_DATA, &data);
	return space.rlim_cur != RLIM_INFINITY || data.rlim_cur != RLIM_INFINITY;
}

static bool map_stack(struct altstack *slot)
{
	if (slot->memory)
		return true;
	if (main_has_one && memory_is_limited())
		return false;
	char *memory = sys_mmap(NULL, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK,
				-1);
	if (sys_mmap_failed(memory))
		return false;
	sys_mprotect(memory, GUARD_BYTES, PROT_NONE);
	slot->memory = memory;
	return true;
}

static bool owner_gone(uint32_t owner)
{
	return sys_tgkill(sys_getpid(), (int)owner, 0) == -ESRCH;
}

static bool claim(struct altstack *slot, uint32_t owner)
{
	return __atomic_compare_exchange_n(&slot->owner, &owner, OWNER_LENT, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* One that had an owner, who is gone; a few are looked at in turn, so that a thread's start stays cheap. */
static struct altstack *claim_used(void)
{
	const uint32_t used = __atomic_load_n(&slots_used, __ATOMIC_ACQUIRE);
	for (uint32_t i = 0; i < LOOKS && i < used; i++) {
		struct altstack *slot = &slots[__atomic_fetch_add(&next_look, 1, __ATOMIC_RELAXED) % used];
		const uint32_t owner = __atomic_load_n(&slot->owner, __ATOMIC_RELAXED);
		if (owner == OWNER_LENT || (owner && !owner_gone(owner)))
			continue;
		if (claim(slot, owner))
			return slot;
	}
	return NULL;
}

static struct altstack *claim_fresh(void)
{
	uint32_t used = __atomic_load_n(&slots_used, __ATOMIC_RELAXED);
	while (used < SLOTS) {
		if (__atomic_compare_exchange_n(&slots_used, &used, used + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return claim(&slots[used], 0) ? &slots[used] : NULL;
	}
	return NULL;
}

/* After fork the thread has a new tid: its slot must not look free. A thread that shares another's TLS has none of its own. */
static void keep_own(void)
{
	if (own && owner_gone(__atomic_load_n(&own->owner, __ATOMIC_RELAXED)))
		__atomic_store_n(&own->owner, (uint32_t)sys_gettid(), __ATOMIC_RELEASE);
}

struct altstack *altstack_lend(void)
{
	if (recorder.sandboxed)
		return NULL;
	keep_own();
	struct altstack *slot = claim_used();
	if (!slot)
		slot = claim_fresh();
	if (!slot || map_stack(slot))
		return slot;
	altstack_return(slot);
	return NULL;
}

void altstack_return(struct altstack *slot)
{
	__atomic_store_n(&slot->owner, 0, __ATOMIC_RELEASE);
}

static bool activate(const struct altstack *slot)
{
	const stack_t stack = {.ss_sp = slot->memory + GUARD_BYTES, .ss_size = stack_bytes - GUARD_BYTES};
	return sys_sigaltstack(&stack, NULL) == 0;
}

void altstack_adopt(struct altstack *slot)
{
	stack_t now;
	const bool known = sys_sigaltstack(NULL, &now) == 0, free = known && (now.ss_flags & SS_DISABLE);
	if (known && !free)
		disposition_stack_set(); /* before our constructor */
	if (!free || !activate(slot)) {
		altstack_return(slot);
		return;
	}
	own = slot;
	__atomic_store_n(&slot->owner, (uint32_t)sys_gettid(), __ATOMIC_RELEASE);
}

static bool in_vfork_child(void)
{
	const int32_t pid = recorder_live_page.live.pid;
	return pid != 0 && pid != sys_getpid(); /* the memory is its parent's, the signal stack its own */
}

/* At their first event, threads that pthread_create(3) of ours did not make: raw clones with a TLS, those of look-ups on libc's handle. */
static void meet_thread(void)
{
	keep_own();
	if (own || in_vfork_child())
		return;
	struct altstack *slot = altstack_lend();
	if (slot)
		altstack_adopt(slot);
}

bool altstack_here_as(const void *frame, uint64_t *address, uint32_t *bytes)
{
	const char *const at = frame;
	if (!own || at < own->memory || at >= own->memory + stack_bytes)
		return false;
	*address = (uintptr_t)(own->memory + GUARD_BYTES);
	*bytes = (uint32_t)(stack_bytes - GUARD_BYTES);
	return true;
}

static size_t pages(size_t bytes)
{
	return (bytes + RECORDER_PAGE - 1) & ~(size_t)(RECORDER_PAGE - 1);
}

void altstack_install(void)
{
	const size_t kernel = getauxval(AT_MINSIGSTKSZ); /* 0: a kernel before 5.14 */
	stack_bytes = GUARD_BYTES + pages(HANDLER_BYTES + PROGRAM_BYTES + (kernel < KERNEL_BYTES_MAX ? kernel : KERNEL_BYTES_MAX));
	recorder.thread_met = meet_thread;
	struct altstack *slot = altstack_lend();
	if (slot)
		altstack_adopt(slot);
	main_has_one = true;
}

/*
 * Once the program has set one and taken it away the thread has none: its handlers that ask for one would run on ours, and in the
 * wrong place.
 */
int altstack_change(const stack_t *stack, stack_t *old)
{
	stack_t before;
	if (REAL(sigaltstack)(stack, &before) != 0)
		return -1;
	if (stack && !(stack->ss_flags & SS_DISABLE))
		disposition_stack_set();
	if (old && REAL(sigaltstack)(NULL, old) != 0) /* where nothing can be stored, the kernel says so */
		return -1;
	if (own && before.ss_sp == own->memory + GUARD_BYTES) {
		const int on_it = before.ss_flags & SS_ONSTACK;
		memset(&before, 0, sizeof(before));
		before.ss_flags = on_it ? SS_ONSTACK : SS_DISABLE;
	}
	if (old)
		*old = before;
	return 0;
}
