#include "cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * A line for each place, its parts separated by tabs: offset, offset in the function (both hexadecimal), function, file, line; then
 * function, file and line of each inlined function. An unknown string is empty.
 */
#define HEADER "ttlog-symbols 2\n"

#define LINE_PARTS   5u
#define INLINE_PARTS 3u
#define PARTS_MAX    (LINE_PARTS + 32 * INLINE_PARTS)

struct cache_file {
	char *text; /* NUL-terminated; tabs and newlines become the ends of strings */
};

struct cache_writer {
	FILE *stream;
	char *memory;
	size_t bytes;
	int directory;
	char name[129];
};

/* Directory ------------------------------------------------------------------------------------------------------------------ */

/* Opens directory/name, made where it is not there. -1: not to be had, or not ours alone to write. */
static int enter(int directory, const char *name)
{
	struct stat status;
	int fd;

	if (mkdirat(directory, name, 0700) != 0 && errno != EEXIST)
		return -1;
	fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &status) != 0 || status.st_uid != geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The first part may be a path. */
static int enter_all(const char *const *names)
{
	int directory = AT_FDCWD;

	for (; *names; names++) {
		const int next = enter(directory, *names);
		if (directory >= 0)
			close(directory);
		if (next < 0)
			return -1;
		directory = next;
	}
	return directory;
}

int cache_directory(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache && cache[0] == '/')
		return enter_all((const char *const[]){cache, "ttlog", "symbols", NULL});
	if (home && home[0] == '/')
		return enter_all((const char *const[]){home, ".cache", "ttlog", "symbols", NULL});
	return -1;
}

static bool is_build_id(const char *name)
{
	const size_t length = strspn(name, "0123456789abcdef");

	return length >= 8 && length <= 128 && !name[length];
}

/* Reading -------------------------------------------------------------------------------------------------------------------- */

/* Whole, NUL-terminated, malloc'ed; NULL where it is no file of ours. */
static char *read_file(int fd)
{
	struct stat status;
	char *text;
	size_t used = 0;

	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid() || status.st_size < 0 ||
	    (uint64_t)status.st_size > CACHE_FILE_BYTES_MAX)
		return NULL;
	text = malloc((size_t)status.st_size + 1);
	while (text && used < (size_t)status.st_size) {
		const ssize_t n = read(fd, text + used, (size_t)status.st_size - used);
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	if (text)
		text[used] = '\0';
	return text;
}

static bool parse_hexadecimal(const char *text, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 16);
	return end != text && !*end && !errno;
}

static bool parse_line_number(const char *text, uint32_t *line)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	*line = (uint32_t)number;
	return end != text && !*end && !errno && number <= UINT32_MAX;
}

static const char *string_of(const char *part)
{
	return part[0] ? part : NULL;
}

/* Cuts the line at its tabs; how many parts, PARTS_MAX + 1 where there are too many. */
static size_t split(char *line, char *parts[PARTS_MAX])
{
	size_t count = 0;

	for (char *part; (part = strsep(&line, "\t"));) {
		if (count == PARTS_MAX)
			return PARTS_MAX + 1;
		parts[count++] = part;
	}
	return count;
}

static bool visit_line(char *line, cache_visit *visit, void *context)
{
	char *parts[PARTS_MAX];
	const size_t count = split(line, parts);
	struct symbol_inline inlined[(PARTS_MAX - LINE_PARTS) / INLINE_PARTS];
	struct symbol symbol = {.inlined = inlined};
	uint64_t offset;

	if (count < LINE_PARTS || count > PARTS_MAX || (count - LINE_PARTS) % INLINE_PARTS ||
	    !parse_hexadecimal(parts[0], &offset) || !parse_hexadecimal(parts[1], &symbol.function_offset) ||
	    !parse_line_number(parts[4], &symbol.line) || !parts[3][0])
		return false;
	symbol.function = string_of(parts[2]);
	symbol.file = string_of(parts[3]);
	for (size_t at = LINE_PARTS; at < count; at += INLINE_PARTS) {
		struct symbol_inline *one = &inlined[symbol.inlined_count++];
		*one = (struct symbol_inline){.function = string_of(parts[at]), .file = string_of(parts[at + 1])};
		if (!parse_line_number(parts[at + 2], &one->line))
			return false;
	}
	visit(context, offset, &symbol);
	return true;
}

/* A line without its end is one that was cut off. */
static void visit_all(char *text, cache_visit *visit, void *context)
{
	for (char *end; (end = strchr(text, '\n')); text = end + 1) {
		*end = '\0';
		if (!visit_line(text, visit, context))
			return;
	}
}

struct cache_file *cache_open(const char *build_id, cache_visit *visit, void *context)
{
	struct cache_file *file = is_build_id(build_id) ? calloc(1, sizeof(*file)) : NULL;
	const int directory = file ? cache_directory() : -1;
	const int fd = directory < 0 ? -1 : openat(directory, build_id, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (directory >= 0)
		close(directory);
	if (fd >= 0) {
		file->text = read_file(fd);
		(void)futimens(fd, (const struct timespec[]){{0, UTIME_NOW}, {0, UTIME_OMIT}}); /* used just now */
		close(fd);
	}
	if (!file || !file->text || strncmp(file->text, HEADER, strlen(HEADER)) != 0) {
		cache_close(file);
		return NULL;
	}
	visit_all(file->text + strlen(HEADER), visit, context);
	return file;
}

void cache_close(struct cache_file *file)
{
	if (file)
		free(file->text);
	free(file);
}

/* Writing -------------------------------------------------------------------------------------------------------------------- */

struct cache_writer *cache_begin(const char *build_id)
{
	struct cache_writer *writer = is_build_id(build_id) ? calloc(1, sizeof(*writer)) : NULL;

