/* forks_early - forks while listener_loads.so is being loaded: not before that is done, so that no child has half of it. */
#include "check.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>

static void await(const char *path)
{
	while (access(path, F_OK) != 0)
		sched_yield();
}

static char state_of_main(void)
{
	char path[64], text[512] = "";
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return strrchr(text, ')')[2];
}

/* When main waits, be it for the end of the loading or for its child. */
static void *let_go(void *unused)
{
	await(getenv("LOADS_BEGUN"));
	while (state_of_main() != 'S')
		sched_yield();
	close(open(getenv("LOADS_GO"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	return unused;
}

int main(void)
{
	pthread_t thread;
	int status;
	CHECK_EQUAL(pthread_create(&thread, NULL, let_go, NULL), 0);
	printf("the first event\n");
	CHECK_EQUAL(fflush(stdout), 0);
	await(getenv("LOADS_BEGUN"));
	const pid_t child = fork();
	if (child == 0)
		_exit(access(getenv("LOADS_GO"), F_OK) == 0 ? 0 : 1);
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK_EQUAL(status, 0);
	CHECK_EQUAL(pthread_join(thread, NULL), 0);
	return 0;
}
