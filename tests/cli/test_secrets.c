/*
 * Secrets, put together while the test runs so that no file holds what looks like one, get through no way out: the snapshot's bytes,
 * every form in which a dead or a living process is shown, every kind of listener.
 */
#include "command.h"
#include "screen_session.h"
#include "talker.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static bool has_screen;

static void close_all(void)
{
	if (has_screen)
		screen_close();
	place_fini();
}

TestSuite(secrets, .init = place_init, .fini = close_all, .timeout = 200);

enum { KEY_LINE_BYTES = 64 };

static const char fill[] = "0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6a7B8c9D+/Q1";

/* A password, a token, a line of a private key and its last, short one. */
static struct {
	char password[32], token[64], line[KEY_LINE_BYTES + 1], last[16], begin[64], end[64];
} fake;

static void make_secrets(void)
{
	snprintf(fake.password, sizeof(fake.password), "%s%s", "ge", "heim4711");
	snprintf(fake.token, sizeof(fake.token), "%s%.36s",
		 "gh"
		 "p_",
		 fill);
	snprintf(fake.line, sizeof(fake.line), "%.64s", fill);
	snprintf(fake.last, sizeof(fake.last), "%s%s", "Kq9x", "Wz==");
	snprintf(fake.begin, sizeof(fake.begin), "-----BEGIN %s KEY-----", "PRIVATE");
	snprintf(fake.end, sizeof(fake.end), "-----END %s KEY-----", "PRIVATE");
}

/* None of them is there, and they have been taken out: the text is one that had them. */
static void expect_clean(const char *how, const struct bytes *text)
{
	const char *const secrets[] = {fake.password, fake.token, fake.line, fake.last};
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		const char *found = memmem(text->data, text->size, secrets[i], strlen(secrets[i]));
		cr_expect(!found, "%s: \"%.*s\"", how, found ? (int)strcspn(found, "\n") : 0, found);
	}
	cr_expect(memmem(text->data, text->size, "redacted", 8) != NULL, "%s shows nothing: %s", how, text->data);
}

static void expect_clean_output(const char *how, const char *const *arguments)
{
	const struct outcome outcome = ttlog(arguments);
	cr_expect(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) <= NOTHING, "%s: %s", how, outcome.err.data);
	expect_clean(how, &outcome.out);
}

#define SHOWN(how, ...) expect_clean_output(how, LIST(__VA_ARGS__))

/* Ways to show a snapshot, a recorder or a process. */
static void expect_shown_clean(const char *what)
{
	SHOWN("view", "view", "--last", "all", "--threads", "--no-color", what);
	SHOWN("view --no-fold", "view", "--last", "all", "--no-fold", what);
	SHOWN("view --json", "view", "--json", what);
	SHOWN("view --ndjson", "view", "--ndjson", what);
	SHOWN("view --csv", "view", "--csv", what);
	SHOWN("view --perfetto", "view", "--perfetto", what);
	SHOWN("view --ttlog-rs", "view", "--ttlog-rs", what);
	SHOWN("view --grep", "view", "--grep", ".", what);
	SHOWN("html", "html", "-o", "/dev/stdout", what);
	SHOWN("top", "top", "-n", "all", "--exact", what);
	SHOWN("top --json", "top", "-n", "all", "--exact", "--json", what);
}

static void expect_screen_clean(const char *what)
{
	char command[4096];
	snprintf(command, sizeof(command), "env TERM=xterm-256color %s tui %s", TTLOG, what);
	screen_open(150, 50, command);
	has_screen = true;
	screen_expect("5 Process");
	SCREEN_KEYS("2");
	screen_expect("[2 Events]");
	const char *events = screen_expect("last of it");
	expect_clean("tui", &(struct bytes){(char *)events, strlen(events)});
	SCREEN_KEYS("5"); /* the process: its command line */
	screen_expect("[5 Process]");
	const char *process = screen_expect("taken out");
	expect_clean("tui, process", &(struct bytes){(char *)process, strlen(process)});
	screen_close();
	has_screen = false;
}

/*
 * $1 $2: halves of the password; $3: the token; $4 to $8: the key, its last line in halves, which alone say nothing. What is said at once, in pieces, line by line, to each stream and to a log. `end`:
 * what it does in the end.
 */
static const char **said_by(const char *end)
{
	static const char talk[] =
		"p=$1$2; say() { echo \"password=$p\"; printf 'token: '; printf '%s\\n' \"$3\"; printf 'passwd='; printf '%s\\n' "
		"\"$p\"; "
		"echo \"mysql -uroot -p$p\"; printf '%s\\n' \"$4\" \"$5\" \"$6$7\" \"$8\"; echo \"last of it\"; }; "
		"say \"$@\"; say \"$@\" >&2; say \"$@\" >own.log;";
	static const char *argv[16];
	static char script[1024], halves[4][16];
	snprintf(script, sizeof(script), "%s %s", talk, end);
	snprintf(halves[0], sizeof(halves[0]), "%.5s", fake.password);
	snprintf(halves[1], sizeof(halves[1]), "%.10s", fake.password + 5);
	snprintf(halves[2], sizeof(halves[2]), "%.4s", fake.last);
	snprintf(halves[3], sizeof(halves[3]), "%.10s", fake.last + 4);
	const char *const all[] = {"/bin/bash", "-c",      script,    "bash",   halves[0],    halves[1],     fake.token, fake.begin,
				   fake.line,   halves[2], halves[3], fake.end, "--password", fake.password, NULL};
	memcpy(argv, all, sizeof(all));
	return argv;
}

