/*
 * libc.h - the real functions behind the hooks: the next definition after the agent's, normally libc's.
 *
 * libc_resolve() runs in the constructor, before any hook does more than pass through. A hook that runs earlier (another library's
 * constructor) resolves then: dlsym(3) of a name that exists allocates nothing. REAL(name) is the only way to call one.
 */
#ifndef TTLOG_SYS_LIBC_H
#define TTLOG_SYS_LIBC_H

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/uio.h>

#define LIBC_FUNCTIONS(X)                                                                                                          \
	X(int, vfprintf, (FILE *, const char *, va_list))                                                                          \
	X(int, __vfprintf_chk, (FILE *, int, const char *, va_list))                                                               \
	X(int, vdprintf, (int, const char *, va_list))                                                                             \
	X(int, __vdprintf_chk, (int, int, const char *, va_list))                                                                  \
	X(int, puts, (const char *))                                                                                               \
	X(int, fputs, (const char *, FILE *))                                                                                      \
	X(int, fputs_unlocked, (const char *, FILE *))                                                                             \
	X(size_t, fwrite, (const void *, size_t, size_t, FILE *))                                                                  \
	X(size_t, fwrite_unlocked, (const void *, size_t, size_t, FILE *))                                                         \
	X(int, fputc, (int, FILE *))                                                                                               \
	X(int, fputc_unlocked, (int, FILE *))                                                                                      \
	X(int, __overflow, (FILE *, int))                                                                                          \
	X(int, fflush, (FILE *))                                                                                                   \
	X(int, fflush_unlocked, (FILE *))                                                                                          \
	X(void, perror, (const char *))                                                                                            \
	X(void, vsyslog, (int, const char *, va_list))                                                                             \
	X(void, __vsyslog_chk, (int, int, const char *, va_list))                                                                  \
	X(ssize_t, write, (int, const void *, size_t))                                                                             \
	X(ssize_t, writev, (int, const struct iovec *, int))                                                                       \
	X(void, abort, (void))                                                                                                     \
	X(void, __assert_fail, (const char *, const char *, unsigned, const char *))                                               \
	X(void, __assert_perror_fail, (int, const char *, unsigned, const char *))                                                 \
	X(void, _exit, (int))                                                                                                      \
	X(int, execve, (const char *, char *const *, char *const *))                                                               \
	X(int, execvpe, (const char *, char *const *, char *const *))                                                              \
	X(int, daemon, (int, int))                                                                                                 \
	X(int, fexecve, (int, char *const *, char *const *))                                                                       \
	X(int, sigaction, (int, const struct sigaction *, struct sigaction *))                                                     \
	X(int, sigaltstack, (const stack_t *, stack_t *))                                                                          \
	X(int, pthread_create, (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))                                   \
	X(void, _pthread_cleanup_push, (struct _pthread_cleanup_buffer *, void (*)(void *), void *))                               \
	X(void, _pthread_cleanup_pop, (struct _pthread_cleanup_buffer *, int))                                                     \
	X(int, prctl, (int, unsigned long, unsigned long, unsigned long, unsigned long))                                         \
	X(int, register_printf_function, (int, void *, void *))                                                                    \
	X(int, register_printf_specifier, (int, void *, void *))

struct libc {
#define LIBC_POINTER(type, name, parameters) type(*name) parameters;
	LIBC_FUNCTIONS(LIBC_POINTER)
#undef LIBC_POINTER
	const char *const *abort_message; /* glibc's __abort_msg; NULL: this libc has none */
	int (*find_object)(void *address, void *found); /* _dl_find_object(3), which takes no lock; NULL: older than glibc 2.35 */
};

extern struct libc libc __attribute__((visibility("hidden")));

void libc_resolve(void) __attribute__((visibility("hidden")));

#define REAL(name) (*(__builtin_expect(libc.name != NULL, 1) ? libc.name : (libc_resolve(), libc.name)))

/* Set by the constructor when everything below the hooks stands. Hidden, so it can be read before the agent is relocated. */
extern int agent_ready __attribute__((visibility("hidden")));

#define EXPORT __attribute__((visibility("default")))

#endif
