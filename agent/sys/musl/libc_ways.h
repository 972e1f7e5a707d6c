/*
 * libc_ways.h (musl) - what C libraries do differently, as the agent needs it. Looked up in musl 1.2.3.
 *
 * Signal safety as of what each stands for; libc_objects() may be called anywhere.
 */
#ifndef TTLOG_SYS_LIBC_WAYS_H
#define TTLOG_SYS_LIBC_WAYS_H

#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));

/* The loader's, for debuggers. */
extern struct r_debug *_dl_debug_addr __attribute__((weak));

/* The objects of the process in the loader's order; NULL: unknown. */
static inline const struct link_map *libc_objects(void)
{
	return &_dl_debug_addr && _dl_debug_addr ? _dl_debug_addr->r_map : NULL;
}

/* The environment, in a constructor: it is given nothing, and libc has it by then. */
static inline char *const *libc_environment(char *const *given)
{
	(void)given;
	return environ;
}

static inline void libc_at_quick_exit(void (*function)(void *))
{
	at_quick_exit((void (*)(void))(void *)function); /* its argument is not looked at */
}

extern int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
static inline void libc_at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	pthread_atfork(prepare, parent, child);
}

static inline const char *libc_error_text(int error, char *room, size_t bytes)
{
	return strerror_r(error, room, bytes) == 0 ? room : "unknown error";
}

/* fileno(3), without its complaint. */
static inline int libc_stream_number(FILE *stream)
{
	const int saved_errno = errno, number = fileno(stream);
	errno = saved_errno;
	return number;
}

static inline bool libc_abort_blocks(void)
{
	return true;
}

/* Whether signal(3) blocks the signal in its handler by name, and what __sysv_signal() means. */
enum { LIBC_SIGNAL_MASKS = false, LIBC_SYSV_SIGNAL_RESETS = false };

/* musl has none of these. */
#define EXPORT_SINCE_2_34(name) _Static_assert(1, #name)

#endif
