/* many COUNT: says so many lines, each thousandth of them an error, and dies. */
#include <stdio.h>
#include <stdlib.h>
#include <ttlog.h>

int main(int argc, char **argv)
{
	const long count = argc > 1 ? atol(argv[1]) : 0;
	for (long i = 0; i < count; i++) {
		if (i % 1000 == 999)
			ttlog_error("slow request", ttlog_kv("id", i));
		else
			printf("event number %ld of many\n", i);
	}
	fflush(stdout);
	abort();
}
