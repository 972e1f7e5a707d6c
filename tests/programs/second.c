/*
 * second.so - another preloaded library, of those that programs are run with: it stands before or behind the agent in write(2),
 * sigaction(2) and malloc(3), and passes everything on.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static ssize_t (*next_write)(int, const void *, size_t);
static int (*next_sigaction)(int, const struct sigaction *, struct sigaction *);
extern void *__libc_malloc(size_t bytes);
static volatile unsigned long calls;

__attribute__((constructor)) static void find(void)
{
	next_write = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	next_sigaction = (int (*)(int, const struct sigaction *, struct sigaction *))dlsym(RTLD_NEXT, "sigaction");
}

ssize_t write(int fd, const void *data, size_t bytes)
{
	if (!next_write)
		find();
	calls++;
	return next_write(fd, data, bytes);
}

int sigaction(int sig, const struct sigaction *action, struct sigaction *old)
{
	if (!next_sigaction)
		find();
	calls++;
	return next_sigaction(sig, action, old);
}

void *malloc(size_t bytes)
{
	calls++;
	return __libc_malloc(bytes);
}
