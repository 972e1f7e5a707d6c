/* The listeners for databases, against real ones: what arrives, that it arrives once, and what happens while they are away. */
#include "drive.h"
#include "place.h"
#include "postgresql_server.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(sqlite, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(postgresql, .init = place_init, .fini = place_fini, .timeout = 200);

#define SQLITE     BUILD_DIR "/libttlog_sqlite.so"
#define POSTGRESQL BUILD_DIR "/libttlog_postgresql.so"

static char path[1024];

static const char *sqlite_item(void)
{
	static char item[2048];
	if (!is_executable(SQLITE))
		cr_skip_test(SQLITE " was not built: libsqlite3-dev is not installed");
	snprintf(path, sizeof(path), "%s", place_path("events.db"));
	snprintf(item, sizeof(item), "plugin:" SQLITE ",path=%s", path);
	return item;
}

static const char *sqlite_query(const char *sql)
{
	static char text[100000];
	char command[8192];
	snprintf(command, sizeof(command), "sqlite3 -batch '%s' \"%s\"", path, sql);
	FILE *answer = popen(command, "r");
	text[fread(text, 1, sizeof(text) - 1, answer)] = 0;
	text[strcspn(text, "\n")] = 0;
	return pclose(answer) == 0 ? text : "failed";
}

typedef const char *query_function(const char *sql);

static void expect_answer(query_function *query, const char *sql, const char *wanted)
{
	const char *got = query(sql);
	cr_expect(strcmp(got, wanted) == 0, "%s: '%s' instead of '%s'", sql, got, wanted);
}

/* Exactly the messages 0..end-1, each once. */
static void expect_numbers(query_function *query, unsigned end)
{
	char wanted[64];
	snprintf(wanted, sizeof(wanted), "%u|%u", end, end);
	expect_answer(query, "SELECT count(*), count(DISTINCT message) FROM ttlog_events", wanted);
	snprintf(wanted, sizeof(wanted), "%u", end);
	const char *last = query("SELECT max(cast(substr(message, 16) AS integer)) + 1 FROM ttlog_events");
	cr_expect_str_eq(last, wanted);
}

/* All types of values, text that is no UTF-8, a NUL, and what SQL and COPY have uses of their own for. */
static struct ttlog_event rich_event(void)
{
	static const struct ttlog_value values[] = {
		{.key = TEXT("id"), .type = TTLOG_TYPE_SIGNED, .number.i = -7},
		{.key = TEXT("path"), .type = TTLOG_TYPE_STRING, .number.string = TEXT("a\0b\t\"c\"\\\x01")},
		{.key = TEXT("ratio"), .type = TTLOG_TYPE_DOUBLE, .number.d = 0.5},
		{.key = TEXT("none"), .type = TTLOG_TYPE_STRING},
	};
	struct ttlog_event event = event_saying("");
	event.message = TEXT("'; DROP TABLE ttlog_events; -- \\N\t\\.\n\xff z\xc3\xbc");
	event.target = TEXT("net");
	event.file = TEXT("a.c");
	event.line = 12;
	event.caller = 0x7fffffffffffu;
	event.lost = 3;
	event.values = values;
	event.value_count = 4;
	return event;
}

static void hand_over_rich(struct drive *drive)
{
	const struct ttlog_event event = rich_event();
	cr_assert(drive->listener.on_start(drive->listener.user) == 0);
	cr_assert(drive->listener.on_event(drive->listener.user, &event) == 0);
	cr_assert(drive->listener.on_flush(drive->listener.user, 1) == 0);
}

/* The message, with what cannot be in a database replaced. */
#define RICH_HEX  "273B2044524F50205441424C45207474"
#define RICH_REST "6C6F675F6576656E74733B202D2D205C4E095C2E0AEFBFBD207AC3BC"

Test(sqlite, columns)
{
	struct drive drive;
	drive_open(&drive, sqlite_item());
	hand_over_rich(&drive);
	drive_close(&drive);
	expect_answer(sqlite_query, "SELECT hex(message) FROM ttlog_events", RICH_HEX RICH_REST);
	expect_answer(sqlite_query,
		      "SELECT level, service, tid, thread_name, source, target, file, line, caller, lost FROM ttlog_events",
		      "info|orders|101|worker|stdout|net|a.c|12|140737488355327|3");
	expect_answer(sqlite_query, "SELECT [column] IS NULL, truncated IS NULL, span IS NULL, timestamp FROM ttlog_events",
		      "1|1|1|1795879456990218332");
	expect_answer(
		sqlite_query,
		"SELECT json_extract(kv, '$.id'), json_extract(kv, '$.ratio'), hex(json_extract(kv, '$.path')), json_type(kv, '$.none') "
		"FROM ttlog_events",
		"-7|0.5|61EFBFBD62092263225C01|null");
	expect_answer(sqlite_query, "SELECT pid, length(boot_id), recorder, lane, position FROM ttlog_events",
		      "100|36|4000000000|9|0");
}

