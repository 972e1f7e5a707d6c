/*
 * ttlog tail of servers under load, both at once: each line that they print is shown, once, in their order.
 */
#include "command.h"
#include "loopback.h"

#include <criterion/criterion.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NGINX "/usr/sbin/nginx"
#define REDIS "/usr/bin/redis-server"

TestSuite(tail_real, .init = place_init, .fini = place_fini, .timeout = 100);

/* Into a file, for nobody reads a pipe of it while the tail is read. */
static struct process *start(const char *service, const char *out, const char *script, const char *argument)
{
	char variable[64], command[1024];
	snprintf(variable, sizeof(variable), "TTLOG_SERVICE=%s", service);
	snprintf(command, sizeof(command), "exec %s > %s 2>&1", script, out);
	return process_start(&(struct process_setup){.argv = LIST("/bin/sh", "-c", command, argument),
						     .environment = LIST(variable),
						     .agent = true,
						     .parting = SIGTERM,
						     .limit_s = 60});
}

static struct process *start_nginx(unsigned port, const char *out)
{
	static const char format[] =
		"user www-data; worker_processes 2; daemon off; pid %1$s/pid; error_log stderr notice;\n"
		"events { worker_connections 64; }\n"
		"http { access_log off; client_body_temp_path %1$s/0; proxy_temp_path %1$s/1; fastcgi_temp_path %1$s/2;\n"
		"uwsgi_temp_path %1$s/3; scgi_temp_path %1$s/4; server { listen 127.0.0.1:%2$u; root %1$s; } }\n";
	char text[4096];
	const int used = snprintf(text, sizeof(text), format, place_directory(), port);
	return start("nginx", out, NGINX " -c \"$0\"", place_file("nginx.conf", text, (size_t)used));
}

static struct process *start_redis(const char *path, const char *out)
{
	return start("redis", out, REDIS " --port 0 --unixsocket \"$0\" --save '' --loglevel verbose", path);
}

static const char *read_file(const char *path)
{
	static char texts[2][1 << 20];
	static unsigned next;
	char *text = texts[next++ % 2];
	FILE *file = fopen(path, "r");
	cr_assert(file != NULL);
	text[fread(text, 1, sizeof(texts[0]) - 1, file)] = 0;
	fclose(file);
	return text;
}

/* So many requests for what is not there, from some clients at once. */
static struct process *load_nginx(unsigned port)
{
	static const char script[] = "import http.client, sys, threading\n"
				     "def ask(client):\n"
				     "    connection = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]))\n"
				     "    for n in range(150):\n"
				     "        connection.request('GET', f'/missing-{client}-{n}.')\n"
				     "        connection.getresponse().read()\n"
				     "threads = [threading.Thread(target=ask, args=(client,)) for client in range(4)]\n"
				     "[thread.start() for thread in threads]\n"
				     "[thread.join() for thread in threads]\n"
				     "connection = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]))\n"
				     "connection.request('GET', '/missing-last.')\n";
	char number[16];
	snprintf(number, sizeof(number), "%u", port);
	return process_start(&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", script, number), .limit_s = 60});
}

static unsigned count_of(const char *text, const char *part)
{
	unsigned count = 0;
	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

/* What the server printed that holds `part`, line by line, stands in the tail behind the one before. */
static void expect_lines(const char *printed, const char *part, const char *tail)
{
	unsigned count = 0;
	for (const char *line = printed; (line = strstr(line, part)); line++, count++) {
		char text[256];
		snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\",\n") < 200 ? (int)strcspn(line, "\",\n") : 200, line);
		const char *found = strstr(tail, text);
		cr_assert(found != NULL, "\"%s\", number %u, is missing or not behind the others", text, count);
		tail = found;
	}
	cr_assert(count > 100, "%u lines", count);
}

Test(tail_real, nginx_and_redis_under_load)
{
	if (getuid() != 0 || !place_has_own_shm() || !getpwnam("www-data"))
		cr_skip_test("needs root, a /dev/shm of its own and a user www-data");
	if (!is_executable(NGINX) || !is_executable(REDIS))
		cr_skip_test("nginx or redis is not installed");
	const unsigned port = loopback_free_port();
	const char *socket = place_path("redis"), *web = place_path("web"), *store = place_path("store");
	struct process *tail = process_start(
		&(struct process_setup){.argv = LIST(TTLOG, "tail", "--no-color", "--all", "--last", "all"), .limit_s = 60});
	struct process *nginx = start_nginx(port, web), *redis = start_redis(socket, store);
	process_await(tail, "start worker process ");
	process_await(tail, "eady to accept connections");
	struct process *clients = process_start(&(struct process_setup){
		.argv = LIST("/usr/bin/redis-benchmark", "-s", socket, "-c", "60", "-n", "20000", "-q", "-t", "set,get"),
		.limit_s = 60});
	struct process *requests = load_nginx(port);
	process_await(tail, "missing-last.");
	cr_assert(process_finish(requests).status == 0 && process_finish(clients).status == 0);
	kill(process_pid(nginx), SIGQUIT);
	kill(process_pid(redis), SIGTERM);
	process_await(tail, "bye bye");
	process_finish(nginx);
	process_finish(redis);
	kill(process_pid(tail), SIGINT);
	const struct outcome outcome = process_finish(tail);
	cr_assert(outcome.status == 0, "%s\n%s", status_text(outcome.status), outcome.err.data);
	cr_assert(!strstr(outcome.out.data, " lost: "), "%.200s", strstr(outcome.out.data, " lost: ") - 80);
	const char *said = read_file(web), *stored = read_file(store);
	cr_assert_eq(count_of(said, "missing-"), 1202);
	cr_assert_eq(count_of(outcome.out.data, "missing-"), 1202);
	cr_assert_eq(count_of(outcome.out.data, "Accepted connection"), count_of(stored, "Accepted connection"));
	expect_lines(stored, "Client closed connection", outcome.out.data); /* its number, from redis 7 on */
}
