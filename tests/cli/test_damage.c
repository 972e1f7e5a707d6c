/*
 * Snapshots that are damaged in every way, in every command that reads them: exit code 3, and a line that names the command, the file, where
 * and what. What was before the damage is shown.
 */
#include "command.h"
#include "sample.h"
#include "screen_session.h"

#include <criterion/criterion.h>
#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { EVENTS = 500 };

static unsigned char *file, *cbor; /* of a sound snapshot */
static size_t file_bytes, cbor_bytes;
static const char *sound;

static void init(void)
{
	struct snapshot_error error;
	struct stat status;
	place_init();
	sound = sample_write_many(EVENTS);
	cr_assert(snapshot_load(sound, &cbor, &cbor_bytes, &error) == 0, "%s", error.text);
	FILE *stream = fopen(sound, "r");
	cr_assert(stream && fstat(fileno(stream), &status) == 0);
	file_bytes = (size_t)status.st_size;
	file = malloc(file_bytes + 16);
	cr_assert(fread(file, 1, file_bytes, stream) == file_bytes);
	fclose(stream);
	cr_assert(chmod(sound, 0644) == 0 && chmod(place_storage(), 0755) == 0);
}

TestSuite(damage, .init = init, .fini = place_fini, .timeout = 300);

/* Ways of damage -------------------------------------------------------------------------------------------------------------- */

static const char *framed(const char *name, const void *data, size_t bytes)
{
	const size_t room = LZ4F_compressFrameBound(bytes, NULL);
	void *frame = malloc(room);
	const size_t used = LZ4F_compressFrame(frame, room, data, bytes, NULL);
	cr_assert(!LZ4F_isError(used));
	return place_file(name, frame, used);
}

static const char *make_empty(const char *name)
{
	return place_file(name, "", 0);
}

static const char *make_foreign(const char *name)
{
	return place_file(name, "hello, world", 12);
}

static const char *make_header(const char *name)
{
	return place_file(name, file, 5);
}

static const char *make_half(const char *name)
{
	return place_file(name, file, file_bytes / 2);
}

static const char *make_flipped(const char *name)
{
	memset(file + file_bytes * 2 / 3, 0xff, 8);
	return place_file(name, file, file_bytes);
}

static const char *make_checksum(const char *name)
{
	file[file_bytes - 1] ^= 1;
	return place_file(name, file, file_bytes);
}

static const char *make_behind(const char *name)
{
	memcpy(file + file_bytes, "garbage", 7);
	return place_file(name, file, file_bytes + 7);
}

static const char *make_cbor_flipped(const char *name)
{
	unsigned char *at = memmem(cbor, cbor_bytes, "event 400 of many", 17);
	cr_assert(at != NULL);
	at[-1] = 0xff; /* the head of the string */
	return framed(name, cbor, cbor_bytes);
}

static const char *make_cbor_half(const char *name)
{
	return framed(name, cbor, cbor_bytes / 2);
}

static const char *make_cbor_behind(const char *name)
{
	unsigned char *more = malloc(cbor_bytes + 4);
	memcpy(more, cbor, cbor_bytes);
	memcpy(more + cbor_bytes, "more", 4);
	return framed(name, more, cbor_bytes + 4);
}

static const char *make_fifo(const char *name)
{
	const char *path = place_path(name);
	cr_assert(mkfifo(path, 0600) == 0);
	return path;
}

static const char *make_locked(const char *name)
{
	const char *path = place_file(name, file, file_bytes);
	cr_assert(chmod(path, 0) == 0);
	return path;
}

/* `salvaged`: the first of its events can be read. */
static const struct damage {
	const char *name, *says;
	const char *(*make)(const char *name);
	bool salvaged, nobody;
} damages[] = {
	{"empty", "empty file", make_empty, false, false},
	{"foreign", "not an LZ4 frame: at byte 0 stands 68 65 6c 6c", make_foreign, false, false},
	{"header", "cut off: the LZ4 frame does not end within the 5 bytes", make_header, false, false},
	{"half", "cut off: the LZ4 frame does not end within the ", make_half, true, false},
	{"flipped", "damaged ", make_flipped, true, false},
	{"checksum", "damaged somewhere before byte ", make_checksum, true, false},
	{"behind", "7 or more bytes behind the end of the LZ4 frame, at byte ", make_behind, true, false},
	{"cbor_flipped", "damaged at byte ", make_cbor_flipped, true, false},
	{"cbor_half", "damaged at byte ", make_cbor_half, true, false},
	{"cbor_behind", "bytes behind the end of the snapshot, at byte ", make_cbor_behind, true, false},
	{"fifo", "not a regular file", make_fifo, false, false},
	{"locked", "Permission denied", make_locked, false, true},
};

/* Commands -------------------------------------------------------------------------------------------------------------------- */

/* FILE stands for the damaged one, SOUND for one that is not, OUT for one that must not come to be. `shows` what was salvaged. */
static const struct reader {
	const char *command, *arguments[6];
	bool shows;
} readers[] = {
	{"view", {"--last", "all", "FILE"}, true},
	{"view", {"--json", "FILE"}, true},
	{"view", {"--ndjson", "FILE"}, true},
	{"view", {"--csv", "FILE"}, true},
	{"view", {"--perfetto", "FILE"}, true},
	{"view", {"--ttlog-rs", "FILE"}, true},
	{"html", {"FILE"}, true},
	{"ls", {"FILE"}, false},
	{"grep", {"event", "FILE"}, true},
	{"diff", {"FILE", "SOUND"}, false},
	{"diff", {"SOUND", "FILE"}, false},
	{"top", {"FILE"}, false},
	{"stats", {"FILE"}, false},
	{"symbolize", {"-o", "OUT", "FILE"}, false},
};

