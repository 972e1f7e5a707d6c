#include "heard.h"

#include "command.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const heard_environment[] = {"TTLOG_CAPACITY=65536", "TTLOG_REDACT=none", "LC_ALL=C.UTF-8", NULL};

struct bytes heard_text(const struct snapshot *snapshot, unsigned source, unsigned other)
{
	struct bytes text = {NULL, 0};
	FILE *file = open_memstream(&text.data, &text.size);
	cr_assert(file != NULL);
	for (size_t i = 0; i < snapshot->event_count; i++) {
		const struct snapshot_event *event = &snapshot->events[i];
		if (event->source == source || event->source == other)
			fwrite(event->message.data, 1, event->message.bytes, file);
	}
	fclose(file);
	return text;
}

static void expect_equal(struct where where, const char *const *argv, const char *what, const struct bytes *emitted,
			 const struct bytes *heard)
{
	size_t at = 0;
	while (at < emitted->size && at < heard->size && emitted->data[at] == heard->data[at])
		at++;
	cr_expect(at == emitted->size && at == heard->size,
		  "%s:%d: %s %s: %zu bytes on %s, %zu recorded; from byte %zu on:\n%.60s\n%.60s", where.file, where.line, argv[0],
		  argv[1] ? argv[1] : "", emitted->size, what, heard->size, at, emitted->data + at, heard->data + at);
}

static const char *base_name(const char *path)
{
	return path && strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

void heard_note(const char *program, const char *argument, const char *what, const struct bytes *emitted, const struct bytes *heard)
{
	const char *const table = getenv("TTLOG_HEARD_TABLE");
	FILE *file = table && emitted->size + heard->size ? fopen(table, "a") : NULL;
	if (!file)
		return;
	const bool equal = emitted->size == heard->size && memcmp(emitted->data, heard->data, heard->size) == 0;
	fprintf(file, "%s %.30s\t%s\t%zu\t%zu\t%s\n", base_name(program), argument ? base_name(argument) : "", what, emitted->size,
		heard->size, equal ? "yes" : "NO");
	fclose(file);
}

/* The program alone is recorded: processes that it starts say what they say into its output, and recorders of their own. */
bool expect_heard_at(struct where where, const char *const *argv, const char *directory, struct snapshot *snapshot)
{
	const char *run[32] = {TTLOG, "run", "--quiet", "--on-exit", "always", "--storage", place_storage(), "--"};
	size_t count = 8;
	for (const char *const *word = argv; *word; word++)
		run[count++] = *word;
	place_storage_clear();
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = run, .environment = heard_environment, .directory = directory});
	const char *path;
	if (outcome.out.size + outcome.err.size == 0 && snapshots_in(place_storage(), &path) == 0)
		return false;
	snapshot_only(snapshot, NULL);
	const struct bytes out = heard_text(snapshot, SOURCE_STDOUT, SOURCE_WRITE1),
			   err = heard_text(snapshot, SOURCE_STDERR, SOURCE_WRITE2);
	heard_note(argv[0], argv[1], "standard output", &outcome.out, &out);
	heard_note(argv[0], argv[1], "standard error", &outcome.err, &err);
	expect_equal(where, argv, "standard output", &outcome.out, &out);
	expect_equal(where, argv, "standard error", &outcome.err, &err);
	return true;
}
