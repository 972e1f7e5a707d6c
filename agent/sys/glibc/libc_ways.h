/*
 * libc_ways.h (glibc) - what C libraries do differently, as the agent needs it. One folder for each of them; the build chooses.
 *
 * Signal safety as of what each stands for; libc_objects() may be called anywhere.
 */
#ifndef TTLOG_SYS_LIBC_WAYS_H
#define TTLOG_SYS_LIBC_WAYS_H

#include <gnu/libc-version.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The loader's, as <link.h> has it for debuggers. Weak: the loader is no library to link. */
extern __typeof__(_r_debug) _r_debug __attribute__((weak));

/* The objects of the process in the loader's order; NULL: unknown. */
static inline const struct link_map *libc_objects(void)
{
	return &_r_debug ? _r_debug.r_map : NULL;
}

/* The environment, in a constructor that was `given` its third argument: also where libc itself has not seen it yet. */
static inline char *const *libc_environment(char *const *given)
{
	return given;
}

/* What at_quick_exit(3) and pthread_atfork(3) are made of; these are linked statically. NULL for the object: never unregistered. */
extern int __cxa_at_quick_exit(void (*function)(void *), void *object);
extern int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object);

static inline void libc_at_quick_exit(void (*function)(void *))
{
	__cxa_at_quick_exit(function, NULL);
}

static inline void libc_at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	__register_atfork(prepare, parent, child, NULL);
}

/* strerror_r(3), which gives libc's own text where it has one. */
static inline const char *libc_error_text(int error, char *room, size_t bytes)
{
	return strerror_r(error, room, bytes);
}

/* In a stream that leads into memory (open_memstream(3)) libc leaves as the descriptor what malloc(3) happened to find there. */
enum { STREAM_OF_DESCRIPTOR = 0x2000 }; /* _IO_IS_FILEBUF of glibc's FILE._flags, the same since 2.1 */
static inline bool libc_stream_has_number(const FILE *stream)
{
	return stream->_flags & STREAM_OF_DESCRIPTOR;
}

/* fileno(3), without its complaint. -1: it has none. */
static inline int libc_stream_number(FILE *stream)
{
	return libc_stream_has_number(stream) ? stream->_fileno : -1;
}

/* Whether abort(3), where SIGABRT has ended nothing, blocks all signals before it crashes the process itself: from 2.41 on. */
static inline bool libc_abort_blocks(void)
{
	const char *minor = strchr(gnu_get_libc_version(), '.');
	unsigned number = 0;
	while (minor && *++minor >= '0' && *minor <= '9')
		number = 10 * number + (unsigned)(*minor - '0');
	return number >= 41;
}

/* Whether signal(3) blocks the signal in its handler by name, and what __sysv_signal() means. */
enum { LIBC_SIGNAL_MASKS = true, LIBC_SYSV_SIGNAL_RESETS = true };

/* Ends the definition of since_2_34_NAME: NAME is exported to those only that were linked with glibc 2.34 or later (exports.map). */
#define EXPORT_SINCE_2_34(name) __asm__(".symver since_2_34_" #name ", " #name "@GLIBC_2.34")

#endif
