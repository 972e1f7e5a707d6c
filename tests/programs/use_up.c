/* use_up - takes all memory that it can get, says so, has a child that says so, and dies. For a process whose RLIMIT_AS is not large. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static void give_up(void)
{
	*(volatile int *)8 = 1;
}

int main(void)
{
	int status = 0;
	for (size_t bytes = 1 << 20; bytes >= 4096; bytes /= 2)
		while (mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
			;
	fprintf(stderr, "out of memory\n");
	const pid_t child = fork();
	if (child == 0) {
		fprintf(stderr, "so is the child\n");
		abort();
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1;
	fprintf(stderr, "the child ended by %d\n", WTERMSIG(status));
	give_up();
	return 0;
}
