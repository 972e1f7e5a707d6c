#include "postgresql_server.h"

#include "place.h"
#include "text.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 32 };

static char programs[256], data[1100], host[1024];
static pid_t server;

/* The newest version that is installed. */
static void find_programs(void)
{
	glob_t found;
	if (glob("/usr/lib/postgresql/*/bin/postgres", 0, NULL, &found) != 0)
		cr_skip_test("the server of PostgreSQL is not installed");
	snprintf(programs, sizeof(programs), "%s", found.gl_pathv[found.gl_pathc - 1]);
	*strrchr(programs, '/') = 0;
	globfree(&found);
}

/* The server refuses to be root's. */
static void become_its_user(void)
{
	const struct passwd *user = getpwnam("postgres");
	if (getuid() == 0 && (!user || setgroups(0, NULL) || setgid(user->pw_gid) || setuid(user->pw_uid)))
		_exit(126);
}

static pid_t start(const char *const *arguments, const char *output)
{
	/* By its path: before PostgreSQL 14 it looks for those beside it by how it was called. */
	const char *called[ARGUMENTS_MAX] = {text_of("%s/%s", programs, arguments[0])};
	for (unsigned i = 1; i + 1 < ARGUMENTS_MAX && arguments[i]; i++)
		called[i] = arguments[i];
	const pid_t test = getpid(), pid = fork();
	if (pid)
		return pid;
	setsid();
	const int fd = open(output, O_WRONLY | O_CREAT | O_APPEND, 0666);
	dup2(fd, 1);
	dup2(fd, 2);
	become_its_user();
	prctl(PR_SET_PDEATHSIG, SIGQUIT); /* where the test fails or is killed; its processes end with it */
	if (getppid() == test && chdir("/") == 0)
		execv(called[0], (char *const *)called);
	_exit(127);
}

void postgresql_init(const char *encoding)
{
	int status;
	find_programs();
	snprintf(host, sizeof(host), "%s", place_directory());
	snprintf(data, sizeof(data), "%s/data", host);
	cr_assert(chmod(place_root(), 0711) == 0 && chmod(host, 0777) == 0);
	const char *const arguments[] = {"initdb", "--no-sync", "-A",         "trust", "-U", "postgres",
					 "-E",     encoding,    "--locale=C", "-D",    data, NULL};
	const char *output = place_path("initdb.txt");
	cr_assert(waitpid(start(arguments, output), &status, 0) > 0 && status == 0, "initdb failed: see %s with KEEP=1", output);
}

const char *postgresql_host(void)
{
	return host;
}

const char *postgresql_query(const char *sql)
{
	static char text[100000];
	char command[8192];
	snprintf(command, sizeof(command), "%s/psql -X -At -h '%s' -U postgres -d postgres -c \"%s\" 2>/dev/null", programs, host,
		 sql);
	FILE *answer = popen(command, "r");
	text[fread(text, 1, sizeof(text) - 1, answer)] = 0;
	text[strcspn(text, "\n")] = 0;
	return pclose(answer) == 0 ? text : "failed";
}

void postgresql_start(void)
{
	const char *const arguments[] = {"postgres",
					 "-D",
					 data,
					 "-k",
					 host,
					 "-c",
					 "listen_addresses=",
					 "-c",
					 "fsync=off",
					 "-c",
					 "dynamic_shared_memory_type=mmap",
					 "-c",
					 "shared_buffers=16MB",
					 "-c",
					 "max_connections=20",
					 NULL};
	server = start(arguments, place_path("postgres.txt"));
	const time_t limit = time(NULL) + 60;
	while (strcmp(postgresql_query("SELECT 1"), "1") != 0) {
		cr_assert(time(NULL) < limit && waitpid(server, NULL, WNOHANG) == 0,
			  "the server does not start: see postgres.txt with KEEP=1");
		usleep(10000);
	}
}

/* The processes that serve connections have sessions of their own. */
void postgresql_signal(int signal)
{
	static char pids[256];
	if (signal == SIGSTOP)
		snprintf(pids, sizeof(pids), "%s",
			 postgresql_query("SELECT string_agg(pid::text, ' ') FROM pg_stat_activity "
					  "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"));
	for (char *at = pids; *at;) {
		cr_assert(kill((pid_t)strtol(at, &at, 10), signal) == 0);
		at += strspn(at, " ");
	}
}

void postgresql_kill(void)
{
	cr_assert(kill(server, SIGQUIT) == 0 && waitpid(server, NULL, 0) == server);
}
