/*
 * The bar on a terminal, and nothing anywhere else: standard error is a pseudo terminal of our own, or a pipe.
 */
#include "progress.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int reader;

static void open_terminal(void)
{
	reader = posix_openpt(O_RDWR | O_NOCTTY);
	cr_assert(reader >= 0 && grantpt(reader) == 0 && unlockpt(reader) == 0);
	const int side = open(ptsname(reader), O_RDWR | O_NOCTTY);
	cr_assert(side >= 0 && dup2(side, STDERR_FILENO) == STDERR_FILENO);
}

/* What has been put out since: up to a mark of our own, for a terminal hands on what it gets when it comes to it. */
static const char *shown(void)
{
	static char text[4096];
	size_t used = 0;
	fputs("|", stderr);
	fflush(stderr);
	while (!used || text[used - 1] != '|') {
		const ssize_t bytes = read(reader, text + used, sizeof(text) - used);
		cr_assert(bytes > 0);
		used += (size_t)bytes;
	}
	text[used - 1] = '\0';
	return text;
}

/* As if that long had passed. */
static struct progress begun(const char *word, bool long_ago)
{
	struct progress progress;
	progress_begin(&progress, word);
	progress.next_ns = long_ago ? 0 : UINT64_MAX;
	return progress;
}

TestSuite(progress, .timeout = 60);

Test(progress, bar)
{
	open_terminal();
	struct progress progress = begun("reading", true);
	progress_show(&progress, 1, 3);
	cr_assert_str_eq(shown(), "\rreading [##########                    ] 1 of 3\x1b[K");
	progress.next_ns = 0;
	progress_show(&progress, 3, 3);
	cr_assert_str_eq(shown(), "\rreading [##############################] 3 of 3\x1b[K");
	progress_clear(&progress);
	cr_assert_str_eq(shown(), "\r\x1b[K");
	progress_clear(&progress);
	cr_assert_str_eq(shown(), "", "there is nothing to be cleared");
	progress.next_ns = 0;
	progress_show(&progress, 0, 0);
	cr_assert_str_eq(shown(), "\rreading [                              ] 0 of 0\x1b[K");
}

/* Neither before a moment has passed, nor again at once, nor where nobody asked. */
Test(progress, seldom)
{
	open_terminal();
	struct progress soon = begun("reading", false), unnamed = begun(NULL, true), drawn = begun("reading", true);
	progress_show(&soon, 1, 3);
	progress_clear(&soon);
	progress_show(&unnamed, 1, 3);
	cr_assert_str_eq(shown(), "");
	progress_show(&drawn, 1, 3);
	cr_assert(drawn.next_ns > 0 && *shown());
	drawn.next_ns = UINT64_MAX;
	progress_show(&drawn, 2, 3);
	cr_assert_str_eq(shown(), "");
}

Test(progress, no_terminal)
{
	int ends[2];
	cr_assert(pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
	reader = ends[0];
	struct progress progress = begun("reading", true);
	progress_show(&progress, 1, 3);
	progress_clear(&progress);
	cr_assert_str_eq(shown(), "");
}
