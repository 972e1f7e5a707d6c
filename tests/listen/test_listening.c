/*
 * The whole way: nginx, unmodified, under load, with a file, SQLite and PostgreSQL listening at once. What they have is what nginx's own log
 * has, and what the recorder counted.
 */
#include "describe.h"
#include "expect.h"
#include "place.h"
#include "postgresql_server.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(listening, .init = place_init, .fini = place_fini, .timeout = 200);

static unsigned free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t bytes = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	cr_assert(getsockname(fd, (struct sockaddr *)&address, &bytes) == 0);
	close(fd);
	return ntohs(address.sin_port);
}

/* Each request is a line of access.log, which the agent hears. */
static const char *configuration(const char *directory, unsigned port)
{
	static char text[4096];
	const int bytes = snprintf(text, sizeof(text),
				   "%s worker_processes 1; daemon off; pid %s/pid; error_log stderr notice;\n"
				   "events { worker_connections 64; }\n"
				   "http { access_log %s/access.log; client_body_temp_path %s/1; proxy_temp_path %s/2; fastcgi_temp_path %s/3;\n"
				   "uwsgi_temp_path %s/4; scgi_temp_path %s/5;\n"
				   "server { listen 127.0.0.1:%u; location / { return 200 \"$pid\"; } } }\n",
				   getuid() ? "" : "user root;", directory, directory, directory, directory, directory, directory, directory, port);
	return place_file("nginx.conf", text, (size_t)bytes);
}

static unsigned long number(const char *command)
{
	char text[64] = "";
	FILE *answer = popen(command, "r");
	cr_assert(answer && fgets(text, sizeof(text), answer), "%s", command);
	pclose(answer);
	return strtoul(text, NULL, 10);
}

/* How many messages of the worker's, and how many of its own log, each has by now. */
struct counts {
	unsigned long log, file, sqlite, postgresql;
};

static struct counts count(const char *directory, pid_t worker)
{
	char command[4096];
	struct counts counts;
	snprintf(command, sizeof(command), "wc -l < '%s/access.log'", directory);
	counts.log = number(command);
	snprintf(command, sizeof(command), "grep -c '\"pid\": %d,.*\"source\": \"file\"' '%s/events.json'", worker, directory);
	counts.file = number(command);
	snprintf(command, sizeof(command), "sqlite3 -batch '%s/events.db' \"SELECT count(*) FROM ttlog_events WHERE source = 'file' AND pid = %d\"",
		 directory, worker);
	counts.sqlite = number(command);
	snprintf(command, sizeof(command), "SELECT count(*) FROM ttlog_events WHERE source = 'file' AND pid = %d", worker);
	counts.postgresql = strtoul(postgresql_query(command), NULL, 10);
	return counts;
}

static pid_t ask_for_pid(unsigned port)
{
	char command[256];
	snprintf(command, sizeof(command), "exec 3<>/dev/tcp/127.0.0.1/%u; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; tail -n 1 <&3", port);
	char shell[512];
	snprintf(shell, sizeof(shell), "bash -c \"%s\"", command);
	return (pid_t)number(shell);
}

static void await_all(const char *directory, pid_t worker, struct counts *counts)
{
	for (unsigned tries = 0; tries < 200; tries++) {
		*counts = count(directory, worker);
		if (counts->file == counts->log && counts->sqlite == counts->log && counts->postgresql == counts->log)
			return;
		usleep(100000);
	}
	cr_assert_fail("log %lu, file %lu, SQLite %lu, PostgreSQL %lu", counts->log, counts->file, counts->sqlite, counts->postgresql);
}

/* All three, at once. */
static const char *listeners_in(const char *directory)
{
	static char listeners[4096];
	snprintf(listeners, sizeof(listeners),
		 "TTLOG_LISTENERS=file:%s/events.json,format=json,policy=block;"
		 "plugin:%s/libttlog_sqlite.so,path=%s/events.db,policy=block;"
		 "plugin:%s/libttlog_postgresql.so,host=%s,dbname=postgres,user=postgres,policy=block",
		 directory, BUILD_DIR, directory, BUILD_DIR, postgresql_host());
	return listeners;
}

/* A database on a loaded machine may take longer than writers wait. */
#define ROOM "TTLOG_CAPACITY=131072"

static struct process *start_nginx(const char *directory, unsigned port)
{
	return process_start(&(struct process_setup){
		.argv = LIST("/bin/sh", "-c", "exec /usr/sbin/nginx -c \"$0\" 2>&1", configuration(directory, port)),
		.environment = LIST(listeners_in(directory), ROOM),
		.agent = true,
		.limit_s = 150});
}

static void skip_without(const char *path)
{
	if (!is_executable(path))
		cr_skip_test("%s is not there", path);
}

static void skip_without_any(void)
{
	skip_without(BUILD_DIR "/libttlog_sqlite.so");
	skip_without(BUILD_DIR "/libttlog_postgresql.so");
}

Test(listening, nginx_under_load)
{
	const char *directory = place_directory();
	const unsigned port = free_port();
	char command[512];
	struct snapshot snapshot;
	struct counts counts;
	skip_without("/usr/sbin/nginx");
	skip_without("/usr/bin/wrk");
	skip_without_any();
	postgresql_init("UTF8");
	postgresql_start();
	struct process *master = start_nginx(directory, port);
	process_await(master, "start worker process ");
	const pid_t worker = ask_for_pid(port);
	snprintf(command, sizeof(command), "wrk -t1 -c8 -d1s http://127.0.0.1:%u/ | sed -n 's/ *\\([0-9]*\\) requests in.*/\\1/p'", port);
	const unsigned long requests = number(command);
	await_all(directory, worker, &counts);
	cr_assert(counts.log > requests && requests > 100, "%lu requests, %lu in the log", requests, counts.log);

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
	skip_without_any();
	postgresql_init("UTF8");
	postgresql_start();
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(PROGRAM("flood"), "10000"), .environment = LIST(listeners_in(directory), ROOM), .agent = true, .limit_s = 150});
	cr_assert(outcome.status == 0, "%s\n%s", status_text(outcome.status), outcome.err.data);
	cr_assert(sscanf(outcome.out.data, "%lu %lu %lu %lu", &recorded, &handed_out, &lost, &dropped) == 4);
	cr_assert(recorded == 10000 && handed_out == 3 * recorded && lost + dropped == 0, "%s", outcome.out.data);
	snprintf(command, sizeof(command), "grep -c '\"n\": *[0-9]*' '%s/events.json'", directory);
	cr_assert_eq(number(command), recorded);
	static const char query[] = "SELECT count(*) FROM ttlog_events WHERE source = 'macro' AND message = 'flood'";
	snprintf(command, sizeof(command), "sqlite3 -batch '%s/events.db' \"%s\"", directory, query);
	cr_assert_eq(number(command), recorded);
	cr_assert_eq(strtoul(postgresql_query(query), NULL, 10), recorded);
	postgresql_kill();
}
