#include "patience.h"

#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <stdlib.h>

unsigned patience(void)
{
	const char *text = getenv("TTLOG_PATIENCE");
	const int times = text ? atoi(text) : 1;
	return times > 1 ? (unsigned)times : 1;
}

/* Before any test is started: what the suites have declared. */
ReportHook(PRE_ALL)(struct criterion_test_set *all)
{
	FOREACH_SET(struct criterion_suite_set * suite, all->suites)
	{
		if (suite->suite.data)
			suite->suite.data->timeout *= patience();
		FOREACH_SET(struct criterion_test * test, suite->tests)
		test->data->timeout *= patience();
	}
}
