#include "shortage_trial.h"

#include "results.h"
#include "scarce.h"
#include "text.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { WORDS = 40, VARIABLES = 24, FILES = 64, TRIALS = 2 };

/* LIBRARY: memory of elfutils (0.188) and libarchive (3.6.2), which crash without, or go on as if what they wanted it for were not there. */
enum { MEMORY, LIBRARY, KINDS = 11 };
static const char *const kinds[KINDS] = {"memory", "library", "open", "read",       "write", "rename",
					 "make",   "fork",    "exec", "descriptor", "random"};

/* What a run left ------------------------------------------------------------------------------------------------------------ */

struct left {
	char *name; /* below the trial's directory, each number in it '#' */
	char *path;
	struct bytes content;
};

struct leftovers {
	struct left files[FILES];
	size_t count;
};

static struct leftovers *walked;
static size_t walked_from;

static char *without_numbers(const char *name)
{
	char *result = calloc(1, strlen(name) + 1), *to = result;
	for (const char *at = name; *at; at++) {
		if (!isdigit((unsigned char)*at))
			*to++ = *at;
		else if (to == result || to[-1] != '#')
			*to++ = '#';
	}
	return result;
}

static struct bytes content_of(const char *path)
{
	struct stat info;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert(fd >= 0 && fstat(fd, &info) == 0, "%s", path);
	struct bytes bytes = {calloc(1, (size_t)info.st_size + 1), (size_t)info.st_size};
	cr_assert(read(fd, bytes.data, bytes.size) == (ssize_t)bytes.size, "%s", path);
	close(fd);
	return bytes;
}

static int add_file(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)info;
	(void)walk;
	if (type != FTW_F || walked->count == FILES)
		return 0;
	walked->files[walked->count++] = (struct left){
		.name = without_numbers(path + walked_from), .path = strdup(path), .content = content_of(path)};
	return 0;
}

static void look(struct leftovers *leftovers, const char *directory)
{
	leftovers->count = 0;
	walked = leftovers;
	walked_from = strlen(directory) + 1;
	nftw(directory, add_file, 16, FTW_PHYS);
}

static void forget(struct leftovers *leftovers)
{
	for (size_t i = 0; i < leftovers->count; i++) {
		free(leftovers->files[i].name);
		free(leftovers->files[i].path);
		free(leftovers->files[i].content.data);
	}
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)info;
	(void)type;
	(void)walk;
	return remove(path);
}

/* Running -------------------------------------------------------------------------------------------------------------------- */

struct places {
	unsigned long *first; /* numbers of calls */
	size_t count;
};

struct run {
	struct shortage_trial trial;
	struct places places[LIBRARY + 1]; /* of the whole run */
	unsigned long calls[KINDS];
	unsigned long left; /* processes */
	bool library;       /* what it did without goes without a word */
	struct leftovers files;
};

static void read_memory(struct run *run)
{
	struct scarce *scarce = malloc(sizeof(*scarce));
	FILE *file = fopen(place_path("calls"), "r");
	cr_assert(scarce && file && fread(scarce, sizeof(*scarce), 1, file) == 1, "%s", run->trial.about);
	for (size_t kind = MEMORY; kind <= LIBRARY; kind++) {
		const struct scarce_calls *calls = &scarce->calls[kind];
		struct places *places = &run->places[kind];
		places->first = calloc(SCARCE_PLACES, sizeof(*places->first));
		for (size_t i = 0; i < SCARCE_PLACES; i++) {
			if (calls->places[i].way)
				places->first[places->count++] = calls->places[i].first;
		}
		run->calls[kind] = calls->count;
	}
	fclose(file);
	free(scarce);
}

static void read_counts(struct run *run)
{
	char name[32];
	unsigned long number;
	FILE *report = fopen(place_path("report"), "r");
	cr_assert(report, "%s: %s", run->trial.about, run->trial.outcome.err.data);
	while (fscanf(report, "%31s %lu", name, &number) == 2) {
		for (size_t i = 0; i < KINDS; i++) {
			if (strcmp(name, kinds[i]) == 0)
				run->calls[i] = number;
		}
		if (strcmp(name, "left") == 0)
			run->left = number;
	}
	fclose(report);
	read_memory(run);
}

