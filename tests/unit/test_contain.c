/* A library's crash takes what stands in its hands, and nothing else. */
#include "contain.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

TestSuite(contain, .timeout = 60);

static volatile int begun, heard;

static void work_well(void *number)
{
	begun++;
	*(int *)number = errno;
	errno = ENOMEM;
}

static void work_to_null(void *unused)
{
	(void)unused;
	begun++;
	*(volatile int *)NULL = 1;
}

static void work_to_abort(void *unused)
{
	(void)unused;
	abort();
}

static void *crash_alone(void *unused)
{
	work_to_null(unused);
	return NULL;
}

static void work_by_thread(void *unused)
{
	pthread_t thread;
	(void)unused;
	if (pthread_create(&thread, NULL, crash_alone, NULL) == 0)
		pthread_join(thread, NULL);
}

static void hear(int number)
{
	heard = number;
}

static void work_to_raise(void *number)
{
	raise(*(int *)number);
}

Test(contain, work_is_done_and_its_errno_seen)
{
	struct contained library = {0};
	int number = -1;
	errno = EIO;
	cr_expect(contain(&library, work_well, &number));
	cr_expect(number == 0 && errno == ENOMEM && begun == 1);
}

Test(contain, what_has_crashed_is_not_called_again)
{
	struct contained library = {0}, other = {0};
	int number = -1;
	cr_expect(!contain(&library, work_to_null, NULL));
	cr_expect(library.crashed == SIGSEGV, "%d", library.crashed);
	cr_expect(!contain(&library, work_well, &number) && begun == 1);
	cr_expect(!contain(&other, work_to_abort, NULL));
	cr_expect(other.crashed == SIGABRT, "%d", other.crashed);
}

Test(contain, who_handles_a_signal_keeps_it)
{
	struct contained library = {0};
	struct sigaction after;
	int number = SIGFPE;
	signal(SIGFPE, hear);
	cr_expect(contain(&library, work_to_raise, &number) && heard == SIGFPE);
	cr_expect(sigaction(SIGFPE, NULL, &after) == 0 && after.sa_handler == hear);
}

Test(contain, outside_a_crash_is_a_crash, .signal = SIGSEGV)
{
	struct contained library = {0};
	cr_assert(!contain(&library, work_to_null, NULL));
	work_to_null(NULL);
}

Test(contain, another_threads_crash_is_a_crash, .signal = SIGSEGV)
{
	struct contained library = {0};
	contain(&library, work_by_thread, NULL);
}
