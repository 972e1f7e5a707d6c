#include "three.h"

#include "place.h"
#include "postgresql_server.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void three_skip_without(const char *path)
{
	if (!is_executable(path))
		cr_skip_test("%s is not there", path);
}

void three_skip_without_any(void)
{
	three_skip_without(BUILD_DIR "/libttlog_sqlite.so");
	three_skip_without(BUILD_DIR "/libttlog_postgresql.so");
}

const char *three_listeners(const char *directory)
{
	static char listeners[4096];
	snprintf(listeners, sizeof(listeners),
		 "TTLOG_LISTENERS=file:%s/events.json,format=json,policy=block;"
		 "plugin:%s/libttlog_sqlite.so,path=%s/events.db,policy=block;"
		 "plugin:%s/libttlog_postgresql.so,host=%s,dbname=postgres,user=postgres,policy=block",
		 directory, BUILD_DIR, directory, BUILD_DIR, postgresql_host());
	return listeners;
}

unsigned long three_number(const char *command)
{
	char text[64] = "";
	FILE *answer = popen(command, "r");
	cr_assert(answer && fgets(text, sizeof(text), answer), "%s", command);
	pclose(answer);
	return strtoul(text, NULL, 10);
}

struct three three_count(const char *directory, pid_t pid, const char *source)
{
	char command[4096], query[256], of[64] = "", in[64] = "";
	struct three count;
	if (source) {
		snprintf(of, sizeof(of), " AND source = '%s'", source);
		snprintf(in, sizeof(in), ".*\"source\": \"%s\"", source);
	}
	snprintf(query, sizeof(query), "SELECT count(*) FROM ttlog_events WHERE pid = %d%s", pid, of);
	snprintf(command, sizeof(command), "grep -c '\"pid\": %d,%s' '%s/events.json'", pid, in, directory);
	count.file = three_number(command);
	snprintf(command, sizeof(command), "sqlite3 -batch -cmd '.timeout 10000' '%s/events.db' \"%s\"", directory, query);
	count.sqlite = three_number(command);
	count.postgresql = strtoul(postgresql_query(query), NULL, 10);
	return count;
}

void three_await(const char *directory, pid_t pid, const char *source, unsigned long (*wanted)(const char *directory))
{
	struct three count;
	unsigned long all;
	for (unsigned tries = 0; tries < 200; tries++) {
		count = three_count(directory, pid, source);
		all = wanted(directory);
		if (count.file == all && count.sqlite == all && count.postgresql == all)
			return;
		usleep(100000);
	}
	cr_assert_fail("%lu wanted, file %lu, SQLite %lu, PostgreSQL %lu", all, count.file, count.sqlite, count.postgresql);
}

/* nginx ------------------------------------------------------------------------------------------------------------------------- */

/* Each request is a line of access.log, which the agent hears. */
static const char *configuration(const char *directory, unsigned port)
{
	static char text[4096];
	const int bytes = snprintf(
		text, sizeof(text),
		"%s worker_processes 1; daemon off; pid %s/pid; error_log stderr notice;\n"
		"events { worker_connections 64; }\n"
		"http { access_log %s/access.log; client_body_temp_path %s/1; proxy_temp_path %s/2; fastcgi_temp_path %s/3;\n"
		"uwsgi_temp_path %s/4; scgi_temp_path %s/5;\n"
		"server { listen 127.0.0.1:%u; location / { return 200 \"$pid\"; } } }\n",
		getuid() ? "" : "user root;", directory, directory, directory, directory, directory, directory, directory, port);
	return place_file("nginx.conf", text, (size_t)bytes);
}

struct process *nginx_start(const char *directory, unsigned port, const char *extra)
{
	return process_start(&(struct process_setup){
		.argv = LIST("/bin/sh", "-c", "exec /usr/sbin/nginx -c \"$0\" 2>&1", configuration(directory, port)),
		.environment = LIST(three_listeners(directory), THREE_ROOM, extra),
		.agent = true,
		.parting = SIGTERM,
		.limit_s = 150});
}

pid_t nginx_worker(unsigned port)
{
	char command[256];
	snprintf(command, sizeof(command), "exec 3<>/dev/tcp/127.0.0.1/%u; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; tail -n 1 <&3",
		 port);
	char shell[512];
	snprintf(shell, sizeof(shell), "bash -c \"%s\"", command);
	return (pid_t)three_number(shell);
}

unsigned long nginx_log_lines(const char *directory)
{
	char command[4096];
	snprintf(command, sizeof(command), "wc -l < '%s/access.log'", directory);
	return three_number(command);
}

unsigned long nginx_load(unsigned port)
{
	char command[256];
	snprintf(command, sizeof(command), "wrk -t1 -c8 -d1s http://127.0.0.1:%u/ | sed -n 's/ *\\([0-9]*\\) requests in.*/\\1/p'",
		 port);
	return three_number(command);
}
