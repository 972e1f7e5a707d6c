/*
 * A forked child that has said nothing makes a vfork child, which speaks and changes dispositions in its parent's memory. The
 * child then gets a signal that it handles, and dies of a fault.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void handler(int number)
{
	static const char word[] = "handled\n";
	(void)number;
	if (write(1, word, sizeof(word) - 1) < 0)
		_exit(70);
}

static void child(void)
{
	static const char word[] = "vfork child\n";
	signal(SIGTERM, handler);
	if (vfork() == 0) {
		signal(SIGTERM, SIG_DFL);
		_exit(write(1, word, sizeof(word) - 1) < 0);
	}
	raise(SIGTERM);
	*(volatile int *)8 = 1;
}

int main(void)
{
	int status;
	const pid_t pid = fork();
	if (pid == 0)
		child();
	waitpid(pid, &status, 0);
	printf("status %x\n", (unsigned)status);
	return 0;
}
