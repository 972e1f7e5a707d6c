/*
 * narrow HOW - says its first words in a handler on a signal stack of 8 KB, the traditional size, below which there is nothing: by printf, puts,
 * dprintf, writev, syslog or sigaction (which says nothing). Lines go out one by one, as on a terminal.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <syslog.h>

enum { STACK_BYTES = 8192, NOTHING_BYTES = 65536 };

static const char *how;

static void speak(int number)
{
	struct iovec part = {"writev\n", 7};
	struct sigaction action;
	if (strcmp(how, "printf") == 0)
		printf("printf %d\n", number);
	else if (strcmp(how, "puts") == 0)
		puts("puts");
	else if (strcmp(how, "dprintf") == 0)
		dprintf(1, "dprintf %d\n", number);
	else if (strcmp(how, "writev") == 0)
		writev(1, &part, 1);
	else if (strcmp(how, "syslog") == 0)
		syslog(LOG_INFO, "syslog %d", number);
	else if (sigaction(SIGTERM, NULL, &action) != 0)
		abort();
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = speak, .sa_flags = SA_ONSTACK};
	char *memory = mmap(NULL, NOTHING_BYTES + STACK_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t stack = {.ss_sp = memory + NOTHING_BYTES, .ss_size = STACK_BYTES};
	if (argc != 2 || memory == MAP_FAILED || mprotect(stack.ss_sp, STACK_BYTES, PROT_READ | PROT_WRITE) != 0)
		return 2;
	how = argv[1];
	void *volatile first = malloc(1); /* that of glibc 2.31 takes the last byte of such a stack */
	free(first);
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (sigaltstack(&stack, NULL) != 0) /* the processor's registers need more (AMX, where it was asked for) */
		return 3;
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	printf("came back from %s\n", how);
	return 0;
}
