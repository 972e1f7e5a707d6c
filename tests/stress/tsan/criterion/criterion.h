/*
 * criterion.h (ThreadSanitizer) - as much of Criterion as the stress suites use. Criterion's own memory stands where the
 * sanitizer's shadow has to.
 *
 * One suite file and this header make a program: each test runs in a forked child, an assertion that fails ends it. Takes what
 * tests/run.py passes and writes TAP.
 */
#ifndef TTLOG_TESTS_TSAN_CRITERION_H
#define TTLOG_TESTS_TSAN_CRITERION_H

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

struct tsan_suite {
	void (*init)(void), (*fini)(void);
	double timeout; /* tests/run.py has one for all */
};

struct tsan_test {
	const char *suite, *name;
	const struct tsan_suite *around;
	void (*run)(void);
	struct tsan_test *next;
};

void tsan_register(struct tsan_test *test);

#define TestSuite(name_, ...) static const struct tsan_suite around_##name_ = {__VA_ARGS__}

#define Test(suite_, name_)                                                                                                        \
	static void suite_##_##name_##_run(void);                                                                                  \
	__attribute__((constructor)) static void suite_##_##name_##_register(void)                                                 \
	{                                                                                                                          \
		static struct tsan_test test = {#suite_, #name_, &around_##suite_, suite_##_##name_##_run, NULL};                  \
		tsan_register(&test);                                                                                              \
	}                                                                                                                          \
	static void suite_##_##name_##_run(void)

#define cr_assert(condition, ...)                                                                                                  \
	do {                                                                                                                       \
		if (!(condition)) {                                                                                                \
			fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                                            \
			fprintf(stderr, "" __VA_ARGS__);                                                                           \
			fputc('\n', stderr);                                                                                       \
			_exit(1);                                                                                                  \
		}                                                                                                                  \
	} while (0)

#define cr_assert_not(a, ...)    cr_assert(!(a), ##__VA_ARGS__)
#define cr_assert_eq(a, b, ...)  cr_assert((a) == (b), ##__VA_ARGS__)
#define cr_assert_neq(a, b, ...) cr_assert((a) != (b), ##__VA_ARGS__)
#define cr_assert_lt(a, b, ...)  cr_assert((a) < (b), ##__VA_ARGS__)
#define cr_assert_gt(a, b, ...)  cr_assert((a) > (b), ##__VA_ARGS__)
#define cr_assert_leq(a, b, ...) cr_assert((a) <= (b), ##__VA_ARGS__)
#define cr_assert_geq(a, b, ...) cr_assert((a) >= (b), ##__VA_ARGS__)

#endif
