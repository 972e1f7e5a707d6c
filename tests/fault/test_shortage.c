/*
 * Tools on a machine that has run out of something: each call for memory, mappings, files, processes, each write and rename of a command
 * fails in turn (scarce.c). The command says what is wrong and ends with one of its codes, or did without; it does not crash, and leaves
 * no half file.
 *
 * Some calls of each kind; TTLOG_SHORTAGE=n: as many, spread over the run; 0: all.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(shortage, .init = place_init, .fini = place_fini, .timeout = 86400);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A command; "FILE" is a snapshot, "OTHER" one of the same program, "OUT" a file that it makes. */
static const struct command_line {
	const char *words[8];
	bool writes; /* OUT */
} lines[] = {
	{{"view", "FILE"}, false},
	{{"view", "--json", "FILE"}, false},
	{{"ls", "STORAGE"}, false},
	{{"grep", "said", "FILE"}, false},
	{{"stats", "FILE"}, false},
	{{"diff", "FILE", "OTHER"}, false},
	{{"html", "-o", "OUT", "FILE"}, true},
	{{"symbolize", "--no-cache", "-o", "OUT", "FILE"}, true},
};

static const char *const kinds[] = {"memory", "map", "open", "write", "rename", "fork"};

static const char *file, *other;

static const char *word_of(const char *word, const char *out)
{
	if (strcmp(word, "FILE") == 0)
		return file;
	if (strcmp(word, "OTHER") == 0)
		return other;
	if (strcmp(word, "STORAGE") == 0)
		return place_storage();
	return strcmp(word, "OUT") == 0 ? out : word;
}

/* The call number `at` of the kind fails; 0: none. *calls: how many there were. */
static struct outcome run(const struct command_line *line, const char *kind, unsigned long at, const char *directory,
			  unsigned long *calls)
{
	char what[32], number[32], *out, *count;
	const char *argv[10] = {TTLOG};
	cr_assert(asprintf(&out, "%s/out", directory) > 0 && asprintf(&count, "SCARCE_COUNT=%s", place_path("count")) > 0);
	for (size_t i = 0; i < COUNT(line->words) && line->words[i]; i++)
		argv[i + 1] = word_of(line->words[i], out);
	snprintf(what, sizeof(what), "SCARCE_WHAT=%s", kind);
	snprintf(number, sizeof(number), "SCARCE_AT=%lu", at);
	const struct outcome outcome = process_run(&(struct process_setup){.argv = argv,
									   .second_library = PROGRAM("scarce.so"),
									   .environment = LIST(what, number, count),
									   .directory = directory});
	FILE *counted = fopen(place_path("count"), "r");
	*calls = 0;
	if (counted && fscanf(counted, "%lu", calls) == 1)
		fclose(counted);
	free(out);
	free(count);
	return outcome;
}

/* Nothing but what is whole. */
static void expect_no_half_file(const char *about, const char *directory, bool done)
{
	DIR *entries = opendir(directory);
	cr_assert(entries != NULL);
	for (struct dirent *entry; (entry = readdir(entries));) {
		if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2)
			cr_expect(done && strcmp(entry->d_name, "out") == 0, "%s: left %s", about, entry->d_name);
	}
	closedir(entries);
}

/* `whole`: its status where nothing fails. What is wrong with a file stands in a list's line of it. */
static void try_one(const struct command_line *line, const char *kind, unsigned long at, int whole)
{
	char about[128];
	unsigned long calls;
	const char *directory = place_directory();
	const struct outcome outcome = run(line, kind, at, directory, &calls);
	snprintf(about, sizeof(about), "ttlog %s %s: %s number %lu", line->words[0], line->words[1], kind, at);
	cr_expect(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) <= BAD_FILE, "%s: %s\n%s", about,
		  status_text(outcome.status), outcome.err.data);
	cr_expect(outcome.status == 0 || outcome.status == whole || outcome.err.size || strstr(outcome.out.data, file),
		  "%s: %s, and not a word", about, status_text(outcome.status));
	/* Of a snapshot that could not be read to its end a page may be made: it says so. */
	expect_no_half_file(about, directory, line->writes && (outcome.status == 0 || WEXITSTATUS(outcome.status) == BAD_FILE));
}

static void try_kind(const struct command_line *line, const char *kind, unsigned long trials)
{
	unsigned long calls;
	const struct outcome whole = run(line, kind, 0, place_directory(), &calls);
	cr_assert(WIFEXITED(whole.status) && WEXITSTATUS(whole.status) <= NOTHING, "ttlog %s: %s\n%s", line->words[0],
		  status_text(whole.status), whole.err.data);
	const unsigned long step = trials && calls > trials ? calls / trials : 1;
	for (unsigned long at = 1; at <= calls; at += step)
		try_one(line, kind, at, whole.status);
}

static void try_command(const struct command_line *line)
{
	const char *trials = getenv("TTLOG_SHORTAGE");
	for (size_t i = 0; i < COUNT(kinds); i++)
		try_kind(line, kinds[i], trials ? strtoul(trials, NULL, 10) : 12);
}

static const char *copy_of(const char *path, const char *name)
{
	const char *copy = place_path(name);
	cr_assert(process_run(&(struct process_setup){.argv = LIST("cp", path, copy)}).status == 0);
	return copy;
}

Test(shortage, commands)
{
	other = copy_of(make_snapshot(PROGRAM("die"), "abort"), "other.cbor.lz4");
	place_storage_clear();
	file = make_snapshot(PROGRAM("die"), "null_write");
	for (size_t i = 0; i < COUNT(lines); i++)
		try_command(&lines[i]);
}
