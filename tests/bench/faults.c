/*
 * Row: a fault that the program's own handler survives, as a virtual machine's null check or guard page is.
 */
#include "rounds.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

extern const char landing[];
int load(const char *address); /* what stands there, or 1 where nothing can */

__asm__(".text\n"
	"load:	movzbl (%rdi), %eax\n"
	"	ret\n"
	"landing: mov $1, %eax\n"
	"	ret\n");

static void handle(int number, siginfo_t *info, void *context)
{
	ucontext_t *user = context;
	(void)number;
	(void)info;
	user->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)landing;
}

static void fault(long n)
{
	for (long i = 0; i < n; i++) {
		if (load((const char *)16) != 1)
			abort();
	}
}

int main(int argc, char **argv)
{
	static const struct row rows[] = {{"fault", fault}, {NULL, NULL}};
	struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
	if (sigaction(SIGSEGV, &action, NULL) != 0)
		return 1;
	return rounds_of_loops(argc, argv, rows, NULL);
}
