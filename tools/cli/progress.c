#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define DELAY_NS    300000000u
#define INTERVAL_NS 100000000u
#define BAR_COLUMNS 30u

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void progress_begin(struct progress *progress, const char *word)
{
	progress->word = word && isatty(STDERR_FILENO) ? word : NULL;
	progress->next_ns = now_ns() + DELAY_NS;
	progress->shown = false;
}

void progress_show(struct progress *progress, size_t done, size_t all)
{
	const unsigned filled = all ? (unsigned)(done * BAR_COLUMNS / all) : 0;
	uint64_t now;

	if (!progress->word || (now = now_ns()) < progress->next_ns)
		return;
	fflush(stdout);
	fprintf(stderr, "\r%s [", progress->word);
	for (unsigned i = 0; i < BAR_COLUMNS; i++)
		putc(i < filled ? '#' : ' ', stderr);
	fprintf(stderr, "] %zu of %zu\033[K", done, all);
	fflush(stderr);
	progress->next_ns = now + INTERVAL_NS;
	progress->shown = true;
}

void progress_clear(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}
