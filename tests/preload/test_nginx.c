/*
 * nginx, unmodified: the master is root and stays, its worker is www-data, dies and is replaced.
 */
#include "describe.h"
#include "expect.h"
#include "loopback.h"
#include "place.h"

#include <criterion/criterion.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NGINX "/usr/sbin/nginx"

TestSuite(nginx, .init = place_init, .fini = place_fini, .timeout = 100);

static const struct passwd *worker_user(void)
{
	if (getuid() != 0)
		cr_skip_test("only root can become another user");
	if (!place_has_own_shm())
		cr_skip_test("no /dev/shm of its own to be had");
	if (!is_executable(NGINX))
		cr_skip_test(NGINX " is not installed");
	const struct passwd *user = getpwnam("www-data");
	if (!user)
		cr_skip_test("there is no user www-data");
	return user;
}

static const char *configuration(unsigned port)
{
	static const char *const kinds[] = {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"};
	const char *directory = place_directory();
	char text[4096];
	size_t used = (size_t)snprintf(text, sizeof(text),
				       "user www-data; worker_processes 1; daemon off; pid %s/pid; error_log stderr notice;\n"
				       "events { worker_connections 64; }\n"
				       "http { access_log off;\n",
				       directory);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s_temp_path %s/%zu;\n", kinds[i], directory, i);
	used += (size_t)snprintf(text + used, sizeof(text) - used,
				 "server { listen 127.0.0.1:%u; root %s;\n"
				 "location = /pid { default_type text/plain; return 200 \"$pid\"; } } }\n",
				 port, directory);
	return place_file("nginx.conf", text, used);
}

/* The body of the answer. */
static const char *get(unsigned port, const char *path)
{
	static char answer[4096];
	char request[128];
	struct sockaddr_in address = loopback(port);
	size_t used = 0;
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	const int bytes = snprintf(request, sizeof(request), "GET %s HTTP/1.0\r\n\r\n", path);
	cr_assert(write(fd, request, (size_t)bytes) == bytes);
	for (ssize_t got; (got = read(fd, answer + used, sizeof(answer) - 1 - used)) > 0;)
		used += (size_t)got;
	close(fd);
	answer[used] = 0;
	const char *body = strstr(answer, "\r\n\r\n");
	cr_assert(body != NULL, "%s: %s", path, answer);
	return body + 4;
}

Test(nginx, worker_dies_and_is_replaced)
{
	const struct passwd *user = worker_user();
	const unsigned port = loopback_free_port();
	struct snapshot snapshot;
	const char *path;
	struct stat status;
	cr_assert(mkdir(place_storage(), 0777) == 0 && chmod(place_storage(), 01777) == 0);
	struct process *master = process_start(
		&(struct process_setup){.argv = LIST("/bin/sh", "-c", "exec " NGINX " -c \"$0\" 2>&1", configuration(port)),
					.agent = true,
					.parting = SIGTERM,
					.limit_s = 60});
	process_await(master, "start worker process ");
	const pid_t first = atoi(get(port, "/pid"));
	get(port, "/missing");
	cr_assert(first > 0 && kill(first, SIGSEGV) == 0);
	process_await(master, "exited on signal 11");
	const pid_t second = atoi(get(port, "/pid"));
	cr_assert(second > 0 && second != first, "%d is not a new worker", second);
	cr_assert(kill(process_pid(master), SIGQUIT) == 0);
	const struct outcome outcome = process_finish(master);
	cr_assert(outcome.status == 0, "%s\n%s", status_text(outcome.status), outcome.out.data);

	snapshot_only(&snapshot, &path);
	cr_assert(strstr(outcome.out.data, path), "the agent's line does not name %s:\n%s", path, outcome.out.data);
	cr_assert(stat(path, &status) == 0 && status.st_uid == user->pw_uid);
	expect_sound(&snapshot, first);
	expect_signal(&snapshot, SIGSEGV, SI_USER);
	expect_sender(&snapshot, getpid());
	expect_in_crashed_stack(&snapshot, "main");
	expect_no_degradations(&snapshot); /* nginx allows to be looked into after the change of user */
	cr_assert_eq(snapshot.ppid, outcome.pid);
	expect_event_holding(&snapshot, "/missing\" failed (2: No such file or directory)");
	expect_no_event_holding(&snapshot, "start worker process"); /* of the master */
	cr_assert(recorder_files(0) == 0 && recorder_files(user->pw_uid) == 0, "%u files of root's, %u of the worker's are left",
		  recorder_files(0), recorder_files(user->pw_uid));
}
