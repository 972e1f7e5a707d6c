/*
 * contain.h - work of a library that may crash: it does not look whether it got its memory, or a file was made to that end.
 *
 * Only what stands in the library's hands is lost, and nothing more is given to it. Not thread-safe. A signal that somebody handles already
 * (a sanitizer; not the handler of contain_before()) is left to him; a stack that has overflowed, a crash that spoiled the heap, and a library
 * that calls exit() are not contained.
 */
#ifndef TTLOG_SNAPSHOT_CONTAIN_H
#define TTLOG_SNAPSHOT_CONTAIN_H

#include <stdbool.h>

/* One for each library; all of it 0 at first. */
struct contained {
	int crashed; /* by that signal; 0: not yet */
};

/*
 * Does work(context), for which errno is 0 at first. False: the library crashed, or had done so before (then nothing is done): what the work was
 * about to leave behind must not be touched, nor freed. Not within other such work.
 */
bool contain(struct contained *library, void (*work)(void *context), void *context);

/* The tool's own last word in a crash: where that handles a signal, contain() takes it nevertheless. */
void contain_before(void (*handler)(int number));

#endif
