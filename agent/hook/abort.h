/* abort.h - why libc itself ended the process. */
#ifndef TTLOG_HOOK_ABORT_H
#define TTLOG_HOOK_ABORT_H

/*
 * What libc wrote as it found the heap or a buffer damaged, as an event: no hook sees it. In the dying process, of that `signal`; nothing
 * where it is none of abort(3), or the program came to its end through a hook that has noted why.
 */
void abort_last_words_as(int signal) __attribute__((visibility("hidden")));

#endif
