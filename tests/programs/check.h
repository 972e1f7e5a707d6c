/*
 * check.h - for programs that check themselves: what does not hold is said on standard error, and ends the program with 1.
 */
#ifndef TTLOG_TESTS_CHECK_H
#define TTLOG_TESTS_CHECK_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition)                                                                                                           \
	do {                                                                                                                       \
		if (!(condition)) {                                                                                                \
			dprintf(2, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);                               \
			_exit(1);                                                                                                  \
		}                                                                                                                  \
	} while (0)

#define CHECK_EQUAL(a, b)                                                                                                          \
	do {                                                                                                                       \
		const long a_ = (long)(a), b_ = (long)(b);                                                                         \
		if (a_ != b_) {                                                                                                    \
			dprintf(2, "%s:%d: %s is %ld, %s is %ld (errno %d)\n", __FILE__, __LINE__, #a, a_, #b, b_, errno);         \
			_exit(1);                                                                                                  \
		}                                                                                                                  \
	} while (0)

/* A program of several: argv[1] names the one that runs. */
struct mode {
	const char *name;
	void (*run)(void);
};

/* What main() returns: 2 where there is none of that name. */
static inline int run_mode(int argc, char **argv, const struct mode *modes, size_t count)
{
	for (size_t i = 0; argc > 1 && i < count; i++) {
		if (strcmp(argv[1], modes[i].name) == 0) {
			modes[i].run();
			return 0;
		}
	}
	return 2;
}

/* Threads of this process with that name; NULL: all. */
static inline int threads_named(const char *name)
{
	int count = 0;
	DIR *tasks = opendir("/proc/self/task");
	for (struct dirent *entry; tasks && (entry = readdir(tasks));) {
		char path[300], found[32] = "";
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
		FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (file && fgets(found, sizeof(found), file)) {
			found[strcspn(found, "\n")] = 0;
			count += !name || strcmp(found, name) == 0;
		}
		if (file)
			fclose(file);
	}
	if (tasks)
		closedir(tasks);
	return count;
}

#endif
