/* ttlog db where the database is down, full, locked, not ours: nothing is lost, nothing is there by half, and the same command adds the rest later. */
#include "deaths.h"
#include "index.h"
#include "postgresql_server.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(db_failures, .init = place_init, .fini = place_fini, .timeout = 200);

#define UNAVAILABLE  5
#define BATCH        256 /* BATCH_ROWS of tools/db */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct outcome db_at(const char *url, const char *verb, const char *argument)
{
	return ttlog(LIST("db", "--db", url, "--wait", "300ms", verb, argument));
}

/* One line that names the database and what is wrong. */
static void expect_failure(struct where where, struct outcome outcome, int status, const char *name, const char *what)
{
	expect_error_at(where, &outcome, status, name);
	index_ends_at(where, outcome, status, what);
}

/* SQLite ----------------------------------------------------------------------------------------------------------------------------- */

Test(db_failures, no_database_to_read)
{
	index_begin_sqlite();
	expect_failure(HERE, DB("query"), NOTHING, index_url(), "no such database");
	expect_failure(HERE, DB("prune", "--keep-days", "1"), NOTHING, index_url(), "no such database");
	cr_assert(access(index_url(), F_OK) != 0, "asking made it");
	cr_assert(process_run(&(struct process_setup){
				      .argv = LIST("sqlite3", index_url(), "CREATE TABLE other (x); INSERT INTO other VALUES (7)")})
			  .status == 0);
	expect_failure(HERE, DB("report"), NOTHING, index_url(), "no crash index there");
	/* Tables of others in it are none of our business. */
	index_ends(DB("add", deaths_write(2, 1, 1)), DONE, "2 added");
	index_expect("SELECT x FROM other", "7");
}

Test(db_failures, not_a_database)
{
	const char *deaths = deaths_write(2, 1, 1);
	const char *text = place_file(
		"text.db", "This is a letter, and not a database. It is long enough to hold a header of one, but it holds none.\n",
		100);
	expect_failure(HERE, db_at(text, "add", deaths), UNAVAILABLE, text, "not a database");
	expect_failure(HERE, db_at(text, "query", NULL), UNAVAILABLE, text, "not a database");
	expect_failure(HERE, db_at(place_root(), "add", deaths), USAGE, place_root(), "not a file");
	expect_failure(HERE, db_at("mysql://root:secret@host/x", "add", deaths), USAGE, "mysql://: ", "no such kind of database");
	expect_failure(HERE, db_at("postgresql://root:secret@[::1/z", "add", deaths), USAGE, "postgresql://",
		       "not a URL of PostgreSQL");
	expect_failure(HERE, db_at("", "add", deaths), USAGE, "--db", "empty");
	expect_failure(HERE, db_at("/proc/nothing/x.db", "add", deaths), UNAVAILABLE, "/proc/nothing/x.db",
		       "cannot make its directory");
}

/* A file with wrong bytes in it, and one with values that are none of ours: told, or read as far as it goes; nobody dies of it. */
Test(db_failures, damaged)
{
	char command[4096];
	index_begin_sqlite();
	index_ends(DB("--build", "b1", "add", deaths_write(100, 5, 1)), DONE, "100 added");
	for (unsigned i = 0; i < 6; i++) {
		const char *copy = place_path("damaged.db");
		snprintf(
			command, sizeof(command),
			"cp '%s' '%s'; python3 -c 'import random,sys; random.seed(%u); f=open(sys.argv[1],\"r+b\"); size=f.seek(0,2)\n"
			"for _ in range(30): f.seek(random.randrange(100,size)); f.write(bytes([random.randrange(256)]))' '%s'",
			index_url(), copy, i, copy);
		cr_assert(system(command) == 0);
		for (unsigned verb = 0; verb < 4; verb++) {
			const struct outcome outcome = db_at(copy, ((const char *[]){"query", "groups", "report", "add"})[verb],
							     verb == 3 ? place_file("x.cbor.lz4", "", 0) : NULL);
			cr_assert(WIFEXITED(outcome.status), "seed %u, verb %u: %s", i, verb, status_text(outcome.status));
		}
	}
	index_query(
		"UPDATE ttlog_crashes SET died_at = 'yesterday', title = x'00ff1b', fingerprint = NULL, project = NULL, build = 7, service = 1.5 WHERE pid < 50");
	index_ends(DB("query"), DONE, "pay_");
	index_ends(DB("groups"), DONE, "pay_");
	index_ends(DB("report", "--json"), DONE, "\"deaths\": 100");
}

