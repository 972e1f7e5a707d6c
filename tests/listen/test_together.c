/*
 * An unmodified nginx under load and a C program with macros, spans and contexts, at once: a file, SQLite and PostgreSQL listen to both, one
 * tail follows both, and both leave snapshots: by period, on request, and as they handle SIGTERM.
 */
#include "expect.h"
#include "loopback.h"
#include "place.h"
#include "postgresql_server.h"
#include "three.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(together, .init = place_init, .fini = place_fini, .timeout = 250);

#define EACH_SECOND "TTLOG_INTERVAL=1"

/* Until the process has one with that reason. */
static void await_snapshot(pid_t pid, const char *reason)
{
	char pattern[2048];
	glob_t found;
	snprintf(pattern, sizeof(pattern), "%s/ttlog-*-%d-*-%s" SNAPSHOT_SUFFIX, place_storage(), pid, reason);
	for (unsigned tries = 0; tries < 100; tries++) {
		const int result = glob(pattern, 0, NULL, &found);
		globfree(&found);
		if (result == 0)
			return;
		usleep(100000);
	}
	cr_assert_fail("no snapshot of %d with the reason %s", pid, reason);
}

/* From outside, with the recorder's count in it. */
static unsigned long recorded_by(pid_t pid)
{
	char text[16];
	struct snapshot snapshot;
	snprintf(text, sizeof(text), "%d", pid);
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "snapshot", "--reason", "from-outside", text)});
	cr_assert(outcome.status == 0, "%s%s", outcome.out.data, outcome.err.data);
	outcome.out.data[strcspn(outcome.out.data, "\n")] = 0;
	snapshot_at(&snapshot, outcome.out.data);
	cr_assert(snapshot.stats.dropped == 0);
	return snapshot.stats.recorded;
}

static void expect_rows(const char *directory, pid_t pid, const char *source, unsigned long recorded)
{
	const struct three rows = three_count(directory, pid, source);
	cr_assert(rows.file == recorded && rows.sqlite == recorded && rows.postgresql == recorded,
		  "%lu recorded, file %lu, SQLite %lu, PostgreSQL %lu", recorded, rows.file, rows.sqlite, rows.postgresql);
}

/* What the service said of itself at its end, and what is to be seen in each of the three. */
static void expect_service(const char *directory, pid_t pid, const struct outcome *outcome)
{
	unsigned long recorded, handed_out, lost, dropped;
	char command[4096];
	cr_assert(outcome->status == 0, "%s\n%s", status_text(outcome->status), outcome->err.data);
	cr_assert(sscanf(outcome->out.data, "%lu %lu %lu %lu", &recorded, &handed_out, &lost, &dropped) == 4);
	cr_assert(recorded > 0 && handed_out == 3 * recorded && lost + dropped == 0, "%s", outcome->out.data);
	expect_rows(directory, pid, "macro", recorded);
	/* Half of them are spans' beginnings and ends, and all have an id. */
	static const char spans[] = "SELECT count(*) FROM ttlog_events WHERE service = 'service' AND span IS NOT NULL AND %s "
				    "IS NOT NULL";
	char query[256];
	snprintf(query, sizeof(query), spans, "kv ->> 'request_id'");
	const unsigned long of_postgresql = strtoul(postgresql_query(query), NULL, 10);
	snprintf(query, sizeof(query), spans, "json_extract(kv, '$.request_id')");
	snprintf(command, sizeof(command), "sqlite3 -batch '%s/events.db' \"%s\"", directory, query);
	cr_assert(of_postgresql == recorded / 2 && three_number(command) == recorded / 2, "%lu of %lu", of_postgresql, recorded);
}

Test(together, nginx_and_a_program)
{
	const char *directory = place_directory();
	const unsigned port = loopback_free_port();
	three_skip_without("/usr/sbin/nginx");
	three_skip_without("/usr/bin/wrk");
	three_skip_without_any();
	if (!place_has_own_shm())
		cr_skip_test("no /dev/shm of its own to be had: there may be others to follow");
	postgresql_init("UTF8");
	postgresql_start();
	struct process *master = nginx_start(directory, port, EACH_SECOND);
	process_await(master, "start worker process ");
	struct process *service = process_start(
		&(struct process_setup){.argv = LIST(PROGRAM("service")),
					.environment = LIST(three_listeners(directory), THREE_ROOM, EACH_SECOND),
					.agent = true,
					.limit_s = 150});
	struct process *tail = process_start(
		&(struct process_setup){.argv = LIST(TTLOG, "tail", "--no-color", "--last", "all", "--all"), .limit_s = 150});
	const pid_t worker = nginx_worker(port), program = process_pid(service);
	nginx_load(port);
	process_await(tail, "GET / HTTP/1.0"); /* what asked for the worker's pid */
	process_await(tail, "request done");

	await_snapshot(worker, "periodic");
	await_snapshot(program, "periodic");
	await_snapshot(program, "asked-for-itself");
	recorded_by(program);
	three_await(directory, worker, "file", nginx_log_lines);
	expect_rows(directory, worker, NULL, recorded_by(worker));

	cr_assert(kill(program, SIGTERM) == 0 && kill(process_pid(master), SIGTERM) == 0);
	const struct outcome ended = process_finish(service), served = process_finish(master);
	cr_assert(served.status == 0, "%s\n%s", status_text(served.status), served.out.data);
	expect_service(directory, program, &ended);
	await_snapshot(program, "handled-SIGTERM");
	await_snapshot(process_pid(master), "handled-SIGTERM"); /* which tells its worker by a socket */
	process_await(tail, "exited");
	kill(process_pid(tail), SIGINT);
	process_finish(tail);
	postgresql_kill();
}
