#include "index.h"

#include "postgresql_server.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TTLOG_DB BUILT("ttlog-db")

static char url[1200];
static bool is_postgresql, has_server;

static void need_program(void)
{
	if (!is_executable(TTLOG_DB))
		cr_skip_test(TTLOG_DB " was not built: libsqlite3-dev or libmd-dev is not installed");
}

void index_begin_sqlite(void)
{
	static unsigned number;
	char name[32];
	need_program();
	is_postgresql = false;
	snprintf(name, sizeof(name), "crashes-%u.db", number++);
	snprintf(url, sizeof(url), "%s", place_path(name));
}

void index_begin_postgresql(const char *encoding)
{
	need_program();
	if (!has_server) {
		postgresql_init(encoding);
		postgresql_start();
		has_server = true;
	}
	is_postgresql = true;
	snprintf(url, sizeof(url), "postgresql://postgres:secret@/postgres?host=%s", postgresql_host());
	postgresql_query("DROP TABLE IF EXISTS ttlog_crashes, ttlog_builds, ttlog_schema");
}

void index_end(void)
{
	if (has_server)
		postgresql_kill();
	has_server = false;
}

const char *index_url(void)
{
	return url;
}

struct process *index_start(const char *const *arguments)
{
	const char *argv[32] = {TTLOG, "db", "--db", url};
	for (size_t i = 4; *arguments && i < 31; i++)
		argv[i] = *arguments++;
	return process_start(&(struct process_setup){.argv = argv, .limit_s = 100});
}

struct outcome index_run(const char *const *arguments)
{
	return process_finish(index_start(arguments));
}

static const char *sqlite_query(const char *sql)
{
	static char text[100000];
	char command[8192];
	snprintf(command, sizeof(command), "sqlite3 -batch '%s' \"%s\" 2>&1", url, sql);
	FILE *answer = popen(command, "r");
	text[fread(text, 1, sizeof(text) - 1, answer)] = 0;
	text[strcspn(text, "\n")] = 0;
	pclose(answer);
	return text;
}

const char *index_query(const char *sql)
{
	return is_postgresql ? postgresql_query(sql) : sqlite_query(sql);
}

void index_expect_at(struct where where, const char *sql, const char *wanted)
{
	const char *got = index_query(sql);
	cr_assert(strcmp(got, wanted) == 0, "%s:%d: %s: '%s' instead of '%s'", where.file, where.line, sql, got, wanted);
}

void index_ends_at(struct where where, struct outcome outcome, int status, const char *text)
{
	const char *said = status == DONE ? outcome.out.data : outcome.err.data;
	cr_assert(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == status, "%s:%d: %s, not exit %d\n%s%s", where.file,
		  where.line, status_text(outcome.status), status, outcome.out.data, outcome.err.data);
	cr_assert(strstr(said, text), "%s:%d: no '%s' in:\n%s", where.file, where.line, text, said);
	cr_assert(!strstr(outcome.err.data, "secret"), "%s:%d: a password is shown: %s", where.file, where.line, outcome.err.data);
}
