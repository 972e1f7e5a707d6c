/*
 * disposition.h - signal dispositions as the program sees them.
 *
 * For the captured signals the kernel holds the agent's handler; what the program set (or SIG_DFL) stands in a table, from which its
 * sigaction(2) and signal(3) are answered. SIG_IGN is passed on to the kernel, because it survives exec. Masks and flags are
 * the program's own; so the kernel blocks, restarts and switches stacks for its handler as it would have. (Of the other signals only
 * SA_ONSTACK is virtual, as long as the only alternate stacks are the agent's.)
 *
 * | operation           | thread-safe | signal-safe | in a vfork child                                              |
 * | disposition_change  | yes         | yes         | acts on the child's kernel table alone (the table is shared)  |
 * | disposition_of_as   | yes         | yes         | yes                                                           |
 */
#ifndef TTLOG_CRASH_DISPOSITION_H
#define TTLOG_CRASH_DISPOSITION_H

#include <signal.h>
#include <stdbool.h>

/*
 * Takes over the signals of config.set.signals that are not ignored; called once by the constructor. Some have a handler already:
 * AddressSanitizer's, set before any constructor.
 */
void disposition_install(void) __attribute__((visibility("hidden")));

/* What becomes of signals at SIG_DFL, as the program restricts its system calls. */
enum disposition_restriction {
	DISPOSITION_CAPTURE, /* it does not */
	DISPOSITION_RESET,   /* the kernel takes our handler away as it calls it: a death needs no call but raising the signal */
	DISPOSITION_FAULTS,  /* nor that: who is killed from outside dies without us, and a fault comes again by itself */
};
void disposition_restrict(enum disposition_restriction restriction) __attribute__((visibility("hidden")));

/*
 * The program has set an alternate stack. Until it does so for the first time its SA_ONSTACK means nothing (sigaction(2)): a handler
 * that wishes for one has to run on the stack of its thread, not on ours, and the kernel is not told of the wish.
 */
void disposition_stack_set(void) __attribute__((visibility("hidden")));

/*
 * libc has set the signal aside and put it back, by calls of its own, as system(3) does: it puts SA_RESTORER into what it gives the kernel,
 * and the program is told so from then on. Keeps errno.
 */
void disposition_put_back(int signal) __attribute__((visibility("hidden")));

/* sigaction(2) as the program knows it: 0, or -1 with errno. */
int disposition_change(int signal, const struct sigaction *action, struct sigaction *old) __attribute__((visibility("hidden")));

/* The program's handler now (SIG_DFL, SIG_IGN or a function); SA_RESETHAND of it is carried out. */
typedef void signal_handler(int, siginfo_t *, void *);
signal_handler *disposition_take_as(int signal) __attribute__((visibility("hidden")));

/* Gives the signal its default action in the kernel, for the death that follows. 0 or -errno. */
int disposition_default_as(int signal) __attribute__((visibility("hidden")));

#endif
