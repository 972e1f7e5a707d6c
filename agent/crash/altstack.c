/* Alternate signal stacks: without one, the handler of a stack overflow never runs. */
#include "crash.h"

#include "disposition.h"
#include "libc.h"
#include "recorder_file.h"
#include "syscalls.h"

#include <errno.h>
#include <string.h>

/*
 * The agent's handler needs 16 KB with the kernel's frame (AT_MINSIGSTKSZ is 3 KB here, 11 KB with AMX); the rest is for
 * handlers of the program that asked for SA_ONSTACK without setting a stack, and expect the thread's own. Untouched pages cost
 * nothing.
 */
enum { ALTSTACK_BYTES = 256 * 1024, GUARD_BYTES = 4096, SLOTS = 1024, LOOKS = 8 };

/* Owner of a slot that is on its way to a new thread. */
#define OWNER_LENT UINT32_MAX

/*
 * Stacks are kept for the next thread: making one costs 7 us, passing one on 0.3. No hook runs when a thread ends; a slot
 * whose owner is no thread any more is free (as lanes are).
 */
static struct altstack slots[SLOTS];
static uint32_t slots_used, next_look;
static bool address_space_limited;

/* Of this thread; NULL: none of ours. */
static __thread struct altstack *own __attribute__((tls_model("initial-exec")));

static bool map_stack(struct altstack *slot)
{
	if (slot->memory)
		return true;
	char *memory = sys_mmap(NULL, ALTSTACK_BYTES, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1);
	if (sys_mmap_failed(memory))
		return false;
	sys_mprotect(memory, GUARD_BYTES, PROT_NONE);
	slot->memory = memory;
	return true;
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
		if (owner == OWNER_LENT || (owner && sys_tgkill(sys_getpid(), (int)owner, 0) != -ESRCH))
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

struct altstack *altstack_lend(void)
{
	if (address_space_limited || recorder.sandboxed)
		return NULL;
	if (own) /* after fork the thread has a new tid: its slot must not look free */
		__atomic_store_n(&own->owner, (uint32_t)sys_gettid(), __ATOMIC_RELEASE);
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
	const stack_t stack = {.ss_sp = slot->memory + GUARD_BYTES, .ss_size = ALTSTACK_BYTES - GUARD_BYTES};
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

void altstack_install(void)
{
	struct rlimit space = {RLIM_INFINITY, RLIM_INFINITY};
	struct altstack *slot = altstack_lend();
	if (slot)
		altstack_adopt(slot);
	sys_getrlimit(RLIMIT_AS, &space);
	address_space_limited = space.rlim_cur != RLIM_INFINITY;
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
	if (own && before.ss_sp == own->memory + GUARD_BYTES) {
		const int on_it = before.ss_flags & SS_ONSTACK;
		memset(&before, 0, sizeof(before));
		before.ss_flags = on_it ? SS_ONSTACK : SS_DISABLE;
	}
	if (old)
		*old = before;
	return 0;
}
