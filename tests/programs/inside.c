/* Says something in a span and in one in that, and stays in the first until it is killed. */
#include <stdio.h>
#include <ttlog.h>
#include <unistd.h>

static __attribute__((noinline)) void step(void)
{
	ttlog_span("step");
	puts("deeper"); /* second */
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	ttlog_span("request", ttlog_kv("id", 7));
	puts("inside"); /* first */
	step();
	puts("ready");
	for (;;)
		pause();
}
