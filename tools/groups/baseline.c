#include "baseline.h"

#include "arena.h"
#include "clean.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct baseline_line *append(struct baseline *baseline)
{
	if (baseline->count == baseline->room) {
		const size_t room = baseline->room ? baseline->room * 2 : 64;
		void *lines = reallocarray(baseline->lines, room, sizeof(*baseline->lines));
		if (!lines)
			arena_no_memory(room * sizeof(*baseline->lines));
		baseline->lines = lines;
		baseline->room = room;
	}
	return memset(&baseline->lines[baseline->count++], 0, sizeof(*baseline->lines));
}

/* "1:" and hexadecimal digits, of any version: a later one's are known to it. */
static bool is_hash(const char *text, size_t bytes)
{
	const size_t digits = strspn(text, "0123456789");

	return bytes < FINGERPRINT_HASH_BYTES && digits && digits < bytes && text[digits] == ':' && digits + 1 < bytes &&
	       strspn(text + digits + 1, "0123456789abcdef") == bytes - digits - 1;
}

static bool take_line(struct baseline *baseline, const char *line)
{
	const size_t bytes = strcspn(line, " \t\r\n");
	const char *title = line + bytes + strspn(line + bytes, " \t");
	struct baseline_line *taken;

	if (line[0] == '#' || line[strspn(line, " \t\r\n")] == '\0')
		return true;
	if (!is_hash(line, bytes))
		return false;
	taken = append(baseline);
	memcpy(taken->hash, line, bytes);
	snprintf(taken->title, sizeof(taken->title), "%.*s", (int)strcspn(title, "\r\n"), title);
	return true;
}

int baseline_read(struct baseline *baseline, const char *path, char error[BASELINE_ERROR_BYTES])
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int result = 0;

	if (!in) {
		result = -errno;
		snprintf(error, BASELINE_ERROR_BYTES, "%s: %s", path, strerror(-result));
		return result;
	}
	for (unsigned number = 1; !result && getline(&line, &room, in) >= 0; number++) {
		if (take_line(baseline, line))
			continue;
		snprintf(error, BASELINE_ERROR_BYTES, "%s:%u: no fingerprint", path, number);
		result = -EBADMSG;
	}
	if (!result && !feof(in)) { /* also without memory: then the stream has no error */
		result = errno ? -errno : -EIO;
		snprintf(error, BASELINE_ERROR_BYTES, "%s: %s", path, strerror(-result));
	}
	free(line);
	fclose(in);
	return result;
}

bool baseline_holds(const struct baseline *baseline, const char *hash)
{
	for (size_t i = 0; i < baseline->count; i++) {
		if (!strcmp(baseline->lines[i].hash, hash))
			return true;
	}
	return false;
}

void baseline_add(struct baseline *baseline, const struct fingerprint *fingerprint)
{
	struct baseline_line *line;

	if (baseline_holds(baseline, fingerprint->hash))
		return;
	line = append(baseline);
	memcpy(line->hash, fingerprint->hash, sizeof(line->hash));
	memcpy(line->title, fingerprint->title, sizeof(line->title));
}

static int by_hash(const void *left, const void *right)
{
	return strcmp(((const struct baseline_line *)left)->hash, ((const struct baseline_line *)right)->hash);
}

static void print_clean(FILE *out, const char *text)
{
	for (size_t at = 0, bytes = strlen(text); at < bytes;) {
		char shown[CLEAN_BYTES];
		size_t used, columns;
		at += clean_character(text + at, bytes - at, shown, &used, &columns);
		fwrite(shown, 1, used, out);
	}
}

void baseline_print(struct baseline *baseline, FILE *out)
{
	if (baseline->count)
		qsort(baseline->lines, baseline->count, sizeof(*baseline->lines), by_hash);
	fputs("# Known deaths: fingerprint, title. Written by `ttlog collect --write-baseline`.\n", out);
	for (size_t i = 0; i < baseline->count; i++) {
		if (i && !strcmp(baseline->lines[i].hash, baseline->lines[i - 1].hash))
			continue;
		fprintf(out, "%s  ", baseline->lines[i].hash);
		print_clean(out, baseline->lines[i].title);
		putc('\n', out);
	}
}

void baseline_fini(struct baseline *baseline)
{
	free(baseline->lines);
	memset(baseline, 0, sizeof(*baseline));
}
