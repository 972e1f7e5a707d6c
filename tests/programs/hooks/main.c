/*
 * hooks WHERE REPORT [wide] - calls every function that the agent interposes, and writes what each answered into the file REPORT.
 * hooks list - prints their names.
 *
 * WHERE: main, early (before the agent's constructor), late (after its destructor), handler (in a signal handler), vfork (in a vfork
 * child), closed (descriptors 1 and 2 are), full (they lead to /dev/full), pipe (nobody reads from it), locked (this thread has the locks of
 * both streams), held (another has them, until the call waits or is over), threads (a second one exists). wide: both streams are.
 *
 * REPORT: "# NAME TAKES", then a line for each call.
 */
#include "held.h"
#include "hooks.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

enum { REPORT_BYTES = 256 * 1024 };

/* Shared with the children that it runs. */
static struct report {
	size_t used;
	char text[REPORT_BYTES];
} * report;
static const char *where = "", *report_path;
static bool wide, waited;

static bool is_where(const char *name)
{
	return strcmp(where, name) == 0;
}

/* No call of libc's that is hooked: the report is not to be part of what is tried. */
static void put(const char *text)
{
	while (*text && report->used < REPORT_BYTES)
		report->text[report->used++] = *text++;
}

static void put_number(intmax_t value)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;
	uintmax_t rest = value < 0 ? -(uintmax_t)value : (uintmax_t)value;
	digits[at] = 0;
	do
		digits[--at] = (char)('0' + rest % 10);
	while (rest /= 10);
	put(value < 0 ? "-" : "");
	put(digits + at);
}

void hooks_note(const char *call, intmax_t value, int error)
{
	put(call);
	put(" = ");
	put_number(value);
	put(", errno ");
	put_number(error);
	put(waited ? ", waited for the lock\n" : "\n");
}

pid_t hooks_fork(void)
{
	const pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (child == 0) {
		report_path = NULL; /* the parent's affair */
		syscall(SYS_prlimit64, 0, RLIMIT_CORE, &(struct rlimit){0, 0}, NULL);
	}
	return child;
}

void hooks_note_end(const char *call, pid_t child)
{
	int status = 0;
	waitpid(child, &status, 0);
	put(call);
	put(": wait status ");
	put_number(status);
	put("\n");
}

bool hooks_may_fault(void)
{
	return is_where("main");
}

void hooks_begin(void)
{
	if (is_where("held"))
		held_begin();
}

void hooks_end(void)
{
	waited = is_where("held") && held_end();
}

static const struct hook_case *const tables[] = {hooks_stdio, hooks_wide, hooks_message, hooks_file, hooks_signal, hooks_process};

/* glibc 2.36 faults in fputws(3) on a wide stream whose buffer could not be written out: there each case has a process of its own. */
static bool may_fault_in_libc(void)
{
	return wide && (is_where("closed") || is_where("full") || is_where("pipe"));
}

static void run_alone(const struct hook_case *hook)
{
	const pid_t child = hooks_fork();
	if (child == 0) {
		hook->run();
		_exit(0);
	}
	hooks_note_end("alone", child);
}

static void run(const struct hook_case *hook)
{
	put("# ");
	put(hook->name);
	put(" ");
	put(hook->takes);
	put("\n");
	if (may_fault_in_libc())
		run_alone(hook);
	else
		hook->run();
}

static void run_all(int signal)
{
	(void)signal;
	for (size_t table = 0; table < sizeof(tables) / sizeof(tables[0]); table++) {
		for (const struct hook_case *hook = tables[table]; hook->name; hook++)
			run(hook);
	}
}

static void write_report(void)
{
	const long fd = syscall(SYS_openat, AT_FDCWD, report_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	syscall(SYS_write, fd, report->text, report->used);
	syscall(SYS_close, fd);
}

static void run_late(void)
{
	if (!report_path)
		return;
	if (is_where("late"))
		run_all(0);
	write_report();
}

/* Runs before every constructor. What atexit(3) is told here, before the loader's own end is, comes after all destructors. */
static void begin(int argc, char **argv, char **environment)
{
	(void)environment;
	if (argc < 3)
		return;
	where = argv[1];
	report_path = argv[2];
	wide = argc > 3;
	report = (struct report *)syscall(SYS_mmap, NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
					  0l);
	atexit(run_late);
	if (wide) {
		fwide(stdout, 1);
		fwide(stderr, 1);
	}
	if (is_where("early"))
		run_all(0);
}
__attribute__((section(".preinit_array"), used)) static void (*const first)(int, char **, char **) = begin;

static void *wait_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void in_vfork_child(void)
{
	const pid_t child = vfork();
	if (child == 0) {
		run_all(0);
		_exit(0);
	}
	hooks_note_end("vfork", child);
}

static void in_handler(void)
{
	struct sigaction action = {.sa_handler = run_all};
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
}

static void lock_both(void)
{
	flockfile(stdout);
	flockfile(stderr);
}

static void lead_to_no_reader(void)
{
	int ends[2];
	signal(SIGPIPE, SIG_IGN);
	if (syscall(SYS_pipe2, ends, 0) != 0)
		abort();
	syscall(SYS_dup3, ends[1], 1, 0);
	syscall(SYS_dup3, ends[1], 2, 0);
	syscall(SYS_close, ends[0]);
	syscall(SYS_close, ends[1]);
}

static void prepare(void)
{
	pthread_t thread;
	if (is_where("closed")) {
		syscall(SYS_close, 1);
		syscall(SYS_close, 2);
	} else if (is_where("full")) {
		const long full = syscall(SYS_openat, AT_FDCWD, "/dev/full", O_WRONLY, 0);
		syscall(SYS_dup3, full, 1, 0);
		syscall(SYS_dup3, full, 2, 0);
		syscall(SYS_close, full);
	} else if (is_where("locked")) {
		lock_both();
	} else if (is_where("threads")) {
		pthread_create(&thread, NULL, wait_for_ever, NULL);
	} else if (is_where("pipe")) {
		lead_to_no_reader();
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "list") == 0) {
		for (size_t table = 0; table < sizeof(tables) / sizeof(tables[0]); table++)
			for (const struct hook_case *hook = tables[table]; hook->name; hook++)
				puts(hook->name);
		return 0;
	}
	if (argc < 3)
		return 2;
	prepare();
	if (is_where("vfork"))
		in_vfork_child();
	else if (is_where("handler"))
		in_handler();
	else if (!is_where("early") && !is_where("late"))
		run_all(0);
	return 0;
}
