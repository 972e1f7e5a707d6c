/*
 * A program on its way into a sandbox. What needs system calls is done while they are still free; inside, a death is plain
 * stores (save.c, handler.c), unless the filter is known to harm nobody.
 */
#include "crash.h"

#include "clock.h"
#include "disposition.h"
#include "filter.h"
#include "lane.h"
#include "recorder_file.h"
#include "syscalls.h"

#include <linux/seccomp.h>

static bool harmed; /* a filter is, or may be, installed that kills for what the agent needs: for ever */

static bool in_vfork_child(void)
{
	const int32_t owner = recorder_live_page.live.pid;
	return owner != 0 && owner != sys_getpid(); /* its sandbox is not its parent's */
}

static void enter(void)
{
	if (recorder.sandboxed)
		return;
	lane_prepare();
	if (!crash_reserve_as())
		return;
	disposition_restrict(DISPOSITION_RESET);
	__atomic_store_n(&recorder.sandboxed, true, __ATOMIC_RELEASE);
}

static void leave(void)
{
	__atomic_store_n(&recorder.sandboxed, false, __ATOMIC_RELEASE);
	disposition_restrict(DISPOSITION_CAPTURE);
}

void crash_before_no_new_privileges(void)
{
	if (!in_vfork_child())
		enter();
}

/* That other threads keep theirs does not matter. */
static void avoid_counter(void)
{
	const bool counting = recorder_live_page.live.generation && recorder.clock_kind == CLOCK_KIND_TSC;
	clock_avoid_counter(counting ? &recorder.header->clock.begin : NULL);
	if (counting)
		recorder.clock_kind = CLOCK_COMPUTED;
}

void crash_before_counter_is_forbidden(void)
{
	if (!in_vfork_child())
		avoid_counter();
}

bool crash_before_seccomp(unsigned long mode, const void *program)
{
	const bool strict = mode != SECCOMP_MODE_FILTER;
	if (in_vfork_child())
		return false;
	if (!recorder.sandboxed || !harmed)
		harmed = strict || !filter_is_harmless(program);
	if (strict || (harmed && !filter_lets_ask(program)))
		recorder.asks_nobody = true;
	enter();
	if (recorder.sandboxed && (strict || !filter_lets_raise(program)))
		disposition_restrict(DISPOSITION_FAULTS);
	if (strict) {
		avoid_counter();
		clock_stand_still(true);
	}
	return !harmed;
}

void crash_after_seccomp(bool harmless, bool installed)
{
	if (harmless && installed)
		leave();
	if (!installed)
		clock_stand_still(false);
}
