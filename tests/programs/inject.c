/*
 * inject REPORT WHO WHAT CALL VALUE PROGRAM [ARG...] - runs a program that dies, and disturbs one system call of its death.
 *
 *   WHO   handler: the agent in the dying process; watcher: the clones that it makes of it; helper: ttlog-capture
 *   WHAT  nothing; error: call number CALL fails with errno VALUE; signal: its thread gets signal VALUE there; kill, stop: its process
 *         gets that signal there; leave: from there on every call of all of them fails with ENOSYS; late: the helper is made VALUE ms
 *         late, and its process stopped there
 *
 * The calls come here first, by a seccomp filter that all of them inherit (seccomp_unotify(2)), so that ptrace stays free for those
 * who need it. Of libunwind's locks, two calls for each frame, those in a row count as one. Writes struct inject_report to the file
 * REPORT. Exit status 0: the report is true; 90 and more: it could not work.
 */
#include "inject.h"

#include "marker.h"
#include "notified.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { LIMIT_MS = 25000, SLICE_MS = 20, PROCESSES = 256 };

static struct {
	int who, what, value;
	uint32_t call;
} wanted;

static struct inject_report report;
static pid_t target;
static bool left;          /* nobody listens any more */
static bool marked, armed; /* what comes is the death; it has begun */
static uint64_t agent_begin, agent_end;

/* Processes that have become the helper. */
static pid_t helpers[PROCESSES];
static unsigned helper_count;

static _Noreturn void fail(int status, const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	_exit(status);
}

/* Who calls ------------------------------------------------------------------------------------------------------------------ */

static pid_t read_process(pid_t tid)
{
	char path[64], line[256];
	int tgid = 0;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	FILE *file = fopen(path, "r");
	while (file && !tgid && fgets(line, sizeof(line), file))
		sscanf(line, "Tgid: %d", &tgid);
	if (file)
		fclose(file);
	return tgid;
}

/* Each is asked for once: there are some ten, and they call thousands of times. */
static pid_t process_of(pid_t tid)
{
	static struct {
		pid_t tid, process;
	} known[PROCESSES];
	static unsigned count;
	for (unsigned i = 0; i < count; i++)
		if (known[i].tid == tid)
			return known[i].process;
	const pid_t process = read_process(tid);
	if (process && count < PROCESSES) {
		known[count].tid = tid;
		known[count++].process = process;
	}
	return process;
}

static void find_agent(void)
{
	char path[64], line[1024];
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)target);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		unsigned long begin, end;
		if (strstr(line, "libttlog_agent.so") && sscanf(line, "%lx-%lx", &begin, &end) == 2) {
			agent_begin = agent_begin ? agent_begin : begin;
			agent_end = end;
		}
	}
	if (file)
		fclose(file);
}

static bool is_helper(pid_t pid)
{
	for (unsigned i = 0; i < helper_count; i++)
		if (helpers[i] == pid)
			return true;
	return false;
}

/* INJECT_NOBODY: the program's own call, or not yet a death. */
static int caller_of(const struct seccomp_notif *call, pid_t process)
{
	const uint64_t at = call->data.instruction_pointer;
	if (!armed)
		return INJECT_NOBODY;
	if (is_helper(process))
		return INJECT_HELPER;
	if (process != target)
		return INJECT_WATCHER;
	return (at >= agent_begin && at < agent_end) || call->data.nr == SYS_clone ? INJECT_HANDLER : INJECT_NOBODY;
}

/* No kernel fails these, and nobody asks whether they did. */
static bool cannot_fail(int number)
{
	static const short calls[] = {SYS_exit,    SYS_exit_group, SYS_rt_sigreturn, SYS_getpid,          SYS_gettid, SYS_getuid,
				      SYS_geteuid, SYS_getgid,     SYS_getegid,      SYS_set_tid_address, SYS_getppid};
	for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (calls[i] == number)
			return true;
	return false;
}

/* What happens to the call ------------------------------------------------------------------------------------------------------ */

