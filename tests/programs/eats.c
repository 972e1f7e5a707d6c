/*
 * eats MB - takes so much memory and touches it, then says so and ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	const size_t megabytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	for (size_t i = 1; i <= megabytes; i++) {
		char *memory = malloc(1 << 20);
		if (!memory)
			return 1;
		memset(memory, 'x', 1 << 20);
		if (i % 8 == 0)
			fprintf(stderr, "ate %zu MB\n", i);
	}
	puts("had enough");
	return 0;
}
