/*
 * siginfo_text.h - what psiginfo(3) prints of a signal, behind the prefix.
 *
 * It composes its line by itself and writes it to the descriptor, so that no hook sees the text. The words are those of glibc 2.36, in the
 * program's language where there is one (gettext); a test holds them against what comes out. Not for signal handlers, as psiginfo(3) is.
 */
#ifndef TTLOG_HOOK_SIGINFO_TEXT_H
#define TTLOG_HOOK_SIGINFO_TEXT_H

#include <signal.h>
#include <stddef.h>

#define SIGINFO_TEXT_BYTES 256u

/* NUL-terminated, without a line end; cut where it is longer. */
void siginfo_text(const siginfo_t *info, char *text, size_t bytes) __attribute__((visibility("hidden")));

/* What psignal(3) calls it, untranslated; libc's. NULL: it has no words for it. */
const char *siginfo_signal_words(int number) __attribute__((visibility("hidden")));

#endif
