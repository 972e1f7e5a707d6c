/* Ends that are no crash: exits, SIGKILL, a signal from somebody else. */
#include "die.h"

#include "faults.h"

#include <fcntl.h>
#include <sys/wait.h>

/* The process looks at what it would see without an agent. */
DEATH(looks_around)
{
	for (int sig = 1; sig < 32; sig++) {
		struct sigaction action;
		if (sigaction(sig, NULL, &action) == 0)
			printf("%d: %s flags %#x\n", sig,
			       action.sa_handler == SIG_DFL   ? "default"
			       : action.sa_handler == SIG_IGN ? "ignored"
							      : "handled",
			       (unsigned)action.sa_flags);
	}
	stack_t stack;
	sigaltstack(NULL, &stack);
	printf("altstack: flags %d, %zu bytes\n", stack.ss_flags, stack.ss_size);
	const int fd = open("/dev/null", O_RDONLY);
	printf("next descriptor: %d\n", fd);
	printf("children: %d\n", (int)waitpid(-1, NULL, WNOHANG));
	printf("errno: %d\n", errno);
	exit(0);
}

DEATH(exit_0)
{
	exit(0);
}

DEATH(exit_3)
{
	exit(3);
}

DEATH(_exit_4)
{
	_exit(4);
}

DEATH(kill_9)
{
	kill(getpid(), SIGKILL);
}

DEATH(user_signal)
{
	kill(getpid(), SIGUSR2);
}

/* Waits for a signal from somebody else. */
DEATH(waits)
{
	puts("waiting");
	fflush(stdout);
	registers_settle();
	for (;;)
		pause();
}

/* The catalogue of this file ------------------------------------------------------------------------------------------------- */

const struct death ends[] = {
	ROW(looks_around), ROW(exit_0), ROW(exit_3), ROW(_exit_4), ROW(kill_9), ROW(user_signal), ROW(waits), {NULL, NULL},
};