	if (!writer)
		return NULL;
	snprintf(writer->name, sizeof(writer->name), "%s", build_id);
	writer->directory = cache_directory();
	writer->stream = writer->directory < 0 ? NULL : open_memstream(&writer->memory, &writer->bytes);
	if (writer->stream) {
		fputs(HEADER, writer->stream);
		return writer;
	}
	if (writer->directory >= 0)
		close(writer->directory);
	free(writer);
	return NULL;
}

/* A name from debug information may hold anything. */
static bool is_clean(const char *string)
{
	for (; string && *string; string++) {
		if ((unsigned char)*string < ' ')
			return false;
	}
	return true;
}

static bool is_worth_it(const struct symbol *symbol)
{
	bool clean = symbol->file && symbol->inlined_count <= (PARTS_MAX - LINE_PARTS) / INLINE_PARTS &&
		     is_clean(symbol->function) && is_clean(symbol->file);

	for (size_t i = 0; i < symbol->inlined_count; i++)
		clean = clean && is_clean(symbol->inlined[i].function) && is_clean(symbol->inlined[i].file);
	return clean;
}

static void put_place(FILE *out, const char *function, const char *file, uint32_t line)
{
	fprintf(out, "\t%s\t%s\t%" PRIu32, function ? function : "", file ? file : "", line);
}

void cache_put(struct cache_writer *writer, uint64_t offset, const struct symbol *symbol)
{
	if (!is_worth_it(symbol) || ftello(writer->stream) > (off_t)(CACHE_FILE_BYTES_MAX / 2))
		return;
	fprintf(writer->stream, "%" PRIx64 "\t%" PRIx64, offset, symbol->function_offset);
	put_place(writer->stream, symbol->function, symbol->file, symbol->line);
	for (size_t i = 0; i < symbol->inlined_count; i++)
		put_place(writer->stream, symbol->inlined[i].function, symbol->inlined[i].file, symbol->inlined[i].line);
	putc('\n', writer->stream);
}

struct entry {
	char name[132];
	uint64_t bytes;
	time_t used;
};

static int by_use(const void *a, const void *b)
{
	const time_t first = ((const struct entry *)a)->used, second = ((const struct entry *)b)->used;

	return first < second ? -1 : first > second;
}

/* All files of builds, unsorted; malloc'ed. */
static struct entry *list(DIR *directory, size_t *count, uint64_t *bytes)
{
	struct entry *entries = NULL;
	struct dirent *found;
	struct stat status;
	size_t room = 0;

	while ((found = readdir(directory))) {
		if (!is_build_id(found->d_name) || fstatat(dirfd(directory), found->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (*count == room) {
			struct entry *more = realloc(entries, (room = room ? 2 * room : 64) * sizeof(*entries));
			if (!more)
				break;
			entries = more;
		}
		memcpy(entries[*count].name, found->d_name, strlen(found->d_name) + 1);
		entries[*count].bytes = (uint64_t)status.st_size;
		entries[(*count)++].used = status.st_atime;
		*bytes += (uint64_t)status.st_size;
	}
	return entries;
}

static void prune(int fd)
{
	DIR *directory = fdopendir(fd);
	uint64_t bytes = 0;
	size_t count = 0;
	struct entry *entries = directory ? list(directory, &count, &bytes) : NULL;

	if (entries)
		qsort(entries, count, sizeof(*entries), by_use);
	for (size_t i = 0; entries && i < count && bytes > CACHE_BYTES_MAX; i++) {
		(void)unlinkat(fd, entries[i].name, 0);
		bytes -= entries[i].bytes;
	}
	free(entries);
	if (directory)
		closedir(directory);
	else
		close(fd);
}

static bool write_all(int fd, const char *data, size_t bytes)
{
	while (bytes) {
		const ssize_t written = write(fd, data, bytes);
		if (written < 0)
			return false;
		data += written;
		bytes -= (size_t)written;
	}
	return true;
}

void cache_commit(struct cache_writer *writer)
{
	char temporary[160];
	int fd;
	const bool failed = fflush(writer->stream) != 0 || ferror(writer->stream);
	bool whole = fclose(writer->stream) == 0 && !failed;

	snprintf(temporary, sizeof(temporary), ".%s.%ld", writer->name, (long)getpid());
	fd = whole ? openat(writer->directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
	whole = fd >= 0 && write_all(fd, writer->memory, writer->bytes);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && (!whole || renameat(writer->directory, temporary, writer->directory, writer->name) != 0))
		(void)unlinkat(writer->directory, temporary, 0);
	prune(writer->directory);
	free(writer->memory);
	free(writer);
}
