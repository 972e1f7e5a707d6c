/*
 * process.h - runs one program for a test and collects all that it does: bytes, wait status, orphans.
 *
 * Called from a Criterion test, which is a process of its own with one thread. Nothing here sleeps: each wait is a poll on
 * pipes and on a signalfd for SIGCHLD, bounded by the limit of the process. What goes wrong in the harness itself fails the
 * test. Memory is released with the test process.
 */
#ifndef TTLOG_TESTS_PROCESS_H
#define TTLOG_TESTS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define BUILT(name)   BUILD_DIR "/" name
#define PROGRAM(name) BUILD_DIR "/tests/programs/" name

#define AGENT   BUILT("libttlog_agent.so")
#define TTLOG   BUILT("ttlog")
#define CAPTURE BUILT("ttlog-capture")

/* NULL-terminated lists of strings for the fields below. */
#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

struct process_setup {
	const char *const *argv;
	const char *const *environment; /* "NAME=value" sets, "NAME" removes; NULL: nothing */
	const char *input;              /* NULL: standard input is /dev/null */
	const char *directory;          /* NULL: a fresh one below the test's place */
	bool agent;                     /* preload the agent, storage as of place_storage() */
	const char *agent_library;      /* NULL: AGENT */
	bool stdout_closed;
	/*
	 * One of two runs whose cores are compared: no address randomisation, cores without memory, and an environment of the same
	 * size with the agent and without, so that main's stack begins at the same address.
	 */
	bool twin;
	const char *second_library; /* preloaded too; NULL: none */
	bool second_first;          /* before the agent */
	bool as_nobody;             /* drop root's rights, where the test has them */
	int parting; /* what it gets where its test ends or is killed before it; 0: SIGKILL, which a server cannot pass on to its workers */
	unsigned limit_s; /* 0: PROCESS_LIMIT_S; then its process group is killed and the test fails */
};

#define PROCESS_LIMIT_S 30u

struct bytes {
	char *data; /* NUL-terminated for convenience */
	size_t size;
};

struct process;

struct outcome {
	pid_t pid;
	int status;            /* of wait(2) */
	struct bytes out, err; /* of a run with the agent: err without the agent's lines */
	struct bytes agent;    /* the lines on standard error that begin with "ttlog: " */
	size_t agent_lines;
	const char *directory; /* it worked there: its core lies there too */
};

/* Every program begins with default dispositions, an empty mask, no descriptor but 0 to 2, and cores allowed. */
struct process *process_start(const struct process_setup *setup);
pid_t process_pid(const struct process *process);
/* In digits, as commands take it. */
const char *pid_text(pid_t pid);
/* Until standard output holds the text. */
void process_await(struct process *process, const char *text);
/* Until its main thread sleeps in the kernel. */
void process_await_sleep(struct process *process);
/* Until a signal has stopped it. */
void process_await_stopped(struct process *process);
/* Until the process has ended and nobody holds its output any more. */
struct outcome process_finish(struct process *process);
/* The wait status of a child that its parent left behind; fails the test where none ends within the limit. */
int process_orphan(pid_t *pid);

/* process_start() and process_finish() */
struct outcome process_run(const struct process_setup *setup);

/* "exit 3", "SIGSEGV", "SIGABRT (core dumped)" in a static buffer of four that take turns */
const char *status_text(int status);

#endif
