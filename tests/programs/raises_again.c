/* Waits for a SIGTERM, and ends itself by it in its own handler. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void handle(int number)
{
	signal(number, SIG_DFL);
	raise(number);
}

int main(void)
{
	signal(SIGTERM, handle);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