static const char *const other_schemas[] = {
	"UPDATE ttlog_schema SET version = 7",
	"DELETE FROM ttlog_schema",
	"DROP TABLE ttlog_schema",
};

/* Neither read as if it were ours, nor changed. */
static void expect_other_schemas_refused(const char *deaths)
{
	static const char *const named[] = {"tables of version 7; this ttlog knows 1", "ttlog_crashes that is not ours",
					    "ttlog_crashes that is not ours"};
	for (size_t i = 0; i < COUNT(other_schemas); i++) {
		index_query(other_schemas[i]);
		index_ends(DB("add", deaths), UNAVAILABLE, named[i]);
		index_ends(DB("groups"), UNAVAILABLE, named[i]);
		index_expect("SELECT count(*) FROM ttlog_crashes", "2");
	}
}

Test(db_failures, another_schema)
{
	index_begin_sqlite();
	index_ends(DB("add", deaths_write(2, 1, 1)), DONE, "2 added");
	expect_other_schemas_refused(deaths_write(2, 1, 100));
}

/* A client that holds the lock until it is told. */
static FILE *hold(const char *database, FILE **answer)
{
	char command[4096];
	const char *answers = place_path("answers");
	snprintf(command, sizeof(command), "mkfifo '%s' && sqlite3 -batch '%s' > '%s'", answers, database, answers);
	FILE *holder = popen(command, "w");
	fputs("BEGIN EXCLUSIVE; SELECT 1;\n", holder);
	fflush(holder);
	while (access(answers, F_OK) != 0)
		sched_yield();
	*answer = fopen(answers, "r");
	cr_assert(fgetc(*answer) == '1');
	return holder;
}

Test(db_failures, locked)
{
	FILE *answer;
	index_begin_sqlite();
	index_ends(DB("add", deaths_write(2, 1, 1)), DONE, "2 added");
	const char *deaths = deaths_write(10, 1, 100);
	FILE *holder = hold(index_url(), &answer);
	expect_failure(HERE, DB("--wait", "300ms", "add", deaths), UNAVAILABLE, index_url(),
		       "locked by another process for more than 0.3 s");
	expect_failure(HERE, DB("--wait", "300ms", "query"), UNAVAILABLE, index_url(), "locked by another process");
	struct process *patient = index_start(LIST("add", deaths));
	fputs("COMMIT;\n", holder);
	cr_assert(pclose(holder) == 0);
	fclose(answer);
	index_ends(process_finish(patient), DONE, "10 added");
	index_expect("SELECT count(*) FROM ttlog_crashes", "12");
}

/* A file system that is full after some batches: those are whole, and what is added afterwards is the rest. */
Test(db_failures, full_disk)
{
	const char *deaths = deaths_write(600, 10, 1), *small = place_directory();
	char database[1200], filler[1200];
	index_begin_sqlite();
	if (mount("small", small, "tmpfs", 0, "size=384k") != 0)
		cr_skip_test("no right to mount a file system");
	snprintf(database, sizeof(database), "%s/crashes.db", small);
	snprintf(filler, sizeof(filler), "%s/filler", small);
	cr_assert(symlink(database, index_url()) == 0);
	const struct outcome full = DB("add", deaths);
	index_ends(full, UNAVAILABLE, "full");
	cr_assert(strstr(full.err.data, index_url()), "%s", full.err.data);
	const unsigned long stored = strtoul(index_query("SELECT count(*) FROM ttlog_crashes"), NULL, 10);
	char said[64];
	snprintf(said, sizeof(said), "%lu of 600 snapshots are stored", stored);
	cr_assert(stored >= BATCH && stored < 600 && stored % BATCH == 0 && strstr(full.err.data, said), "%lu: %s", stored,
		  full.err.data);
	index_expect("PRAGMA integrity_check", "ok");
	cr_assert(mount("small", small, "tmpfs", MS_REMOUNT, "size=8m") == 0);
	snprintf(said, sizeof(said), "%lu added to %s, %lu were there", 600 - stored, index_url(), stored);
	index_ends(DB("add", deaths), DONE, said);
	index_expect("SELECT count(*), count(DISTINCT pid) FROM ttlog_crashes", "600|600");
	cr_assert(mount("small", small, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL) == 0);
	index_ends(DB("add", deaths_write(3, 1, 5000)), UNAVAILABLE, "readonly");
	index_ends(DB("query", "--limit", "1"), DONE, "SIGSEGV");
	umount2(small, MNT_DETACH);
}