static const char *at_place(const char *variable, const char *directory, const char *name)
{
	const char *path = text_of("%s=%s/%s", variable, directory, name);
	mkdir(strchr(path, '=') + 1, 0700);
	return path;
}

static const char *no_calls(void)
{
	const char *path = place_file("calls", "", 0);
	cr_assert(truncate(path, sizeof(struct scarce)) == 0, "%s", path);
	return path;
}

/* For who gets another environment: a shell takes them from there. */
static void write_variables(const char *const *variables)
{
	char text[4096];
	size_t used = 0;
	for (; *variables && used < sizeof(text); variables++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "export '%s'\n", *variables);
	place_file("variables", text, used);
}

/* Number `call` fails; 0: none, and those of all kinds are counted. */
static void perform(struct run *run, const struct shortage *shortage, const char *kind, unsigned long call)
{
	const bool library = strcmp(kind, kinds[LIBRARY]) == 0, memory = call == 0 || library || strcmp(kind, kinds[MEMORY]) == 0;
	const char *argv[WORDS], *environment[VARIABLES], *directory = place_directory(), *number = text_of("%lu", call);
	size_t words = 0, variables = 0;
	const char *const before[] = {PROGRAM("refuse"), place_path("report"), kind, memory ? "0" : number, shortage->program};
	memcpy(argv, before, sizeof(before));
	words = COUNT(before);
	for (const char *const *word = shortage->words; *word; word++)
		argv[words++] = *word;
	argv[words] = NULL;
	for (const char *const *variable = shortage->environment; variable && *variable; variable++)
		environment[variables++] = *variable;
	environment[variables++] = at_place("TMPDIR", directory, "tmp");
	environment[variables++] = at_place("XDG_CACHE_HOME", directory, "cache");
	environment[variables++] = text_of("SCARCE_COUNT=%s", no_calls());
	environment[variables++] = text_of("SCARCE_AT=%s", number);
	environment[variables++] = text_of("SCARCE_PROGRAM=%s", memory ? shortage->program : "");
	environment[variables++] = text_of("SCARCE_LIBRARIES%s", library ? "=1" : "");
	environment[variables++] = "NO_COLOR=1";
	environment[variables] = NULL;
	write_variables(environment + variables - 5);
	if (shortage->prepare)
		shortage->prepare(shortage);
	memset(run, 0, sizeof(*run));
	run->library = library;
	run->trial = (struct shortage_trial){.of = shortage,
					     .about = text_of("ttlog %s: call %lu of the kind %s", shortage->name, call, kind),
					     .directory = directory,
					     .whole = call == 0};
	run->trial.outcome = process_run(&(struct process_setup){.argv = argv,
								 .environment = environment,
								 .input = shortage->input,
								 .directory = directory,
								 .second_library = memory ? PROGRAM("scarce.so") : NULL,
								 .limit_s = 60});
	read_counts(run);
	look(&run->files, directory);
}

