/*
 * own_clock - a program with a clock_gettime(2) of its own, as libfaketime has: it tells 1980, and counts who asks. It says things for a while,
 * through the hooks and by macros, tells on its last line how often it was asked, and dies.
 */
#include <ttlog.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static unsigned asked;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	asked++;
	*now = (struct timespec){315532800, 0};
	return 0;
}

int main(void)
{
	const clock_t begin = clock();
	for (unsigned i = 0; clock() - begin < CLOCKS_PER_SEC; i++) { /* long enough for the clocks to be noted again */
		ttlog_info("tick", ttlog_kv("i", i));
		if (i % 1000 == 0)
			printf("line %u\n", i / 1000);
	}
	printf("asked %u times\n", asked);
	fflush(stdout);
	abort();
}
