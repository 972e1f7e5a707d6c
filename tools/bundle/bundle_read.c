#include "bundle.h"

#include "bundle_unpack.h"
#include "search.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* One that was unpacked, or as much of it as could be; until exit. */
struct opened {
	struct opened *next;
	char *path, *directory, *snapshots;
	bool is_whole;
	pid_t sweeper; /* 0: none */
	int sweeper_fd;
};

static struct opened *all;

bool bundle_is(const char *path)
{
	static const unsigned char magic[4] = {0x28, 0xb5, 0x2f, 0xfd}; /* RFC 8878, 3.1.1 */
	unsigned char begin[4];
	const int fd = search_open_regular(path);
	const bool is = fd >= 0 && read(fd, begin, sizeof(begin)) == sizeof(begin) && !memcmp(begin, magic, sizeof(magic));

	if (fd >= 0)
		close(fd);
	return is;
}

/* Life --------------------------------------------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

/* The walk wants memory, which may be had a moment later. */
static void remove_unpacked(const struct opened *opened)
{
	for (int tries = 0; tries < 3 && nftw(opened->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0; tries++)
		continue;
}

/* Who has given up the right to remove files (tools/confine) lets the sweeper do it, and waits: nothing is left when we are gone. */
static void let_sweeper(const struct opened *opened)
{
	signal(SIGPIPE, SIG_IGN);
	if (write(opened->sweeper_fd, "", 1) == 1)
		waitpid(opened->sweeper, NULL, 0);
}

static void remove_all(void)
{
	for (const struct opened *opened = all; opened; opened = opened->next) {
		remove_unpacked(opened);
		if (opened->sweeper > 0 && access(opened->directory, F_OK) == 0)
			let_sweeper(opened);
	}
}

/*
 * A process of its own that removes it when we are gone without a word: a closed pipe, ^C, SIGKILL. It holds nothing of ours but the end of
 * a pipe, and belongs to no terminal. Where it cannot be had, a death leaves the files.
 */
static void start_sweeper(struct opened *opened)
{
	int ends[2];
	char byte;
	pid_t sweeper;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return;
	sweeper = fork();
	if (sweeper != 0) {
		close(ends[0]); /* ours stays open as long as we live */
		opened->sweeper = sweeper;
		opened->sweeper_fd = ends[1];
		return;
	}
	setsid();
	if (ends[0] > 0)
		syscall(__NR_close_range, 0, ends[0] - 1, 0);
	syscall(__NR_close_range, ends[0] + 1, ~0u, 0);
	while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
		continue;
	remove_unpacked(opened);
	_exit(0);
}

static struct opened *find(const char *path)
{
	struct opened *opened = all;

	while (opened && strcmp(opened->path, path) != 0)
		opened = opened->next;
	return opened;
}

/* NULL without memory, or a place for it. */
static struct opened *make_place(const char *path)
{
	const char *below = getenv("TMPDIR");
	struct opened *opened = calloc(1, sizeof(*opened));

	if (!opened)
		return NULL;
	opened->path = strdup(path);
	if (opened->path && asprintf(&opened->directory, "%s/ttlog-bundle-XXXXXX", below && *below ? below : "/tmp") > 0 &&
	    mkdtemp(opened->directory) && asprintf(&opened->snapshots, "%s/snapshots", opened->directory) > 0) {
		if (!all)
			atexit(remove_all);
		opened->next = all;
		all = opened;
		start_sweeper(opened);
		return opened;
	}
	if (opened->directory)
		(void)rmdir(opened->directory);
	free(opened->path);
	free(opened->directory);
	free(opened);
	return NULL;
}

const char *bundle_open(const char *path, char error[BUNDLE_ERROR_BYTES])
{
	struct opened *opened = find(path);
	char debug[PATH_MAX];

	if (opened && opened->is_whole)
		return opened->snapshots;
	opened = make_place(path);
	if (!opened) {
		snprintf(error, BUNDLE_ERROR_BYTES, "no place to unpack it: %s", strerror(errno));
		return NULL;
	}
	if (bundle_unpack(path, opened->directory, error) != 0)
		return NULL;
	opened->is_whole = true;
	mkdir(opened->snapshots, 0700); /* it may hold none */
	snprintf(debug, sizeof(debug), "%s/debug", opened->directory);
	search_add(debug);
	return opened->snapshots;
}

bool bundle_would_stay(void)
{
	const struct opened *opened = all;

	while (opened && opened->sweeper > 0)
		opened = opened->next;
	return opened != NULL;
}

const char *bundle_origin(const char *path)
{
	for (const struct opened *opened = all; opened; opened = opened->next) {
		if (!strncmp(path, opened->snapshots, strlen(opened->snapshots)))
			return opened->path;
	}
	return NULL;
}
