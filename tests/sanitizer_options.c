/*
 * What AddressSanitizer is told where its options are not: linked into all that make sanitize builds, for the helper, whose environment is not
 * its target's. To look for leaks at the end takes a thread that traces, which the helper has given up.
 */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
