/*
 * The whole way: nginx, unmodified, under load, with a file, SQLite and PostgreSQL listening at once. What they have is what nginx's own log
 * has, and what the recorder counted.
 */
#include "describe.h"
#include "expect.h"
#include "loopback.h"
#include "place.h"
#include "postgresql_server.h"
#include "three.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(listening, .init = place_init, .fini = place_fini, .timeout = 200);

Test(listening, nginx_under_load)
{
	const char *directory = place_directory();
	const unsigned port = loopback_free_port();
	char command[512];
	struct snapshot snapshot;
	three_skip_without("/usr/sbin/nginx");
	three_skip_without("/usr/bin/wrk");
	three_skip_without_any();
	postgresql_init("UTF8");
	postgresql_start();
	struct process *master = nginx_start(directory, port, NULL);
	process_await(master, "start worker process ");
	const pid_t worker = nginx_worker(port);
	const unsigned long requests = nginx_load(port);
	three_await(directory, worker, "file", nginx_log_lines);
	const unsigned long lines = nginx_log_lines(directory);
	cr_assert(lines > requests && requests > 100, "%lu requests, %lu in the log", requests, lines);

	/* The worker's snapshot has the recorder's count: of the log, and of the few lines that it said beside. */
	cr_assert(worker > 0 && kill(worker, SIGSEGV) == 0);
	process_await(master, "exited on signal 11");
	cr_assert(kill(process_pid(master), SIGQUIT) == 0);
	const struct outcome outcome = process_finish(master);
	cr_assert(outcome.status == 0, "%s\n%s", status_text(outcome.status), outcome.out.data);
	snapshot_only(&snapshot, NULL);
	snprintf(command, sizeof(command), "SELECT count(*) FROM ttlog_events WHERE pid = %d", worker);
	const unsigned long rows = strtoul(postgresql_query(command), NULL, 10);
	cr_assert(rows == snapshot.stats.recorded && snapshot.stats.dropped == 0, "%lu rows, %lu recorded, %lu dropped", rows,
		  (unsigned long)snapshot.stats.recorded, (unsigned long)snapshot.stats.dropped);
	postgresql_kill();
}

/* A program with macros: each of its events is a row, with its values, of each of the three. */
Test(listening, macros)
{
	const char *directory = place_directory();
	char command[4096];
	unsigned long recorded, handed_out, lost, dropped;
	three_skip_without_any();
	postgresql_init("UTF8");
	postgresql_start();
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(PROGRAM("flood"), "10000"),
		.second_library = "libdl.so.2", /* before glibc 2.34 a program without it loads no plug-in */
		.environment = LIST(three_listeners(directory), THREE_ROOM),
		.agent = true,
		.limit_s = 150});
	cr_assert(outcome.status == 0, "%s\n%s", status_text(outcome.status), outcome.err.data);
	cr_assert(sscanf(outcome.out.data, "%lu %lu %lu %lu", &recorded, &handed_out, &lost, &dropped) == 4);
	cr_assert(recorded == 10000 && handed_out == 3 * recorded && lost + dropped == 0, "%s", outcome.out.data);
	snprintf(command, sizeof(command), "grep -c '\"n\": *[0-9]*' '%s/events.json'", directory);
	cr_assert_eq(three_number(command), recorded);
	static const char query[] = "SELECT count(*) FROM ttlog_events WHERE source = 'macro' AND message = 'flood'";
	snprintf(command, sizeof(command), "sqlite3 -batch '%s/events.db' \"%s\"", directory, query);
	cr_assert_eq(three_number(command), recorded);
	cr_assert_eq(strtoul(postgresql_query(query), NULL, 10), recorded);
	postgresql_kill();
}
