/* spans [die] - spans of ttlog.h from C. */
static int abort_if_called(void);
#include "span_ways.h"

static int abort_if_called(void)
{
	abort();
}

int main(int argc, char **argv)
{
	(void)argv;
	return record_spans(argc > 1);
}
