/*
 * reports STEPS LINES - says its steps, then dies of a null pointer, whose handler says that many lines before it sends the signal again, as
 * servers do that write a report of their own.
 */
#include "victim.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static int lines;

static void report(int number)
{
	for (int i = 1; i <= lines; i++)
		dprintf(2, "report line %d\n", i);
	signal(number, SIG_DFL);
	raise(number);
}

static NOINLINE void fault(void)
{
	*(volatile int *)NULL = 1;
	KEEP_FRAME();
}

int main(int argc, char **argv)
{
	const int steps = argc > 1 ? atoi(argv[1]) : 3;
	lines = argc > 2 ? atoi(argv[2]) : 3;
	signal(SIGSEGV, report);
	for (int i = 1; i <= steps; i++)
		dprintf(1, "step %d\n", i);
	fault();
	KEEP_FRAME();
	return 0;
}
