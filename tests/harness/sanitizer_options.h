/*
 * sanitizer_options.h - included into all that make sanitize builds with AddressSanitizer, for those who are started without its options: the
 * helper, whose environment is not its target's. To look for leaks at the end takes a thread that traces, which the helper has given up.
 */
#ifndef TTLOG_TESTS_SANITIZER_OPTIONS_H
#define TTLOG_TESTS_SANITIZER_OPTIONS_H

const char *__asan_default_options(void) __attribute__((weak));
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

#endif
