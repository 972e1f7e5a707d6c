/* stingy.so - behind the agent: the threads that it makes for itself, detached, it gets every second time only. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

typedef int creator(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
	static unsigned calls;
	if (attributes && __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED) % 2 == 0)
		return EAGAIN;
	creator *real;
	*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	return real(thread, attributes, start, argument);
}
