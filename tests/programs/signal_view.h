/*
 * signal_view.h - what a program can see of its signals, printed so that two runs can be compared: no addresses, names instead.
 * view_begin() first, in main.
 */
#ifndef TTLOG_TESTS_SIGNAL_VIEW_H
#define TTLOG_TESTS_SIGNAL_VIEW_H

#include "signal_context.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

enum { VIEW_STACK_BYTES = 256 * 1024, VIEW_MAIN_BYTES = 4 * 1024 * 1024 };

typedef void view_handler(int);

static char view_stacks[2][VIEW_STACK_BYTES];
static uintptr_t view_main_stack;
static pid_t view_pid;

static inline void view_begin(void)
{
	view_main_stack = (uintptr_t)__builtin_frame_address(0);
	view_pid = getpid();
}

static inline const char *view_place(uintptr_t address)
{
	for (int i = 0; i < 2; i++)
		if (address - (uintptr_t)view_stacks[i] < VIEW_STACK_BYTES)
			return i ? "stack 1" : "stack 0";
	return address == 0 ? "none" : view_main_stack - address < VIEW_MAIN_BYTES ? "main's stack" : "elsewhere";
}

static inline void view_set(const sigset_t *set)
{
	printf(" {");
	for (int number = 1; number < NSIG; number++)
		if (sigismember(set, number) == 1)
			printf(" %d", number);
	printf(" }");
}

static inline void view_info(const siginfo_t *info)
{
	const pid_t pid = getpid();
	const char *sender = info->si_pid == pid ? "itself" : info->si_pid == getppid() ? "its parent" : "another";
	printf(" signal %d code %d errno %d", info->si_signo, info->si_code, info->si_errno);
	if (info->si_code <= 0 && info->si_signo)
		printf(" from %s, user %s", sender, info->si_uid == getuid() ? "same" : "other");
	if (info->si_code == SI_QUEUE)
		printf(" value %d", info->si_value.sival_int);
	printf("\n");
}

static inline void view_stack(const stack_t *stack)
{
	printf(" flags %x size %zu at %s\n", (unsigned)stack->ss_flags, stack->ss_size, view_place((uintptr_t)stack->ss_sp));
}

/* Where the handler stands and what is blocked there. */
static inline void view_surroundings(void)
{
	sigset_t mask;
	stack_t stack;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigaltstack(NULL, &stack);
	printf(" on %s, blocked", view_place((uintptr_t)__builtin_frame_address(0)));
	view_set(&mask);
	printf(" sigaltstack");
	view_stack(&stack);
}

static inline void view_simple(int number)
{
	const int saved_errno = errno;
	printf("handler %d:", number);
	view_surroundings();
	errno = saved_errno;
}

static inline int view_returns_to_kernel(const void *address)
{
	static const unsigned char restorer[] = SIGNAL_RETURN_CODE;
	return memcmp(address, restorer, sizeof(restorer)) == 0;
}

static inline void view_full(int number, siginfo_t *info, void *context)
{
	const int saved_errno = errno;
	const ucontext_t *user = context;
	printf("full handler %d, %s:", number, view_returns_to_kernel(__builtin_return_address(0)) ? "plain" : "wrapped");
	view_info(info);
	printf("  interrupted on %s, blocked there", view_place(signal_context_stack(user)));
	view_set(&user->uc_sigmask);
	view_surroundings();
	errno = saved_errno;
}

#define view_other ((view_handler *)(uintptr_t)view_full)

static inline const char *view_name(view_handler *handler)
{
	return handler == SIG_DFL       ? "default"
	       : handler == SIG_IGN     ? "ignore"
	       : handler == SIG_ERR     ? "error"
	       : handler == SIG_HOLD    ? "hold"
	       : handler == view_simple ? "simple"
	       : handler == view_other  ? "full"
					: "unknown";
}

/* sa_restorer means something where the kernel's SA_RESTORER, which libc's headers do not name, is among the flags. */
static inline void view_action(const struct sigaction *action)
{
	enum { RESTORER = 0x04000000 };
	printf(" is %s flags %x restorer %d", view_name(action->sa_handler), (unsigned)action->sa_flags,
	       (action->sa_flags & RESTORER) && view_returns_to_kernel((const void *)(uintptr_t)action->sa_restorer));
	view_set(&action->sa_mask);
	printf("\n");
}

static inline void view_all(void)
{
	sigset_t mask;
	stack_t stack;
	for (int number = 1; number < NSIG; number++) {
		struct sigaction now;
		if (sigaction(number, NULL, &now) == 0 && (now.sa_handler != SIG_DFL || now.sa_flags)) {
			printf("  %d", number);
			view_action(&now);
		}
	}
	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigaltstack(NULL, &stack);
	printf("  blocked");
	view_set(&mask);
	view_stack(&stack);
}

static inline int view_is_deadly(int number)
{
	struct sigaction now;
	if (number == SIGKILL || number == SIGSTOP)
		return 1;
	if (sigaction(number, NULL, &now) != 0 || number == SIGCHLD || number == SIGURG || number == SIGWINCH || number == SIGCONT)
		return 0;
	return now.sa_handler == SIG_DFL || now.sa_handler == SIG_ERR;
}

static inline int view_is_deadly_twice(int number)
{
	struct sigaction now;
	return sigaction(number, NULL, &now) == 0 && ((unsigned)now.sa_flags & SA_RESETHAND);
}

static inline int view_is_blocked(int number)
{
	sigset_t mask;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	return number != SIGKILL && number != SIGSTOP && sigismember(&mask, number) == 1;
}

static inline int view_is_pending(int number)
{
	sigset_t pending;
	sigpending(&pending);
	return sigismember(&pending, number) == 1;
}

/* Lines of /proc/self/status that an exec'ed program could look at; SigCgt is not among them: the agent's handlers are in it. */
static inline void view_inherited(void)
{
	char line[256];
	FILE *status = fopen("/proc/self/status", "re");
	while (status && fgets(line, sizeof(line), status))
		if (strncmp(line, "SigBlk", 6) == 0 || strncmp(line, "SigIgn", 6) == 0 || strncmp(line, "SigPnd", 6) == 0)
			fputs(line, stdout);
	if (status)
		fclose(status);
	view_all();
}

#endif