static void disturb(const struct seccomp_notif *call, pid_t process, struct seccomp_notif_resp *answer)
{
	report.fired = 1;
	report.number = call->data.nr;
	switch (wanted.what) {
	case INJECT_ERROR:
		if (cannot_fail(call->data.nr))
			break;
		answer->flags = 0;
		answer->error = -wanted.value;
		break;
	case INJECT_SIGNAL:
		syscall(SYS_tgkill, process, call->pid, wanted.value);
		break;
	case INJECT_KILL:
		kill(process, SIGKILL);
		break;
	case INJECT_STOP:
	case INJECT_LATE:
		kill(process, SIGSTOP);
		break;
	case INJECT_LEAVE:
		left = true; /* the kernel's answer where nobody listens */
		break;
	}
}

/* A deep stack makes thousands of them. */
static bool is_next_lock(int who, int number)
{
	static int last;
	const bool again = who == INJECT_HELPER && number == SYS_rt_sigprocmask && last == number;
	if (who == INJECT_HELPER)
		last = number;
	return again;
}

static bool judge(const struct seccomp_notif *call, struct seccomp_notif_resp *answer)
{
	const pid_t process = marked || (pid_t)call->pid == target ? process_of((pid_t)call->pid) : 0;
	const int who = caller_of(call, process);
	if (wanted.what == INJECT_LATE && who == INJECT_WATCHER && call->data.nr == SYS_clone)
		poll(NULL, 0, wanted.value);
	if (who != INJECT_NOBODY && !is_next_lock(who, call->data.nr) && ++report.calls[who] == wanted.call && who == wanted.who)
		disturb(call, process, answer);
	if (call->data.nr == MARKER_CALL && call->data.args[0] == MARKER_ARGUMENT && process == target) {
		marked = true;
		armed = !call->data.args[1];
		find_agent();
	}
	armed |= marked && (call->data.nr == SYS_tgkill || call->data.nr == SYS_kill);
	if (armed && call->data.nr == SYS_execve && process != target && !is_helper(process) && helper_count < PROCESSES)
		helpers[helper_count++] = process;
	return !left;
}

static bool have_children(void)
{
	return waitid(P_ALL, 0, NULL, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}

/* False where nobody is left who could call. */
static bool serve(int listener)
{
	if (!left)
		return notified_serve(listener, SLICE_MS, judge);
	poll(NULL, 0, 1);
	return have_children();
}

/* Beginning and end ----------------------------------------------------------------------------------------------------------- */

static int start(char **argv)
{
	struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)};
	const struct sock_fprog filter = {1, code};
	const int fd = notified_start(&filter, argv, LIMIT_MS / 1000, &target);
	if (fd < 0)
		fail(91, "no listener");
	return fd;
}

static void reap(void)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0;) {
		if (pid == target) {
			report.status = status;
			report.ended = 1;
		}
	}
}

static void parse(char **argv)
{
	static const char *const whats[] = {"nothing", "error", "signal", "kill", "stop", "leave", "late"};
	static const char *const whos[] = {"handler", "watcher", "helper"};
	while (wanted.who < INJECT_HELPER && strcmp(argv[2], whos[wanted.who]) != 0)
		wanted.who++;
	while (wanted.what < INJECT_LATE && strcmp(argv[3], whats[wanted.what]) != 0)
		wanted.what++;
	wanted.call = wanted.what == INJECT_NOTHING ? 0 : (uint32_t)atoi(argv[4]);
	wanted.value = atoi(argv[5]);
}

int main(int argc, char **argv)
{
	if (argc < 7)
		return 92;
	parse(argv);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	const int listener = start(argv + 6);
	const uint64_t until = notified_now_ms() + LIMIT_MS;
	bool served = true;
	while ((served || !report.ended) && notified_now_ms() < until) {
		served = serve(listener);
		reap();
	}
	report.leftover = served;
	notified_end_leftovers();
	const int fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, &report, sizeof(report)) != sizeof(report))
		fail(93, argv[1]);
	return 0;
}
