#include "search.h"

#include "arena.h"
#include "memory_stream.h"
#include "shortage.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where `debug` packages put files. */
#define DEBUG_DIRECTORY "/usr/lib/debug"

enum { DIRECTORIES_MAX = 16 };

static struct {
	char *directories[DIRECTORIES_MAX + 1]; /* the first is DEBUG_DIRECTORY */
	size_t count;
	char *debug_path;
	bool network, fell_short, crashed;
	char *added[DIRECTORIES_MAX];
	size_t added_count;
} search;

/* Relative entries are sought beside the file. */
static char *debug_path(void)
{
	char *path;
	size_t bytes;
	FILE *out = memory_stream_open(&path, &bytes);

	fputs(":.debug", out);
	for (size_t i = 0; i < search.count; i++)
		fprintf(out, ":%s", search.directories[i]);
	memory_stream_close(out, &path);
	return path;
}

static void add(const char *directory)
{
	if (search.count == DIRECTORIES_MAX)
		return;
	errno = 0;
	search.directories[search.count] = realpath(directory, NULL);
	if (!search.directories[search.count])
		search_note_shortage(directory);
	search.count += search.directories[search.count] != NULL;
}

void search_add(const char *directory)
{
	if (search.added_count < DIRECTORIES_MAX)
		search.added[search.added_count++] = arena_need(strdup(directory), strlen(directory));
}

void search_configure(const char *const *directories, bool network)
{
	while (search.count)
		free(search.directories[--search.count]);
	free(search.debug_path);
	search.directories[search.count++] = arena_need(strdup(DEBUG_DIRECTORY), sizeof(DEBUG_DIRECTORY));
	for (; directories && *directories; directories++)
		add(*directories);
	for (size_t i = 0; i < search.added_count; i++)
		add(search.added[i]);
	search.debug_path = debug_path();
	search.network = network && getenv("DEBUGINFOD_URLS");
	if (!network)
		unsetenv("DEBUGINFOD_URLS");
	setenv("DEBUGINFOD_TIMEOUT", "10", 0);
	setenv("DEBUGINFOD_MAXTIME", "30", 0);
}

bool search_has_network(void)
{
	return search.network;
}

char **search_debug_path(void)
{
	return &search.debug_path;
}

void search_note_shortage(const char *path)
{
	if (!is_shortage(errno))
		return;
	if (!search.fell_short)
		fprintf(stderr, "ttlog: names are missing: %s: %s\n", path, strerror(errno));
	search.fell_short = true;
}

void search_note_crash(const char *path, int signal)
{
	if (!search.crashed)
		fprintf(stderr, "ttlog: names are missing: %s: elfutils crashed there: %s\n", path, strsignal(signal));
	search.crashed = search.fell_short = true;
}

bool search_fell_short(void)
{
	return search.fell_short;
}

int search_open_regular(const char *path)
{
	struct stat status;
	int fd;

	/* Devices do things when they are opened, and not only when they are read: a watchdog begins to count. */
	if (stat(path, &status) != 0) {
		search_note_shortage(path);
		return -1;
	}
	if (!S_ISREG(status.st_mode))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		search_note_shortage(path);
	if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool is_other(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static bool leads_to_other(const char *file, const char *link)
{
	const char *slash = strrchr(file, '/');
	const int directory = slash ? (int)(slash - file + 1) : 0;
	char path[2 * PATH_MAX];
	bool other;

	snprintf(path, sizeof(path), "%.*s%s", directory, file, link);
	other = is_other(path);
	snprintf(path, sizeof(path), "%.*s.debug/%s", directory, file, link);
	return other || is_other(path);
}

/* By its path and, as libdwfl tries next, by that without links. */
bool search_may_follow(const char *file, const char *link)
{
	char *real = realpath(file, NULL);
	const bool other = leads_to_other(file, link) || (real && leads_to_other(real, link)) || (link[0] == '/' && is_other(link));

	free(real);
	return !other;
}

bool search_may_open(const char *file, const char *directory, const char *name)
{
	char path[2 * PATH_MAX];
	bool other = name[0] == '/' && is_other(name);

	if (file)
		other |= leads_to_other(file, name);
	if (directory) {
		snprintf(path, sizeof(path), "%s/%s", directory, name);
		other |= is_other(path);
	}
	return !other;
}

static bool is_build_id(const char *build_id)
{
	return build_id && strlen(build_id) >= 3 && strspn(build_id, "0123456789abcdef") == strlen(build_id);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool search_open(const char *path, const char *build_id, size_t n, int *fd)
{
	enum { BY_DEBUG_ID, BY_ID, BY_PATH, BY_NAME, BY_DEBUG_NAME, WAYS };
	const char *directory = n / WAYS < search.count ? search.directories[n / WAYS] : NULL;
	char candidate[PATH_MAX];

	*fd = -1;
	if (!directory || !is_build_id(build_id)) /* nothing else would tell that it is the right one */
		return false;
	switch (n % WAYS) {
	case BY_DEBUG_ID:
		snprintf(candidate, sizeof(candidate), "%s/.build-id/%.2s/%s.debug", directory, build_id, build_id + 2);
		break;
	case BY_ID:
		snprintf(candidate, sizeof(candidate), "%s/.build-id/%.2s/%s", directory, build_id, build_id + 2);
		break;
	case BY_PATH:
		snprintf(candidate, sizeof(candidate), "%s/%s", directory, path);
		break;
	case BY_NAME:
		snprintf(candidate, sizeof(candidate), "%s/%s", directory, base_name(path));
		break;
	case BY_DEBUG_NAME:
		snprintf(candidate, sizeof(candidate), "%s/%s.debug", directory, base_name(path));
		break;
	}
	*fd = search_open_regular(candidate);
	return true;
}
