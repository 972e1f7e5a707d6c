#include "containment.h"

#include "arch_context.h"
#include "lane.h"
#include "libc.h"
#include "listener.h"
#include "syscalls.h"
#include "turn_taker.h"
#include "variables.h"

const void *containment_object_of(uintptr_t address)
{
	struct found_object object;
	if (!libc.find_object || libc.find_object((void *)address, &object) != 0)
		return NULL;
	return (const void *)object.map_start;
}

/* The listener that the calling thread can fall out of; NULL: it is in none. */
static struct listener *contained(void)
{
	const uint32_t tid = thread_state.never_waits ? (uint32_t)sys_gettid()
						      : 0; /* not thread_state.tid: a vfork child has that too */
	struct listener *listener = tid ? listener_of(tid) : NULL;
	return listener && listener->object && taker_catches(listener->taker, tid) ? listener : NULL;
}

void containment_fault_as(int signal, const void *context)
{
	struct listener *listener = contained();
	const uintptr_t code = arch_context_code(context);
	if (!listener || containment_object_of(code) != listener->object)
		return;
	listener->fell_at = code - (uintptr_t)listener->object;
	listener->fell_of = variables_signal_name(signal);
	taker_fall(listener->taker);
}

void containment_end(const char *how)
{
	struct listener *listener = contained();
	if (!listener)
		return;
	listener->fell_at = 0;
	listener->fell_of = how;
	taker_fall(listener->taker);
}
