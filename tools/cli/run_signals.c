#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * What people and supervisors send to the one process they know, which is us. Not SIGWINCH: the terminal sends it to the whole
 * process group, and CMD is in it. SIGCONT is waited for, and not forwarded as it is: run_signals_continue().
 */
static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR};

/*
 * The terminal sends these, too, to all. We stop only once CMD has: a shell that saw us stopped before would prompt while CMD may
 * still take the next line from under it; and a CMD that ignores ^Z stays in the foreground.
 */
static const int stopping[] = {SIGTSTP, SIGTTIN, SIGTTOU};

static void fill_waited(sigset_t *waited)
{
	sigemptyset(waited);
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		sigaddset(waited, forwarded[i]);
	for (size_t i = 0; i < sizeof(stopping) / sizeof(stopping[0]); i++)
		sigaddset(waited, stopping[i]);
	for (int signal = SIGRTMIN; signal <= SIGRTMAX; signal++)
		sigaddset(waited, signal);
	sigaddset(waited, SIGCHLD);
	sigaddset(waited, SIGCONT);
}

void run_signals_take(struct run_signals *signals)
{
	const struct sigaction preset = {.sa_handler = SIG_DFL}, ignore = {.sa_handler = SIG_IGN};

	fill_waited(&signals->waited);
	sigprocmask(SIG_BLOCK, &signals->waited, &signals->mask);
	sigaction(SIGCHLD, &preset, &signals->child); /* an inherited SIG_IGN would keep the statuses from us */
	sigaction(SIGPIPE, &ignore, &signals->pipe);  /* a standard error that is gone must not cost the snapshot */
}

void run_signals_give_back(const struct run_signals *signals)
{
	sigaction(SIGCHLD, &signals->child, NULL);
	sigaction(SIGPIPE, &signals->pipe, NULL);
	sigprocmask(SIG_SETMASK, &signals->mask, NULL);
}

int run_signals_next(const struct run_signals *signals, uint64_t until, siginfo_t *info)
{
	uint64_t now = run_now_ns();
	uint64_t left = until > now ? until - now : 0;
	struct timespec time = {.tv_sec = (time_t)(left / 1000000000u), .tv_nsec = (long)(left % 1000000000u)};
	int signal = until ? sigtimedwait(&signals->waited, info, &time) : sigwaitinfo(&signals->waited, info);

	if (signal >= 0)
		return signal;
	return errno == EAGAIN ? 0 : SIGCHLD; /* EINTR: look at the child, it costs nothing */
}

static bool has_sender(const siginfo_t *info)
{
	return info->si_code == SI_USER || info->si_code == SI_QUEUE || info->si_code == SI_TKILL;
}

/* The kernel lets a process queue a siginfo with any sender to another one, as long as it is SI_QUEUE's (rt_sigqueueinfo(2)). */
static bool forward_with_sender(pid_t child, const siginfo_t *info)
{
	siginfo_t copy = *info;

	copy.si_code = SI_QUEUE;
	return syscall(SYS_rt_sigqueueinfo, child, info->si_signo, &copy) == 0;
}

/* SIGHUP is not: a terminal that is gone tells the session leader only, which we may be. */
static bool is_from_terminal(const siginfo_t *info)
{
	bool both = info->si_signo == SIGINT || info->si_signo == SIGQUIT || info->si_signo == SIGTSTP ||
		    info->si_signo == SIGTTIN || info->si_signo == SIGTTOU;

	return both && info->si_code == SI_KERNEL;
}

/*
 * ^C, ^\ and ^Z come from the kernel, and CMD has them already. What one of the tree sends went to its process group, most likely, and so
 * to CMD as well: sudo(8) has the same rule.
 */
void run_signals_forward(const struct run *run, const siginfo_t *info)
{
	if (run->ended || is_from_terminal(info))
		return;
	if (has_sender(info) && info->si_pid && run_tree_descends(info->si_pid))
		return;
	if (!has_sender(info) || !forward_with_sender(run->child, info))
		kill(run->child, info->si_signo);
}

/* Stopping --------------------------------------------------------------------------------------------------------------------- */

static int open_terminal(void)
{
	return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

/* A shell above us waits for its job in the foreground; a session leader has nobody above. */
static bool is_foreground_job(struct run *run)
{
	int terminal = open_terminal();
	pid_t group = terminal < 0 ? -1 : tcgetpgrp(terminal);

	if (terminal >= 0)
		close(terminal);
	run->terminal_group = group > 0 && group != getpgrp() && group == getpgid(run->child) ? group : 0;
	return group > 0 && getsid(0) != getpid() && (group == getpgrp() || run->terminal_group);
}

bool run_signals_was_continued(void)
{
	const struct timespec now = {0, 0};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	return sigtimedwait(&set, NULL, &now) == SIGCONT;
}

static void stop(int signal)
{
	const struct sigaction preset = {.sa_handler = SIG_DFL};
	struct sigaction old;
	sigset_t set, mask;

	if (signal != SIGSTOP)
		sigaction(signal, &preset, &old);
	sigemptyset(&set);
	sigaddset(&set, signal);
	raise(signal); /* waits beside the one that the terminal sent: SIGCONT takes back both, so we stop once */
	sigprocmask(SIG_UNBLOCK, &set, &mask); /* comes back at SIGCONT; at once where no shell could send it (an orphaned group) */
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (signal != SIGSTOP)
		sigaction(signal, &old, NULL);
}

/* Where nobody waits for a job, a SIGSTOP is somebody's who wants CMD to pause: stopped as well, we would not notice that it goes on. */
void run_signals_stop_like(struct run *run, int signal)
{
	sigset_t pending;
	bool foreground = is_foreground_job(run);

	sigpending(&pending);
	if (!sigismember(&pending, SIGCONT) && (signal != SIGSTOP || foreground))
		stop(signal);
}

/* `fg` has given the terminal to our process group; an inner shell that was suspended takes it for granted that it has it. */
void run_signals_continue(struct run *run)
{
	int terminal = run->terminal_group ? open_terminal() : -1;
	pid_t group = getpgid(run->child);

	if (terminal >= 0 && tcgetpgrp(terminal) == getpgrp())
		tcsetpgrp(terminal, run->terminal_group);
	if (terminal >= 0)
		close(terminal);
	run->terminal_group = 0;
	kill(group > 1 && group != getpgrp() ? -group : run->child, SIGCONT);
}
