#include "terminal_session.h"

#include "patience.h"
#include "place.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_MS = 20000, SEEN_BYTES = 1 << 18 };

static int terminal = -1;
static pid_t shell;
static char seen[SEEN_BYTES];
static size_t seen_bytes, passed;

static _Noreturn void become_shell(const char *name, const char *directory)
{
	char *const argv[] = {"bash", "--norc", "--noprofile", "--noediting", "-i", NULL};
	char *const environment[] = {"PATH=/usr/bin:/bin", "PS1=" PROMPT, "TERM=dumb", "LC_ALL=C.UTF-8", NULL};
	sigset_t none;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	const int slave = open(name, O_RDWR); /* the first terminal that a session leader opens is its own */
	for (int fd = 0; fd < 3; fd++)
		dup2(slave, fd);
	syscall(__NR_close_range, 3, ~0u, 0);
	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (chdir(directory) == 0)
		execve("/bin/bash", argv, environment);
	_exit(127);
}

void terminal_open(void)
{
	const char *directory = place_directory();
	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0, "no pseudo terminal: %s", strerror(errno));
	const char *name = ptsname(terminal);
	fflush(NULL);
	shell = fork();
	cr_assert(shell >= 0);
	if (shell == 0)
		become_shell(name, directory);
	terminal_expect(PROMPT);
}

void terminal_type(const char *text)
{
	cr_assert(write(terminal, text, strlen(text)) == (ssize_t)strlen(text), "%s", strerror(errno));
}

void terminal_expect(const char *text)
{
	for (;;) {
		const char *found = memmem(seen + passed, seen_bytes - passed, text, strlen(text));
		if (found) {
			passed = (size_t)(found - seen) + strlen(text);
			return;
		}
		struct pollfd ready = {terminal, POLLIN, 0};
		cr_assert(poll(&ready, 1, LIMIT_MS * (int)patience()) == 1, "\"%s\" did not appear; seen:\n%.*s\nand then:\n%.*s",
			  text, (int)passed, seen, (int)(seen_bytes - passed), seen + passed);
		cr_assert(seen_bytes < sizeof(seen));
		const ssize_t got = read(terminal, seen + seen_bytes, sizeof(seen) - seen_bytes);
		cr_assert(got > 0, "the terminal ended before \"%s\"; seen:\n%.*s", text, (int)seen_bytes, seen);
		seen_bytes += (size_t)got;
	}
}

void terminal_resize(unsigned short columns)
{
	const struct winsize size = {.ws_row = 24, .ws_col = columns};
	cr_assert(ioctl(terminal, TIOCSWINSZ, &size) == 0);
}

void terminal_close(void)
{
	int status;
	terminal_type("exit 0\n");
	cr_assert(waitpid(shell, &status, 0) == shell && WIFEXITED(status) && WEXITSTATUS(status) == 0, "bash: %#x; seen:\n%.*s",
		  status, (int)seen_bytes, seen);
	close(terminal);
	seen_bytes = passed = 0;
}