Test(sqlite, each_once)
{
	struct drive drive;
	drive_open(&drive, sqlite_item());
	drive_all(&drive, 5000, 333);
	drive.next = drive.flushed = 4000; /* as after a flush of which nobody knows whether it was done */
	drive_all(&drive, 6000, 500);
	drive_close(&drive);
	expect_numbers(sqlite_query, 6000);
}

Test(sqlite, several_processes)
{
	enum { PROCESSES = 3, MESSAGES = 1000 };
	const char *item = sqlite_item();
	char wanted[64];
	for (unsigned p = 0; p < PROCESSES; p++) {
		if (fork() != 0)
			continue;
		struct drive drive;
		drive_pid = 200 + p;
		drive_open(&drive, item);
		drive_all(&drive, MESSAGES, 100);
		drive_close(&drive);
		_exit(0);
	}
	for (unsigned p = 0; p < PROCESSES; p++) {
		int status;
		cr_assert(wait(&status) > 0 && status == 0);
	}
	snprintf(wanted, sizeof(wanted), "%d|%d|%d", PROCESSES * MESSAGES, MESSAGES, PROCESSES);
	expect_answer(sqlite_query, "SELECT count(*), count(DISTINCT message), count(DISTINCT pid) FROM ttlog_events", wanted);
}

Test(sqlite, full_disk)
{
	struct rlimit limit = {60000, RLIM_INFINITY};
	struct drive drive;
	signal(SIGXFSZ, SIG_IGN);
	drive_open(&drive, sqlite_item());
	setrlimit(RLIMIT_FSIZE, &limit);
	int error = 0;
	while (!error && drive.next < 100000)
		error = drive_try(&drive, drive.next + 50, 50);
	cr_assert(error == EFBIG || error == ENOSPC || error == EIO, "%s", strerror(error));
	const unsigned end = drive.next + 500;
	limit.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &limit);
	drive_all(&drive, end, 50);
	drive_close(&drive);
	expect_numbers(sqlite_query, end);
}

Test(sqlite, locked_by_another)
{
	struct drive drive;
	char command[4096];
	drive_open(&drive, sqlite_item());
	drive_all(&drive, 10, 0);
	const char *answers = place_path("answers");
	snprintf(command, sizeof(command), "mkfifo '%s' && sqlite3 -batch '%s' > '%s'", answers, path, answers);
	FILE *holder = popen(command, "w");
	fputs("BEGIN IMMEDIATE; SELECT 1;\n", holder);
	fflush(holder);
	while (access(answers, F_OK) != 0)
		sched_yield();
	FILE *answer = fopen(answers, "r");
	cr_assert(fgetc(answer) == '1'); /* it has the lock */
	cr_assert(drive_try(&drive, 20, 0) == EBUSY && drive.next == 10);
	fputs("COMMIT;\n", holder);
	cr_assert(pclose(holder) == 0);
	fclose(answer);
	drive_all(&drive, 20, 0);
	drive_close(&drive);
	expect_numbers(sqlite_query, 20);
}

Test(sqlite, bad_options)
{
	static const struct {
		const char *options, *named;
	} bad[] = {{"", "sqlite: no path="}, {",path=x,pat=y", "'pat'"}, {",what", "'what' is no name=value"}};
	struct ttlog_listener listener;
	char item[2048], error[256];
	sqlite_item();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(item, sizeof(item), "plugin:" SQLITE "%s", bad[i].options);
		cr_assert(sinks_open(item, strlen(item), &listener, error, sizeof(error)) == EINVAL);
		cr_assert(strstr(error, bad[i].named), "%s", error);
	}
}

/* PostgreSQL ------------------------------------------------------------------------------------------------------------------- */

static const char *postgresql_item(const char *user)
{
	static char item[2048];
	snprintf(item, sizeof(item), "plugin:" POSTGRESQL ",host=%s,dbname=postgres,user=%s", postgresql_host(), user);
	return item;
}