static struct outcome run(const struct reader *reader, const char *path, bool nobody)
{
	const char *argv[10] = {TTLOG, reader->command}, *const out = place_path("out");
	for (size_t i = 0; reader->arguments[i]; i++)
		argv[2 + i] = !strcmp(reader->arguments[i], "FILE")    ? path
			      : !strcmp(reader->arguments[i], "SOUND") ? sound
			      : !strcmp(reader->arguments[i], "OUT")   ? out
								       : reader->arguments[i];
	const struct outcome outcome = process_run(&(struct process_setup){.argv = argv, .as_nobody = nobody});
	cr_assert(access(out, F_OK) != 0, "%s made something of %s", reader->command, path);
	return outcome;
}

/* ls has a row for it, with the reason; all others a line on standard error. */
static void check(const struct reader *reader, const struct damage *damage, const char *path)
{
	const struct outcome outcome = run(reader, path, damage->nobody);
	const bool row = !strcmp(reader->command, "ls");
	const char *said = row ? outcome.out.data : outcome.err.data, *line = strstr(said, path);
	char begin[64];
	snprintf(begin, sizeof(begin), "ttlog %s: ", reader->command);
	cr_assert(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == BAD_FILE, "%s %s of %s: %s\n%s%s", reader->command,
		  reader->arguments[0], damage->name, status_text(outcome.status), outcome.out.data, outcome.err.data);
	cr_assert(line && (row || !strncmp(said, begin, strlen(begin))), "%s of %s:\n%s", reader->command, damage->name, said);
	cr_assert(strstr(line, damage->says) && strchr(line, '\n'), "%s of %s does not say \"%s\":\n%s", reader->command,
		  damage->name, damage->says, said);
	if (reader->shows && damage->salvaged)
		cr_assert(strstr(outcome.out.data, "event 1 of many"), "%s %s of %s shows nothing of it:\n%s%s", reader->command,
			  reader->arguments[0], damage->name, outcome.out.data, outcome.err.data);
}

static void check_all(const char *name)
{
	for (size_t i = 0; i < COUNT(damages); i++) {
		if (strcmp(damages[i].name, name) != 0)
			continue;
		const char *path = damages[i].make("damaged.cbor.lz4");
		for (size_t r = 0; r < COUNT(readers); r++)
			check(&readers[r], &damages[i], path);
		return;
	}
	cr_assert(false, "no damage of that name");
}

#define DAMAGE(name)                                                                                                               \
	Test(damage, name)                                                                                                         \
	{                                                                                                                          \
		check_all(#name);                                                                                                  \
	}

DAMAGE(empty)
DAMAGE(foreign)
DAMAGE(header)
DAMAGE(half)
DAMAGE(flipped)
DAMAGE(checksum)
DAMAGE(behind)
DAMAGE(cbor_flipped)
DAMAGE(cbor_half)
DAMAGE(cbor_behind)
DAMAGE(fifo)
DAMAGE(locked)

/* Flip one byte anywhere: never silence, never a crash. TTLOG_FLIPS=1: each of them. */
Test(damage, any_byte)
{
	const size_t step = getenv("TTLOG_FLIPS") ? (size_t)strtoul(getenv("TTLOG_FLIPS"), NULL, 10) : file_bytes / 60;
	for (size_t i = 0; i < file_bytes; i += step ? step : 1) {
		file[i] ^= 0x55;
		const char *path = place_file("flipped.cbor.lz4", file, file_bytes);
		file[i] ^= 0x55;
		const struct outcome outcome = ttlog(LIST("view", path));
		cr_assert(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == BAD_FILE && strstr(outcome.err.data, path),
			  "byte %zu of %zu: %s\n%s%s", i, file_bytes, status_text(outcome.status), outcome.out.data,
			  outcome.err.data);
	}
}

/* On the screen ---------------------------------------------------------------------------------------------------------------- */

static void close_screen(void)
{
	screen_close();
	place_fini();
}

TestSuite(damage_tui, .init = init, .fini = close_screen, .timeout = 300);

/* What cannot be opened leaves the list, with the reason in the foot. */
Test(damage_tui, cannot_be_opened)
{
	char command[4096];
	snprintf(command, sizeof(command), "sh -c 'for f in %s %s %s; do %s tui $f; echo status $?; done; exec cat'",
		 make_empty("a"), make_foreign("b"), make_fifo("c"), TTLOG);
	screen_open(120, 24, command);
	screen_expect("/a: empty file");
	screen_type("q");
	screen_expect("/b: not an LZ4 frame: at byte 0 stands 68 65 6c 6c");
	screen_type("q");
	screen_expect("/c: not a regular file");
	screen_type("q");
	screen_expect("status 3\nstatus 3\nstatus 3");
}

Test(damage_tui, salvaged)
{
	char command[4096];
	snprintf(command, sizeof(command), "sh -c '%s tui %s; echo status $?; exec cat'", TTLOG, make_half("half.cbor.lz4"));
	screen_open(160, 24, command);
	screen_expect("[3 Stacks]");
	screen_type("5");
	screen_expect("cut off: the LZ4 frame does not end within the ");
	screen_type("q");
	screen_expect("status 3");
}
