/* What Criterion's main is elsewhere: runs the registered tests, each in a child, and writes TAP. */
#include <criterion/criterion.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct tsan_test *tests;

void tsan_register(struct tsan_test *test)
{
	test->next = tests;
	tests = test;
}

static bool is_picked(const struct tsan_test *test, const char *filter)
{
	char name[256];
	snprintf(name, sizeof(name), "%s/%s", test->suite, test->name);
	return !filter || fnmatch(filter, name, FNM_EXTMATCH) == 0;
}

/* The sanitizer's exit code is not 0 where it found something. */
static bool passes(const struct tsan_test *test)
{
	int status;
	fflush(NULL);
	const pid_t child = fork();
	if (child == 0) {
		test->around->init();
		test->run();
		test->around->fini();
		exit(0);
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char **argv)
{
	const char *filter = NULL;
	FILE *tap = stdout;
	unsigned count = 0, failed = 0;
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--tap=", 6) == 0)
			tap = fopen(argv[i] + 6, "w");
		else if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc)
			filter = argv[++i];
	}
	if (!tap)
		return 2;
	for (struct tsan_test *test = tests; test; test = test->next) {
		if (!is_picked(test, filter))
			continue;
		const bool passed = passes(test);
		count++;
		failed += !passed;
		fprintf(tap, "%s - %s::%s\n", passed ? "ok" : "not ok", test->suite, test->name);
	}
	fprintf(tap, "1..%u\n", count);
	return failed != 0;
}