static void begin(const char *encoding)
{
	if (!is_executable(POSTGRESQL))
		cr_skip_test(POSTGRESQL " was not built: libpq-dev is not installed");
	postgresql_init(encoding);
}

Test(postgresql, columns_and_each_once)
{
	struct drive drive;
	begin("UTF8");
	postgresql_start();
	drive_open(&drive, postgresql_item("postgres"));
	hand_over_rich(&drive);
	expect_answer(postgresql_query, "SELECT upper(encode(convert_to(message, 'UTF8'), 'hex')) FROM ttlog_events",
		      RICH_HEX RICH_REST);
	expect_answer(
		postgresql_query,
		"SELECT level, service, tid, thread_name, source, target, file, line, caller, lost, timestamp FROM ttlog_events",
		"info|orders|101|worker|stdout|net|a.c|12|140737488355327|3|1795879456990218332");
	expect_answer(
		postgresql_query,
		"SELECT kv ->> 'id', kv ->> 'ratio', encode(convert_to(kv ->> 'path', 'UTF8'), 'hex'), kv -> 'none' FROM ttlog_events",
		"-7|0.5|61efbfbd62092263225c01|null");
	postgresql_query("DELETE FROM ttlog_events");
	drive_all(&drive, 20000, 3333);
	drive.next = drive.flushed = 15000; /* as after a flush of which nobody knows whether it was done */
	drive_all(&drive, 21000, 0);
	expect_numbers(postgresql_query, 21000);
	/* A user who may insert, and no more; and one who may not. */
	postgresql_query("CREATE USER writer; GRANT INSERT, SELECT ON ttlog_events TO writer; CREATE USER nobody");
	drive_close(&drive);
	drive_open(&drive, postgresql_item("writer"));
	drive.next = drive.flushed = 21000;
	drive_all(&drive, 21010, 0);
	drive_close(&drive);
	expect_numbers(postgresql_query, 21010);
	drive_open(&drive, postgresql_item("nobody"));
	drive_try(&drive, 1, 0);
	cr_assert(drive_flush(&drive) == EACCES);
	drive_close(&drive);
	postgresql_kill();
}

/* It dies in the middle of a copy, between flushes, is away, stops answering. */
Test(postgresql, server_comes_and_goes)
{
	struct drive drive;
	begin("UTF8");
	drive_open(&drive, postgresql_item("postgres"));
	cr_assert(drive_try(&drive, 10, 0) == ECONNREFUSED && drive.next == 0);
	postgresql_start();
	drive_all(&drive, 1000, 100);
	cr_assert(drive_try(&drive, 6000, 0) == 0); /* more than is sent at once: a copy is under way */
	postgresql_kill();
	cr_assert(drive_try(&drive, 7000, 0) == 0 && drive_flush(&drive) == EPIPE && drive.next == 1000);
	cr_assert(drive_try(&drive, 7000, 0) == ECONNREFUSED);
	postgresql_start();
	expect_numbers(postgresql_query, 1000);
	drive_all(&drive, 7000, 500);
	expect_numbers(postgresql_query, 7000);
	postgresql_signal(SIGSTOP);
	cr_assert(drive_try(&drive, 7010, 0) == 0 && drive_flush(&drive) == ETIMEDOUT);
	postgresql_signal(SIGCONT);
	drive_all(&drive, 7010, 0);
	expect_numbers(postgresql_query, 7010);
	drive_close(&drive);
	postgresql_kill();
}

/* A database that cannot hold the text refuses nothing for ever. */
Test(postgresql, other_encodings)
{
	struct drive drive;
	begin("LATIN1");
	postgresql_start();
	drive_open(&drive, postgresql_item("postgres"));
	hand_over_rich(&drive);
	expect_answer(postgresql_query, "SELECT right(message, 7) FROM ttlog_events", "??? z??");
	drive_close(&drive);
	postgresql_kill();
}

Test(postgresql, bad_options)
{
	static const char item[] = "plugin:" POSTGRESQL ",dbnam=x";
	struct ttlog_listener listener;
	char error[256];
	if (!is_executable(POSTGRESQL))
		cr_skip_test(POSTGRESQL " was not built: libpq-dev is not installed");
	cr_assert(sinks_open(item, sizeof(item) - 1, &listener, error, sizeof(error)) == EINVAL);
	cr_assert_str_eq(error, "postgresql: no such connection parameter: 'dbnam'");
}