/* A writer that is killed leaves what it had stored, and the next one goes on. */
Test(db_failures, killed_writer)
{
	const char *deaths = deaths_write(600, 3, 1);
	index_begin_sqlite();
	for (unsigned i = 0; i < 5; i++) {
		struct process *writer = index_start(LIST("add", "--jobs", "2", deaths));
		while (access(index_url(), F_OK) != 0)
			sched_yield();
		kill(process_pid(writer), SIGKILL);
		process_finish(writer);
		index_expect("PRAGMA integrity_check", "ok");
	}
	cr_assert(DB("add", deaths).status == 0);
	index_expect("SELECT count(*), count(DISTINCT pid) FROM ttlog_crashes", "600|600");
}

/* PostgreSQL ------------------------------------------------------------------------------------------------------------------------- */

/* Somebody accepts, and says nothing. */
Test(db_failures, silent_server)
{
	const char *directory = place_directory(), *deaths = deaths_write(2, 1, 1);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char url[1100];
	index_begin_sqlite(); /* skips where there is no ttlog-db */
	snprintf(url, sizeof(url), "postgresql://joe:secret@/crashes?host=%s", directory);
	if (strstr(db_at(url, "add", deaths).err.data, "without libpq"))
		cr_skip_test("ttlog-db was built without libpq");
	expect_failure(HERE, db_at(url, "add", deaths), UNAVAILABLE, directory, "No such file");
	snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/.s.PGSQL.5432", directory);
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 5) == 0);
	expect_failure(HERE, db_at(url, "add", deaths), UNAVAILABLE, directory, "no answer for 0.3 s");
	expect_failure(HERE, db_at(url, "query", NULL), UNAVAILABLE, directory, "no answer for 0.3 s");
	close(fd);
}

/* A session of psql's that has begun something and not ended it. */
static FILE *session(const char *sql)
{
	char command[4096];
	snprintf(
		command, sizeof(command),
		"PATH=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1):$PATH psql -X -q -h '%s' -U postgres -d postgres >/dev/null 2>&1",
		postgresql_host());
	FILE *psql = popen(command, "w");
	fprintf(psql, "BEGIN; %s;\n", sql);
	fflush(psql);
	while (strcmp(postgresql_query("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"), "1") != 0)
		sched_yield();
	return psql;
}

static void end_session(FILE *psql, const char *how)
{
	fprintf(psql, "%s;\n", how);
	pclose(psql);
}

/* Of the row of that pid: who adds it waits for whoever has added it and not committed. */
static const char *id_of(const char *deaths, size_t pid)
{
	static char id[80];
	char sql[128];
	index_begin_sqlite();
	cr_assert(DB("add", deaths).status == 0);
	snprintf(sql, sizeof(sql), "SELECT id FROM ttlog_crashes WHERE pid = %zu", pid);
	snprintf(id, sizeof(id), "%s", index_query(sql));
	cr_assert(strlen(id) == 64, "%s", id);
	return id;
}

static void await(const char *sql, const char *wanted)
{
	while (strcmp(postgresql_query(sql), wanted) != 0)
		sched_yield();
}

static void dies_in_the_middle(void)
{
	const char *deaths = deaths_write(600, 5, 1);
	char sql[200];
	/* A directory is read from its oldest or from its newest: pid 300 is in the second batch either way. */
	snprintf(sql, sizeof(sql), "INSERT INTO ttlog_crashes (id) VALUES ('%s')", id_of(deaths, 300));
	index_begin_postgresql("UTF8");
	index_ends(DB("add", place_file("none.cbor.lz4", "", 0)), BAD_FILE, "none.cbor.lz4");
	FILE *other = session(sql);
	struct process *writer = index_start(LIST("add", deaths));
	await("SELECT count(*) FROM ttlog_crashes", "256");
	postgresql_kill();
	const struct outcome outcome = process_finish(writer);
	index_ends(outcome, UNAVAILABLE, "256 of 600 snapshots are stored");
	cr_assert(strstr(outcome.err.data, "postgresql://"), "%s", outcome.err.data);
	pclose(other);
	index_ends(DB("add", deaths), UNAVAILABLE, "postgresql://");
	index_ends(DB("groups"), UNAVAILABLE, "postgresql://");
	postgresql_start();
	index_expect("SELECT count(*) FROM ttlog_crashes", "256");
	index_ends(DB("add", deaths), DONE, "344 added to ");
	index_expect("SELECT count(*), count(DISTINCT pid) FROM ttlog_crashes", "600|600");
}

