/*
 * liar SEED - says something, writes whatever SEED says over its own recorder, and dies of a null write. As a program does that is out of its
 * mind, or that wants to lead astray who looks into it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_WORDS = 72, PAGE_WORDS = 512 };

static uint64_t state;

static uint64_t next(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return state >> 24;
}

static uint64_t some_word(uint64_t word)
{
	switch (next() % 6) {
	case 0:
		return UINT64_MAX >> next() % 64;
	case 1:
		return word + 8 * (next() % 64) - 256;
	case 2:
		return (uint64_t)1 << next() % 64;
	case 3:
		return 0;
	case 4:
		return word ^ (uint64_t)1 << next() % 64;
	default:
		return next() << 32 | next();
	}
}

/* The mapping's begin and words; NULL: there is none (no agent). */
static volatile uint64_t *find_recorder(size_t *words)
{
	unsigned long begin, end;
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	while (maps && fgets(line, sizeof(line), maps)) {
		if (strstr(line, ".rec") && strstr(line, "rw-s") && sscanf(line, "%lx-%lx", &begin, &end) == 2) {
			*words = (end - begin) / sizeof(uint64_t);
			return (volatile uint64_t *)begin;
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	size_t words = 0;
	printf("said\n");
	fflush(stdout);
	volatile uint64_t *recorder = find_recorder(&words);
	state = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	const size_t range = next() % 2 ? HEADER_WORDS : next() % 2 ? 16 * PAGE_WORDS : words;
	for (uint64_t count = 1 + next() % 8; recorder && count; count--) {
		const size_t at = next() % range;
		recorder[at] = some_word(recorder[at]);
	}
	*(volatile int *)(next() & 0) = 1;
	return 0;
}
