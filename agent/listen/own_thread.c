#include "own_thread.h"

#include "clock.h"
#include "crash.h"
#include "lane.h"
#include "libc.h"
#include "namespace.h"
#include "recorder_file.h"
#include "syscalls.h"
#include "text.h"

#include <linux/prctl.h>
#include <pthread.h>
#include <stdlib.h>

enum { STACK_BYTES = 512 * 1024, WAIT_SLICE_MS = 50, FAULTS = 4 }; /* of the stack only what is used is memory */
enum { CHANGING = 1, CHANGE_NS = 2000000000 };

struct birth {
	struct own_thread thread;
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
	sys_prctl(PR_SET_NAME, (unsigned long)birth.thread.name);
	__atomic_store_n(birth.thread.tid, (uint32_t)sys_gettid(), __ATOMIC_RELEASE);
	sys_futex_wake(birth.thread.tid);
	birth.thread.body(birth.thread.tid);
	return NULL;
}

static void block_signals(sigset_t *before)
{
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, before);
}

void own_thread_take_faults(bool take)
{
	static const int faults[FAULTS] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
	sigset_t set;
	sigemptyset(&set);
	for (int i = 0; i < FAULTS; i++)
		sigaddset(&set, faults[i]);
	sigprocmask(take ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
}

static int create(struct birth *birth)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t before;
	const __typeof__(libc.pthread_create) real = &REAL(pthread_create);
	if (!real)
		return ENOSYS; /* before glibc 2.34: a program without libpthread */
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	REAL(pthread_attr_setstacksize)(&attributes, STACK_BYTES);
	block_signals(&before);
	int error = real(&thread, &attributes, begin, birth);
	if (error == EINVAL) {
		/* The thread-local memory of the program's libraries does not fit: libc's default takes it into account. */
		pthread_attr_destroy(&attributes);
		pthread_attr_init(&attributes);
		pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
		error = real(&thread, &attributes, begin, birth);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return error;
}

static int make(const struct own_thread *thread)
{
	struct birth *birth = malloc(sizeof(*birth));
	if (!birth)
		return -ENOMEM;
	*birth = (struct birth){*thread, altstack_lend()};
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
	const uint64_t until = clock_monotonic_ns() + CHANGE_NS;
	uint32_t tid = 0;
	while (!__atomic_compare_exchange_n(thread->tid, &tid, CHANGING, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		if (tid != CHANGING)
			return 0;
		if (thread_state.never_waits || !own_thread_await(thread->tid, CHANGING, until))
			return -EAGAIN;
		tid = 0;
	}
	const int error = make(thread);
	if (error)
		own_thread_end(thread->tid);
	return error;
}

void own_thread_closing(uint32_t *tid)
{
	__atomic_store_n(tid, CHANGING, __ATOMIC_SEQ_CST);
}

bool own_thread_keep_away(uint32_t *tid)
{
	uint32_t none = 0;
	return __atomic_compare_exchange_n(tid, &none, CHANGING, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

void own_thread_end(uint32_t *tid)
{
	__atomic_store_n(tid, 0, __ATOMIC_RELEASE);
	sys_futex_wake(tid);
}

static uint32_t park_wanted, parked; /* futexes: 1; how many are */

bool own_thread_parking(void (*leave)(void))
{
	if (!__atomic_load_n(&park_wanted, __ATOMIC_ACQUIRE))
		return false;
	if (leave)
		leave();
	__atomic_fetch_add(&parked, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&park_wanted, __ATOMIC_ACQUIRE))
		sys_futex_wait(&park_wanted, 1, NULL);
	__atomic_fetch_sub(&parked, 1, __ATOMIC_RELEASE);
	return true;
}

/* In the kernel, and not only on its way there. */
static bool sleeps(uint32_t tid)
{
	char path[64], state[64];
	struct text_writer text = text_begin(path, sizeof(path));
	text_string(&text, "/proc/self/task/");
	text_number(&text, tid, 10);
	text_string(&text, "/syscall");
	const int fd = proc_is_ours() ? sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) : -ENOENT;
	if (fd < 0)
		return true; /* not to be known: it has said that it is parked */
	const long bytes = sys_read(fd, state, sizeof(state) - 1);
	sys_close(fd);
	return bytes > 0 && state[0] != 'r'; /* "running" */
}

static bool is_parked(uint32_t tid)
{
	return tid == 0 || sleeps(tid);
}

static bool are_parked(const uint32_t takers[RECORDER_TAKERS])
{
	for (int i = 0; i < RECORDER_TAKERS; i++) {
		if (!is_parked(__atomic_load_n(&takers[i], __ATOMIC_ACQUIRE)))
			return false;
	}
	return true;
}

bool own_threads_park(void (*wake)(void), uint32_t timeout_ms)
{
	const struct timespec moment = {0, 1000000};
	const uint64_t until = clock_monotonic_ns() + timeout_ms * 1000000ull;
	const struct recorder_live *live = &recorder_live_page.live;
	uint32_t never = 0;
	__atomic_store_n(&park_wanted, 1, __ATOMIC_RELEASE);
	for (wake(); clock_monotonic_ns() < until; sys_futex_wait(&never, 0, &moment)) {
		const uint32_t listener = __atomic_load_n(&live->listener, __ATOMIC_ACQUIRE);
		const uint32_t writer = __atomic_load_n(&live->writer, __ATOMIC_ACQUIRE);
		/* The takers have nothing to do while the listener's is parked, and sleep. */
		const uint32_t wanted = (listener != 0) + (writer != 0);
		if (__atomic_load_n(&parked, __ATOMIC_ACQUIRE) >= wanted && is_parked(listener) && is_parked(writer) &&
		    are_parked(live->takers))
			return true;
	}
	return false;
}

void own_threads_unpark(void)
{
	if (__atomic_exchange_n(&park_wanted, 0, __ATOMIC_ACQ_REL))
		sys_futex_wake(&park_wanted);
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
