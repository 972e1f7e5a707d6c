#include "own_thread.h"

#include "clock.h"
#include "crash.h"
#include "libc.h"
#include "recorder_file.h"
#include "syscalls.h"

#include <linux/prctl.h>
#include <pthread.h>
#include <stdlib.h>

enum { STACK_BYTES = 512 * 1024, WAIT_SLICE_MS = 50, FAULTS = 7 }; /* of the stack only what is used is memory */

struct birth {
	const struct own_thread *thread;
	struct altstack *altstack; /* NULL: none to be had */
};

void *own_thread_map(size_t bytes)
{
	void *memory = sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	return sys_mmap_failed(memory) ? NULL : memory;
}

static void *begin(void *argument)
{
	const struct birth birth = *(struct birth *)argument;
	free(argument);
	if (birth.altstack)
		altstack_adopt(birth.altstack);
	sys_prctl(PR_SET_NAME, (unsigned long)birth.thread->name);
	__atomic_store_n(birth.thread->tid, (uint32_t)sys_gettid(), __ATOMIC_RELEASE);
	birth.thread->body();
	return NULL;
}

static void block_signals(sigset_t *before)
{
	static const int faults[FAULTS] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
	sigset_t all;
	sigfillset(&all);
	for (int i = 0; i < FAULTS; i++)
		sigdelset(&all, faults[i]);
	pthread_sigmask(SIG_SETMASK, &all, before);
}

static int create(struct birth *birth)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t before;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	block_signals(&before);
	const int error = REAL(pthread_create)(&thread, &attributes, begin, birth);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return error;
}

static int make(const struct own_thread *thread)
{
	struct birth *birth = malloc(sizeof(*birth));
	if (!birth)
		return -ENOMEM;
	*birth = (struct birth){thread, altstack_lend()};
	struct altstack *altstack = birth->altstack;
	const int error = create(birth);
	if (!error)
		return 0;
	if (altstack)
		altstack_return(altstack);
	free(birth);
	return -error;
}

int own_thread_begin(const struct own_thread *thread)
{
	uint32_t none = 0;
	if (!__atomic_compare_exchange_n(thread->tid, &none, 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return 0;
	const int error = make(thread);
	if (error)
		__atomic_store_n(thread->tid, 0, __ATOMIC_RELEASE);
	return error;
}

void own_thread_end(uint32_t *tid)
{
	__atomic_store_n(tid, 0, __ATOMIC_RELEASE);
	sys_futex_wake(tid);
}

bool own_thread_may_be_asked(void)
{
	return !recorder.sandboxed && recorder_live_page.live.pid == sys_getpid();
}

bool own_thread_await(uint32_t *word, uint32_t value, uint64_t until_ns)
{
	const struct timespec slice = {0, WAIT_SLICE_MS * 1000000l};
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value) {
		if (clock_monotonic_ns() >= until_ns)
			return false;
		sys_futex_wait(word, value, &slice);
	}
	return true;
}
