/* pthread_create(3): each thread begins with an alternate signal stack, so that its stack overflow can be captured. */
#include "crash.h"
#include "libc.h"
#include "outlet.h"

#include <errno.h>

/* The program's function is the last call and becomes a jump: no frame of the agent's stays on the thread's stack. */
static void *begin_thread(void *data)
{
	struct altstack *slot = data;
	void *(*const start)(void *) = slot->start;
	void *const argument = slot->argument;
	altstack_adopt(slot);
	return start(argument);
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
	/* Before glibc 2.34 it is in libpthread, which a program may do without: one that asks nevertheless is answered that there are no threads. */
	const __typeof__(libc.pthread_create) real = &REAL(pthread_create);
	if (!real)
		return EAGAIN;
	stream_threads_begin();
	struct altstack *slot = agent_ready ? altstack_lend() : NULL;
	if (!slot)
		return real(thread, attributes, start, argument);
	slot->start = start;
	slot->argument = argument;
	const int error = real(thread, attributes, begin_thread, slot);
	if (error)
		altstack_return(slot);
	return error;
}