static void finish(struct run *run)
{
	forget(&run->files);
	free(run->places[MEMORY].first);
	free(run->places[LIBRARY].first);
	free(run->trial.outcome.out.data);
	free(run->trial.outcome.err.data);
	nftw(run->trial.directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Judging -------------------------------------------------------------------------------------------------------------------- */

static bool is_status(const struct shortage *shortage, int status, int whole)
{
	if (status == whole || (!shortage->own_statuses && WIFEXITED(status) && WEXITSTATUS(status) <= BAD_FILE))
		return true;
	for (size_t i = 0; i < COUNT(shortage->statuses) && shortage->statuses[i]; i++) {
		if (WIFEXITED(status) && WEXITSTATUS(status) == shortage->statuses[i])
			return true;
	}
	return false;
}

static bool is_equal(const struct shortage *shortage, const struct bytes *a, const struct bytes *b)
{
	if (shortage->output == SHORTAGE_VARIES)
		return true;
	return a->size == b->size && (shortage->output == SHORTAGE_SAME_SIZE || memcmp(a->data, b->data, a->size) == 0);
}

static bool is_snapshot(const char *path)
{
	const size_t bytes = strlen(path), end = strlen(SNAPSHOT_SUFFIX);
	return bytes > end && strcmp(path + bytes - end, SNAPSHOT_SUFFIX) == 0;
}

/* Of a page of `ttlog collect --format html`, up to its fingerprint: without names of functions that is another. */
static size_t group_bytes(const char *name)
{
	const char *group = strstr(name, "/group-#-");
	return group ? (size_t)(group - name) : 0;
}

/* The name of a snapshot may say less, for it was made without what is missing. */
static bool is_alike(const struct left *file, const struct left *other)
{
	const size_t group = group_bytes(file->name);
	return (is_snapshot(file->path) && is_snapshot(other->path)) ||
	       (group && group == group_bytes(other->name) && strncmp(file->name, other->name, group) == 0);
}

/* NULL: the whole run has left none like it. */
static const struct left *same_in(const struct leftovers *whole, const struct left *file)
{
	const struct left *alike = NULL;
	for (size_t i = 0; i < whole->count; i++) {
		if (strcmp(file->name, whole->files[i].name) == 0)
			return &whole->files[i];
		if (is_alike(file, &whole->files[i]))
			alike = &whole->files[i];
	}
	return alike;
}

/* A file is one that the whole run leaves, too, and holds the same, unless it was said why not. Snapshots that should go may stay by that. */
static void judge_file(const struct run *run, const struct left *file, const struct run *whole, bool said)
{
	const struct shortage_trial *trial = &run->trial;
	const struct left *same = same_in(&whole->files, file);
	struct snapshot snapshot;
	cr_expect(same || (said && is_snapshot(file->path)), "%s: left %s (%s)\n%s", trial->about, file->path,
		  status_text(trial->outcome.status), trial->outcome.err.data);
	if (is_snapshot(file->path)) {
		snapshot_at(&snapshot, file->path);
		snapshot_fini(&snapshot);
	} else if (same && !said) {
		cr_expect(is_equal(trial->of, &file->content, &same->content), "%s: %s differs, and not a word", trial->about,
			  file->path);
	}
}

/* "ttlog: ", "ttlog view: ": on a terminal it stands among the rest. A list has a row for what it cannot read. */
static bool has_error_line(const char *text)
{
	for (const char *at = text; (at = strstr(at, "ttlog"));) {
		at += strlen("ttlog");
		const char *end = at + strspn(at, " abcdefghijklmnopqrstuvwxyz");
		if (end[0] == ':' && end[1] == ' ')
			return true;
	}
	return strstr(text, "bad file") != NULL;
}

/* More, or something else, than where nothing fails; numbers (process ids, sizes) aside. */
static bool has_said(const struct outcome *outcome, const struct outcome *usual)
{
	char *said = without_numbers(outcome->err.data), *always = without_numbers(usual->err.data);
	const bool result = strcmp(said, always) != 0 || has_error_line(outcome->out.data);
	free(said);
	free(always);
	return result;
}

static void judge(const struct run *run, const struct run *whole)
{
	const struct shortage_trial *trial = &run->trial;
	const struct outcome *outcome = &trial->outcome, *usual = &whole->trial.outcome;
	const bool said = has_said(outcome, usual);
	cr_expect(is_status(trial->of, outcome->status, usual->status), "%s: %s\n%s", trial->about, status_text(outcome->status),
		  outcome->err.data);
	cr_expect(!strstr(outcome->err.data, "Sanitizer") && !strstr(outcome->err.data, "runtime error:"), "%s: %s", trial->about,
		  outcome->err.data);
	cr_expect(outcome->status == usual->status || said, "%s: %s, and not a word\n%s", trial->about,
		  status_text(outcome->status), outcome->out.data);
	/* 1 would mean that nothing was found. */
	cr_expect(outcome->status == usual->status || !WIFEXITED(outcome->status) || WEXITSTATUS(outcome->status) != NOTHING ||
			  (!strcasestr(outcome->err.data, "out of memory") && !strcasestr(outcome->out.data, "out of memory")),
		  "%s: %s\n%s%s", trial->about, status_text(outcome->status), outcome->err.data, outcome->out.data);
	if (!said && !run->library)
		cr_expect(is_equal(trial->of, &outcome->out, &usual->out), "%s: prints something else, and not a word\n%s",
			  trial->about, outcome->out.data);
	cr_expect(!run->left, "%s: left a process", trial->about);
	for (size_t i = 0; i < run->files.count; i++)
		judge_file(run, &run->files.files[i], whole, said || run->library);
	if (trial->of->check)
		trial->of->check(trial);
}

static void try_one(const struct shortage *shortage, const char *kind, unsigned long call, const struct run *whole)
{
	struct run run;
	perform(&run, shortage, kind, call);
	judge(&run, whole);
	results_note(run.trial.about, status_text(run.trial.outcome.status), run.trial.outcome.err.data);
	finish(&run);
}

static void try_places(const struct shortage *shortage, size_t kind, const struct run *whole)
{
	for (size_t i = 0; i < whole->places[kind].count; i++)
		try_one(shortage, kinds[kind], whole->places[kind].first[i], whole);
}

static void try_calls(const struct shortage *shortage, size_t kind, const struct run *whole)
{
	const char *wanted = getenv("TTLOG_SHORTAGE");
	const bool all = shortage->all_of && strcmp(shortage->all_of, kinds[kind]) == 0;
	const unsigned long calls = whole->calls[kind], trials = all ? 0 : wanted ? strtoul(wanted, NULL, 10) : TRIALS;
	const unsigned long step = trials && calls > trials ? (calls + trials - 1) / trials : 1;
	for (unsigned long call = 1; call <= calls; call += step)
		try_one(shortage, kinds[kind], call, whole);
	if (kind == MEMORY && shortage->also)
		try_one(shortage, kinds[kind], (unsigned long)(shortage->also < 0 ? (long)calls + shortage->also : shortage->also),
			whole);
}

static void try_kind(const struct shortage *shortage, size_t kind, const struct run *whole)
{
	const char *picked = getenv("TTLOG_SHORTAGE_CALL"), *wanted = getenv("TTLOG_SHORTAGE");
	const size_t places = kind <= LIBRARY ? whole->places[kind].count : 0;
	results_note(text_of("ttlog %s: of the kind %s", shortage->name, kinds[kind]), text_of("%lu calls", whole->calls[kind]),
		     places ? text_of("%zu places", places) : "");
	if (picked)
		try_one(shortage, kinds[kind], strtoul(picked, NULL, 10), whole);
	else if (places && wanted && strcmp(wanted, "places") == 0)
		try_places(shortage, kind, whole);
	else
		try_calls(shortage, kind, whole);
}

void shortage_try(const struct shortage *shortage)
{
	const char *picked = getenv("TTLOG_SHORTAGE_KIND");
	struct run whole;
	perform(&whole, shortage, "all", 0);
	const int status = whole.trial.outcome.status;
	cr_assert(shortage->whole ? status == shortage->whole : WIFEXITED(status) && WEXITSTATUS(status) <= NOTHING,
		  "ttlog %s: %s\n%s", shortage->name, status_text(status), whole.trial.outcome.err.data);
	if (shortage->check)
		shortage->check(&whole.trial);
	for (size_t i = 0; i < KINDS; i++) {
		if (!picked || strcmp(picked, kinds[i]) == 0)
			try_kind(shortage, i, &whole);
	}
	finish(&whole);
}
