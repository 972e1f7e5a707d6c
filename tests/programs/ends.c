/*
 * ends WAY [LINES] - an unmodified program: prints lines, and ends in one of many ways.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void at_exit(void)
{
	printf("last words\n");
}

__attribute__((destructor)) static void destroy(void)
{
	printf("from a destructor\n");
}

static void *leave(void *unused)
{
	(void)unused;
	exit(0);
}

static void end(const char *way)
{
	pthread_t thread;
	fflush(stdout);
	if (strcmp(way, "_exit") == 0)
		_exit(0);
	if (strcmp(way, "quick_exit") == 0)
		quick_exit(0);
	if (strcmp(way, "abort") == 0)
		abort();
	if (strcmp(way, "fault") == 0)
		*(volatile int *)8 = 0;
	if (strcmp(way, "term") == 0)
		raise(SIGTERM);
	if (strcmp(way, "exec") == 0)
		execl("/bin/true", "true", NULL);
	if (strcmp(way, "thread") == 0 && pthread_create(&thread, NULL, leave, NULL) == 0)
		pthread_join(thread, NULL);
	if (strcmp(way, "fork") == 0) {
		const pid_t child = fork();
		if (child == 0)
			printf("of the child\n");
		else
			waitpid(child, NULL, 0);
	}
	if (strcmp(way, "daemon") == 0 && daemon(1, 1) == 0)
		printf("of the daemon\n");
}

int main(int argc, char **argv)
{
	const int lines = argc > 2 ? atoi(argv[2]) : 3;
	if (argc < 2)
		return 2;
	atexit(at_exit);
	for (int i = 0; i < lines; i++)
		printf("line %d;\n", i);
	end(argv[1]);
	return 0;
}
