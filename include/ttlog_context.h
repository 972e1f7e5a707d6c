/*
 * ttlog_context.h - key-values of a thread, which all its events carry from then on. Included by ttlog.h.
 *
 *	ttlog_set_context("request_id", id);
 *	printf("loading %s\n", path);            what libraries print and log carries it too
 *	ttlog_clear_context("request_id");
 *
 * They stand among the key-values of each event, behind its own; where the event has one of the same key, its own counts.
 *
 * A context belongs to one thread: a new thread has none. fork(2): the child's thread keeps what it had. exec: none. It is kept by the
 * thread whatever function or scope it was set in, until it is changed or cleared.
 *
 * Any thread, and signal handlers: who interrupts one of these functions and records finds the context whole, as it was before or after.
 * errno is preserved on success. Nothing here may be called between vfork(2) and exec(2), where it would change the parent's.
 *
 * Without a context events cost what they always do; with one some 20 ns more each (make bench ROWS=context), and 32 bytes of history
 * for every 24 bytes of it.
 */
#include "ttlog.h" /* of which this is a part: before the guard, so that it may be included by itself */

#ifndef TTLOG_CONTEXT_H
#define TTLOG_CONTEXT_H

#include "ttlog_engine.h"
#include "ttlog_value.h"

/*
 * Sets the value of a key of this thread, or replaces it. The key is any string of 1 to 255 bytes; the value is what ttlog_kv() takes; both
 * are copied. All of a thread's are up to 8 keys and 256 bytes together: each takes its key's length and 10 bytes, a string its key's
 * and its own length and 4 bytes.
 *
 * 0 (also without an agent); or -1, nothing having changed, with errno
 *	ENOSPC	more than that
 *	EINVAL	no key, or one that is too long
 *	ENOMEM	no memory for the first context of this thread
 *	EPERM	the first context of this thread, in a sandbox (seccomp), where no memory is asked for
 *	EBUSY	in a handler that interrupted this in a handler that interrupted this, and so on; those left by longjmp(3) count
 */
#define ttlog_set_context(key, value) ttlog_set_context_word((key), TTLOG_TYPE_OF(value), TTLOG_WORD_OF(value))

#ifdef __cplusplus
extern "C" {
#endif

static inline int ttlog_set_context_word(const char *key, uint32_t type, uint64_t word)
{
	return TTLOG_HAS(set_context) ? ttlog_result(ttlog_agent->set_context(key, type, word)) : 0;
}

/* Takes one away: 0, also where there is none of that key; or -1 with errno EINVAL or EBUSY, as above. */
static inline int ttlog_clear_context(const char *key)
{
	if (!key) {
		errno = EINVAL;
		return -1;
	}
	return TTLOG_HAS(clear_context) ? ttlog_result(ttlog_agent->clear_context(key)) : 0;
}

/* Takes all away: 0, or -1 with errno EBUSY. */
static inline int ttlog_clear_context_all(void)
{
	return TTLOG_HAS(clear_context) ? ttlog_result(ttlog_agent->clear_context(0)) : 0;
}

#ifdef __cplusplus
}
#endif

#endif
