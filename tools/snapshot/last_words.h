/*
 * last_words.h - what a language's runtime wrote on standard error before it called abort(3).
 *
 * libc keeps the text of its own aborts. std::terminate(), a Rust panic and Py_FatalError() only print theirs: it is among the events,
 * where a reader of the head alone does not see it, and other threads may have said a thousand things since.
 *
 * Single-threaded.
 */
#ifndef TTLOG_SNAPSHOT_LAST_WORDS_H
#define TTLOG_SNAPSHOT_LAST_WORDS_H

#include "snapshot.h"

/* Fills abort_message from the events of thread `tid`, oldest first, where it is not known yet and they hold such words. */
void snapshot_find_last_words(struct snapshot *snapshot, uint32_t tid);

#endif
