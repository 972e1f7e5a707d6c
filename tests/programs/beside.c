/*
 * beside FILE GO [MANY] - says lines, each only after FILE, which a listener writes, has the one before; then makes GO, and says one more.
 * MANY: before that so many at once.
 */
#include "check.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>

enum { LINES = 10 };

/* Near its end. */
static bool holds(const char *path, const char *text)
{
	static char data[10000];
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END), from = end > (off_t)sizeof(data) ? end - (off_t)sizeof(data) : 0;
	const ssize_t bytes = fd < 0 ? 0 : pread(fd, data, sizeof(data), from);
	if (fd >= 0)
		close(fd);
	return bytes > 0 && memmem(data, (size_t)bytes, text, strlen(text));
}

static void say(const char *path, int n)
{
	char line[32];
	snprintf(line, sizeof(line), "line %d.", n);
	CHECK(puts(line) >= 0 && fflush(stdout) == 0);
	while (path && !holds(path, line))
		sched_yield();
}

int main(int argc, char **argv)
{
	CHECK(argc >= 3);
	for (int n = 0; n < LINES; n++)
		say(argv[1], n);
	for (int n = 0, many = argc > 3 ? atoi(argv[3]) : 0; n < many; n++)
		printf("one of many\n");
	if (argc > 3)
		say(argv[1], LINES + 1);
	CHECK(close(open(argv[2], O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) == 0);
	say(NULL, LINES);
	return 0;
}
