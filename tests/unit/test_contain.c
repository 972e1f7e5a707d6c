/* A library's crash takes what stands in its hands, and nothing else. */
#include "contain.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* As in a tool: a sanitizer has its handlers here, too. */
static void take_handlers_away(void)
{
	static const int signals[] = {SIGSEGV, SIGABRT, SIGFPE};
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
}

TestSuite(contain, .init = take_handlers_away, .timeout = 60);

static volatile int begun, heard;

static void work_well(void *number)
{
	begun++;
	*(int *)number = errno;
	errno = ENOMEM;
}

static void work_to_crash(void *unused)
{
	(void)unused;
	begun++;
	raise(SIGSEGV);
}

static void work_to_abort(void *unused)
{
	(void)unused;
	abort();
}

static void *crash_alone(void *unused)
{
	work_to_crash(unused);
	return NULL;
}

static void work_by_thread(void *unused)
{
	pthread_t thread;
	(void)unused;
	if (pthread_create(&thread, NULL, crash_alone, NULL) == 0)
		pthread_join(thread, NULL);
}

/* Of a child. */
static void expect_crash(void (*crash)(void))
{
	int status = 0;
	const pid_t child = fork();
	if (child == 0) {
		alarm(30);
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		crash();
		_exit(0);
	}
	cr_assert(child > 0 && waitpid(child, &status, 0) == child);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "%x", (unsigned)status);
}

static void crash_outside(void)
{
	struct contained library = {0};
	if (!contain(&library, work_to_crash, NULL))
		work_to_crash(NULL);
}

static void crash_by_thread(void)
{
	struct contained library = {0};
	contain(&library, work_by_thread, NULL);
}

static void hear(int number)
{
	heard = number;
}

static void work_to_raise(void *number)
{
	raise(*(int *)number);
}

static void work_to_be_sent(void *number)
{
	const pid_t to = getpid(), child = fork();
	if (child == 0)
		_exit(kill(to, *(int *)number) != 0);
	cr_assert(child > 0 && TEMP_FAILURE_RETRY(waitpid(child, NULL, 0)) == child);
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
	cr_expect(!contain(&library, work_to_crash, NULL));
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

Test(contain, the_last_word_is_not_said)
{
	struct contained library = {0};
	struct sigaction after;
	int number = SIGFPE;
	signal(SIGFPE, hear);
	contain_before(hear);
	cr_expect(!contain(&library, work_to_raise, &number) && heard == 0 && library.crashed == SIGFPE);
	cr_expect(sigaction(SIGFPE, NULL, &after) == 0 && after.sa_handler == hear);
}

Test(contain, what_others_send_is_no_crash)
{
	struct contained library = {0};
	int number = SIGFPE;
	signal(SIGFPE, hear);
	contain_before(hear);
	cr_expect(contain(&library, work_to_be_sent, &number) && heard == SIGFPE && !library.crashed);
}

Test(contain, outside_a_crash_is_a_crash)
{
	expect_crash(crash_outside);
}

Test(contain, another_threads_crash_is_a_crash)
{
	expect_crash(crash_by_thread);
}
