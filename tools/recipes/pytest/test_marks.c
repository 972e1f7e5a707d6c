/*
 * libttlog_test.so: which test a process is at, for test drivers of languages that can call a shared object and not a macro.
 *
 * The thread that calls is the one that is marked. errno may change.
 */
#include <ttlog.h>

__attribute__((visibility("default"))) void ttlog_test_begins(const char *name);
__attribute__((visibility("default"))) void ttlog_test_ends(void);

/* All that the thread says from now on carries test=NAME, which it begins with. */
void ttlog_test_begins(const char *name)
{
	if (ttlog_set_context("test", name) == 0)
		ttlog_info("test begins");
}

void ttlog_test_ends(void)
{
	ttlog_info("test ends");
	ttlog_clear_context("test");
}