static const char *made_dead(const char *end)
{
	const char *path = NULL;
	place_storage_clear();
	process_run(&(struct process_setup){.argv = said_by(end), .agent = true});
	cr_assert_eq(snapshots_in(place_storage(), &path), 1);
	return path;
}

Test(secrets, of_the_dead)
{
	struct snapshot_error error;
	struct bytes cbor;
	make_secrets();
	const char *path = strdup(made_dead("kill -SEGV $$"));
	cr_assert_eq(snapshot_load(path, (unsigned char **)&cbor.data, &cbor.size, &error), 0);
	expect_clean("the file", &cbor);
	expect_shown_clean(path);
	SHOWN("grep", "grep", ".", path);
	SHOWN("grep --json", "grep", ".", "--json", path);
	expect_screen_clean(path);
}

Test(secrets, of_two_deaths)
{
	make_secrets();
	const char *first = place_path("first.cbor.lz4");
	cr_assert(rename(made_dead("kill -SEGV $$"), first) == 0);
	const char *second = made_dead("echo password=other; kill -ABRT $$");
	SHOWN("diff", "diff", "--exact", "--last", "1000", first, second);
	SHOWN("diff --json", "diff", "--exact", "--json", "--last", "1000", first, second);
}

/* Nobody made its snapshot: the recorder is there as it was, with all that was said. */
Test(secrets, of_the_killed)
{
	const char *path;
	struct bytes cbor;
	struct snapshot_error error;
	make_secrets();
	if (!place_has_own_shm())
		cr_skip_test("no /dev/shm of its own to be had");
	const struct outcome killed = process_run(&(struct process_setup){.argv = said_by("kill -KILL $$"), .agent = true});
	expect_shown_clean(recorder_of(killed.pid));
	expect_screen_clean(recorder_of(killed.pid));
	const struct outcome recovered = ttlog(LIST("recover", place_storage()));
	cr_assert(recovered.status == 0, "%s", recovered.err.data);
	cr_assert_eq(snapshots_in(place_storage(), &path), 1);
	cr_assert_eq(snapshot_load(path, (unsigned char **)&cbor.data, &cbor.size, &error), 0);
	expect_clean("recovered", &cbor);
}

static void say_all(struct talker *talker)
{
	char line[256];
	snprintf(line, sizeof(line), "password=%s", fake.password);
	talker_say(talker, line);
	snprintf(line, sizeof(line), "now %s", fake.token);
	talker_say(talker, line);
	talker_say(talker, fake.begin);
	talker_say(talker, fake.line);
	talker_say(talker, fake.last);
	talker_say(talker, fake.end);
	talker_say(talker, "last of it");
}

static void expect_tail_clean(const char *pid, const char *json)
{
	struct process *tail = process_start(
		&(struct process_setup){.argv = LIST(TTLOG, "tail", "--no-color", "-n", "all", pid, json)});
	process_await(tail, "last of it");
	cr_assert(kill(process_pid(tail), SIGINT) == 0);
	const struct outcome outcome = process_finish(tail);
	expect_clean(json ? "tail --json" : "tail", &outcome.out);
}

Test(secrets, of_the_living)
{
	const char *path;
	struct bytes cbor;
	struct snapshot_error error;
	char pid[16];
	make_secrets();
	struct talker *talker = talker_start("talker");
	snprintf(pid, sizeof(pid), "%d", (int)talker->pid);
	/* What follows it sees them come, line by line. */
	struct process *follows = process_start(&(struct process_setup){.argv = LIST(TTLOG, "tail", "--no-color", pid)});
	talker_say(talker, "begin");
	process_await(follows, "begin");
	say_all(talker);
	process_await(follows, "last of it");
	cr_assert(kill(process_pid(follows), SIGINT) == 0);
	const struct outcome followed = process_finish(follows);
	expect_clean("tail, as they come", &followed.out);
	expect_tail_clean(pid, NULL);
	expect_tail_clean(pid, "--json");
	expect_shown_clean(pid);
	const struct outcome outcome = ttlog(LIST("snapshot", "--storage", place_storage(), pid));
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
	cr_assert_eq(snapshots_in(place_storage(), &path), 1);
	cr_assert_eq(snapshot_load(path, (unsigned char **)&cbor.data, &cbor.size, &error), 0);
	expect_clean("snapshot", &cbor);
	talker_finish(talker);
}

/* One of each kind, behind its "== KIND" the bytes that it got. */
Test(secrets, of_listeners)
{
	const char *argv[32] = {"/usr/bin/python3", SOURCE_DIR "/tests/listen/collect.py", place_path("listeners"),
				BUILT("libttlog_sqlite.so"), AGENT};
	size_t kinds = 0;
	make_secrets();
	const char **said = said_by("exit 0");
	for (size_t i = 0; said[i]; i++)
		argv[5 + i] = said[i];
	const struct outcome outcome = process_run(&(struct process_setup){.argv = argv, .limit_s = 60});
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
	for (char *part = strstr(outcome.out.data, "== "), *next; part; part = next, kinds++) {
		next = strstr(part + 1, "\n== ");
		const size_t bytes = next ? (size_t)(next - part) : strlen(part);
		const struct bytes text = {strndup(part, bytes), bytes};
		char kind[32] = "";
		sscanf(part, " == %31[^\n]", kind);
		expect_clean(kind, &text);
		cr_expect(strstr(text.data, "last of it") != NULL, "%s: %s", kind, text.data);
	}
	cr_assert_eq(kinds, 8);
	static const char *const files[] = {"listeners/text", "listeners/json", "listeners/base"};
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct stat status;
		cr_assert(stat(place_path(files[i]), &status) == 0 && (status.st_mode & 0777) == 0600, "%s: %o", files[i],
			  status.st_mode);
	}
}