/* Two come to the same rows from different ends, and both hold some: they wait for each other one way only. */
static void opposite_ends(void)
{
	const char *some = deaths_write(100, 2, 1), *others = deaths_write(100, 2, 1000);
	struct process *first, *second;
	char sql[200];
	snprintf(sql, sizeof(sql), "INSERT INTO ttlog_crashes (id) VALUES ('%s')", id_of(some, 50));
	index_begin_postgresql("UTF8");
	index_ends(DB("add", place_file("none.cbor.lz4", "", 0)), BAD_FILE, "none.cbor.lz4");
	FILE *other = session(sql);
	first = index_start(LIST("--wait", "600s", "add", some, others)); /* for the test's next steps, however slow */
	await("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", "1");
	second = index_start(LIST("--wait", "600s", "add", others, some));
	await("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", "2");
	end_session(other, "ROLLBACK");
	index_ends(process_finish(first), DONE, "200 added to ");
	index_ends(process_finish(second), DONE, "0 added to ");
	index_expect("SELECT count(*), count(DISTINCT pid) FROM ttlog_crashes", "200|200");
}

static void locked_and_refused(void)
{
	const char *deaths = deaths_write(300, 2, 1000);
	char url[1200];
	FILE *other = session("LOCK TABLE ttlog_crashes");
	expect_failure(HERE, DB("--wait", "300ms", "add", deaths), UNAVAILABLE, "postgresql://",
		       "no answer for 0.3 s; 0 of 300 snapshots are stored");
	end_session(other, "ROLLBACK");
	snprintf(url, sizeof(url), "postgresql://postgres:secret@/nowhere?host=%s", postgresql_host());
	expect_failure(HERE, db_at(url, "query", NULL), UNAVAILABLE, "/nowhere: ", "database \"nowhere\" does not exist");
	postgresql_query("CREATE USER reader; GRANT SELECT ON ttlog_crashes, ttlog_builds, ttlog_schema TO reader");
	snprintf(url, sizeof(url), "postgresql://reader:secret@/postgres?host=%s", postgresql_host());
	expect_failure(HERE, db_at(url, "add", deaths), UNAVAILABLE, "postgresql://", "permission denied");
	index_ends(ttlog(LIST("db", "--db", url, "groups", "--limit", "1")), DONE, "SIGSEGV in ");
	index_expect("SELECT count(*) FROM ttlog_crashes", "600");
}

/* As the server says it when a disk is full, after 100 rows. */
static void full_server(void)
{
	const char *deaths = deaths_write(300, 2, 1000);
	postgresql_query(
		"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF (SELECT count(*) FROM ttlog_crashes) > 700 THEN "
		"RAISE EXCEPTION USING ERRCODE = ''53100'', MESSAGE = ''could not extend file: No space left on device''; END IF; RETURN NEW; END'");
	postgresql_query("CREATE TRIGGER full_disk BEFORE INSERT ON ttlog_crashes FOR EACH ROW EXECUTE FUNCTION full_disk()");
	expect_failure(HERE, DB("add", deaths), UNAVAILABLE, "postgresql://",
		       "No space left on device; 0 of 300 snapshots are stored");
	index_expect("SELECT count(*) FROM ttlog_crashes", "600");
	postgresql_query("DROP TRIGGER full_disk ON ttlog_crashes");
	index_ends(DB("add", deaths), DONE, "300 added to ");
	index_expect("SELECT count(*), count(DISTINCT pid) FROM ttlog_crashes", "900|900");
}

Test(db_failures, server)
{
	dies_in_the_middle();
	locked_and_refused();
	full_server();
	opposite_ends();
	postgresql_query("DELETE FROM ttlog_crashes WHERE pid > 2");
	expect_other_schemas_refused(deaths_write(2, 1, 100));
	index_end();
}
