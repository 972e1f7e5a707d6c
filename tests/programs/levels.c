/*
 * levels MODE - events of several targets, and levels that change while it runs.
 *
 *	targets       once through all
 *	api           debug events before, between and after calls of ttlog_set_level()
 *	outside       one round of events for each line on standard input; ends at its end
 *	child         an event before and one after a forked child, the first process of a pid namespace, has switched its own off
 * Each dies by abort in the end.
 */
#include <ttlog.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What three macros say under the present TTLOG_TARGET. */
#define SAY(text)                                                                                                                  \
	do {                                                                                                                       \
		ttlog_debug(text " debug");                                                                                        \
		ttlog_info(text " info", ttlog_kv("n", 1));                                                                        \
		ttlog_warnf("%s warn", text);                                                                                      \
	} while (0)

static void targets(void)
{
	SAY("file");
#undef TTLOG_TARGET
#define TTLOG_TARGET "net"
	SAY("net");
#undef TTLOG_TARGET
#define TTLOG_TARGET "net.tls"
	SAY("net.tls");
#undef TTLOG_TARGET
#define TTLOG_TARGET "network"
	SAY("network");
#undef TTLOG_TARGET
#define TTLOG_TARGET "db::pool"
	SAY("db::pool");
#undef TTLOG_TARGET
#define TTLOG_TARGET NULL
}

static void say(const char *round)
{
	ttlog_debug("debug", ttlog_kv("round", round));
	ttlog_info("info", ttlog_kv("round", round));
}

static void api(void)
{
	say("before");
	if (ttlog_set_level("debug") != 0)
		abort();
	say("debug");
	errno = 0;
	if (ttlog_set_level("loud") != -1 || errno != EINVAL)
		abort();
	say("unchanged");
	ttlog_set_level("off");
	say("off");
	ttlog_set_level("warn,levels=info");
	say("target");
}

static void rounds(void)
{
	char line[64];
	say("first");
	if (write(1, "ready\n", 6) != 6)
		abort();
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		say(line);
		if (write(1, "done\n", 5) != 5)
			abort();
	}
}

static void child(void)
{
	int status;
	ttlog_info("before the child");
	/* A fork; later children, as the one that writes the snapshot, stay in this process's namespace. */
	const pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(getpid() != 1 || ttlog_set_level("off") != 0);
	if (waitpid(pid, &status, 0) == pid && status == 0)
		ttlog_info("after the child");
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	if (strcmp(mode, "targets") == 0)
		targets();
	else if (strcmp(mode, "api") == 0)
		api();
	else if (strcmp(mode, "outside") == 0)
		rounds();
	else if (strcmp(mode, "child") == 0)
		child();
	abort();
}
