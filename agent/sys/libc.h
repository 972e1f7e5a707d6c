/*
 * libc.h - the real functions behind the hooks: the next definition after the agent's, normally libc's.
 *
 * Most are looked up at their first call, which may be another library's constructor, a signal handler or a vfork child: a look-up takes
 * no lock and allocates nothing (object.h), costs 0.1 us, and most programs call few of these. REAL(name) is the way to call one.
 */
#ifndef TTLOG_SYS_LIBC_H
#define TTLOG_SYS_LIBC_H

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/uio.h>
#include <wchar.h>

struct option;
struct _pthread_cleanup_buffer;

/* Looked up by the constructor: what is called often, or is a plain system call until then. */
#define LIBC_EARLY(X)                                                                                                              \
	X(int, vfprintf, (FILE *, const char *, va_list))                                                                          \
	X(int, __vfprintf_chk, (FILE *, int, const char *, va_list))                                                               \
	X(int, open, (const char *, int, ...))                                                                                     \
	X(int, open64, (const char *, int, ...))                                                                                   \
	X(int, openat, (int, const char *, int, ...))                                                                              \
	X(int, openat64, (int, const char *, int, ...))                                                                            \
	X(int, close, (int))                                                                                                       \
	X(ssize_t, write, (int, const void *, size_t))                                                                             \
	X(ssize_t, writev, (int, const struct iovec *, int))

/* Looked up at the first call. */
#define LIBC_LATE(X)                                                                                                               \
	X(int, puts, (const char *))                                                                                               \
	X(int, fputs, (const char *, FILE *))                                                                                      \
	X(size_t, fwrite, (const void *, size_t, size_t, FILE *))                                                                  \
	X(int, fputc, (int, FILE *))                                                                                               \
	X(int, fflush, (FILE *))                                                                                                   \
	X(int, fclose, (FILE *))                                                                                                   \
	X(int, dup, (int))                                                                                                         \
	X(int, dup2, (int, int))                                                                                                   \
	X(int, dup3, (int, int, int))                                                                                              \
	X(void, abort, (void))                                                                                                     \
	X(void, _exit, (int))                                                                                                      \
	X(int, execve, (const char *, char *const *, char *const *))                                                               \
	X(int, sigaction, (int, const struct sigaction *, struct sigaction *))                                                     \
	X(int, sigaltstack, (const stack_t *, stack_t *))                                                                          \
	X(void, _pthread_cleanup_push, (struct _pthread_cleanup_buffer *, void (*)(void *), void *))                               \
	X(void, _pthread_cleanup_pop, (struct _pthread_cleanup_buffer *, int))                                                     \
	X(int, prctl, (int, unsigned long, unsigned long, unsigned long, unsigned long))                                           \
	X(int, vdprintf, (int, const char *, va_list))                                                                             \
	X(int, __vdprintf_chk, (int, int, const char *, va_list))                                                                  \
	X(int, creat, (const char *, mode_t))                                                                                      \
	X(int, creat64, (const char *, mode_t))                                                                                    \
	X(int, __open_2, (const char *, int))                                                                                      \
	X(int, __open64_2, (const char *, int))                                                                                    \
	X(int, __openat_2, (int, const char *, int))                                                                               \
	X(int, __openat64_2, (int, const char *, int))                                                                             \
	X(FILE *, fopen, (const char *, const char *))                                                                             \
	X(FILE *, fopen64, (const char *, const char *))                                                                           \
	X(FILE *, freopen, (const char *, const char *, FILE *))                                                                   \
	X(FILE *, freopen64, (const char *, const char *, FILE *))                                                                 \
	X(int, fseek, (FILE *, long, int))                                                                                         \
	X(int, fseeko, (FILE *, off_t, int))                                                                                       \
	X(int, fseeko64, (FILE *, off64_t, int))                                                                                   \
	X(int, fsetpos, (FILE *, const fpos_t *))                                                                                  \
	X(int, fsetpos64, (FILE *, const fpos64_t *))                                                                              \
	X(void, rewind, (FILE *))                                                                                                  \
	X(int, setvbuf, (FILE *, char *, int, size_t))                                                                             \
	X(void, setbuf, (FILE *, char *))                                                                                          \
	X(void, setbuffer, (FILE *, char *, size_t))                                                                               \
	X(void, setlinebuf, (FILE *))                                                                                              \
	X(int, fcloseall, (void))                                                                                                  \
	X(int, putw, (int, FILE *))                                                                                                \
	X(int, vfwprintf, (FILE *, const wchar_t *, va_list))                                                                      \
	X(int, __vfwprintf_chk, (FILE *, int, const wchar_t *, va_list))                                                           \
	X(int, fputws, (const wchar_t *, FILE *))                                                                                  \
	X(int, fputws_unlocked, (const wchar_t *, FILE *))                                                                         \
	X(wint_t, fputwc, (wchar_t, FILE *))                                                                                       \
	X(wint_t, putwc, (wchar_t, FILE *))                                                                                        \
	X(wint_t, putwc_unlocked, (wchar_t, FILE *))                                                                               \
	X(wint_t, fputwc_unlocked, (wchar_t, FILE *))                                                                              \
	X(void, verr, (int, const char *, va_list))                                                                                \
	X(void, verrx, (int, const char *, va_list))                                                                               \
	X(void, vwarn, (const char *, va_list))                                                                                    \
	X(void, vwarnx, (const char *, va_list))                                                                                   \
	X(void, error, (int, int, const char *, ...))                                                                              \
	X(void, error_at_line, (int, int, const char *, unsigned, const char *, ...))                                              \
	X(void, psignal, (int, const char *))                                                                                      \
	X(void, psiginfo, (const siginfo_t *, const char *))                                                                       \
	X(void, __stack_chk_fail, (void))                                                                                          \
	X(void, perror, (const char *))                                                                                            \
	X(void, openlog, (const char *, int, int))                                                                                 \
	X(int, setlogmask, (int))                                                                                                  \
	X(void, vsyslog, (int, const char *, va_list))                                                                             \
	X(void, __vsyslog_chk, (int, int, const char *, va_list))                                                                  \
	X(void, __assert_perror_fail, (int, const char *, unsigned, const char *))                                                 \
	X(int, execvpe, (const char *, char *const *, char *const *))                                                              \
	X(int, daemon, (int, int))                                                                                                 \
	X(int, system, (const char *))                                                                                             \
	X(int, fexecve, (int, char *const *, char *const *))                                                                       \
	X(int, getopt, (int, char *const *, const char *))                                                                         \
	X(int, __posix_getopt, (int, char *const *, const char *))                                                                 \
	X(int, getopt_long, (int, char *const *, const char *, const struct option *, int *))                                      \
	X(int, getopt_long_only, (int, char *const *, const char *, const struct option *, int *))                                 \
	X(int, close_range, (unsigned, unsigned, int))                                                                             \
	X(void, closefrom, (int))                                                                                                  \
	X(int, register_printf_function, (int, void *, void *))                                                                    \
	X(int, register_printf_specifier, (int, void *, void *))                                                                   \
	X(int, fputs_unlocked, (const char *, FILE *))                                                                             \
	X(size_t, fwrite_unlocked, (const void *, size_t, size_t, FILE *))                                                         \
	X(int, fputc_unlocked, (int, FILE *))                                                                                      \
	X(int, __overflow, (FILE *, int))                                                                                          \
	X(int, fflush_unlocked, (FILE *))                                                                                          \
	X(void, __assert_fail, (const char *, const char *, unsigned, const char *))                                               \
	X(int, pthread_create, (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))                                   \
	X(int, pthread_attr_setstacksize, (pthread_attr_t *, size_t))

/* What some libc lacks, or some program: before glibc 2.34 dlopen(3) and its kin are in libdl, which the agent is not linked to. */
#define LIBC_PERHAPS(X)                                                                                                            \
	X(const char *, sigdescr_np, (int))                                                                                        \
	X(const char *, strerrordesc_np, (int))                                                                                    \
	X(void *, dlopen, (const char *, int))                                                                                     \
	X(void *, dlsym, (void *, const char *))                                                                                   \
	X(int, dlclose, (void *))                                                                                                  \
	X(char *, dlerror, (void))

/* struct dl_find_object of glibc 2.35 and later; the ABI leaves room behind it. */
struct found_object {
	unsigned long long flags;
	const unsigned char *map_start, *map_end;
	void *others[16];
};

struct libc {
#define LIBC_POINTER(type, name, parameters) type(*name) parameters;
	LIBC_EARLY(LIBC_POINTER)
	LIBC_LATE(LIBC_POINTER)
	LIBC_PERHAPS(LIBC_POINTER)
#undef LIBC_POINTER
	const char *const *abort_message; /* glibc's __abort_msg; NULL: this libc has none */
	bool abort_blocks;                /* libc_abort_blocks() */
	int (*find_object)(void *address,
			   struct found_object *found); /* _dl_find_object(3), which takes no lock; NULL: older than glibc 2.35 */
};

extern struct libc libc __attribute__((visibility("hidden")));

/* By the constructor, before any hook does more than pass through. */
void libc_resolve(void) __attribute__((visibility("hidden")));

/* The agent's file as the loader was given it; NULL: unknown. The loader's; it stays. */
const char *libc_agent_path(void) __attribute__((visibility("hidden")));

/* Looks one up and keeps it in *pointer; NULL: there is none. Async-signal-safe for what is there. */
void *libc_find(void **pointer, const char *name) __attribute__((visibility("hidden")));

#define REAL(name)                                                                                                                 \
	(*(__builtin_expect(libc.name != NULL, 1) ? libc.name                                                                      \
						  : (__typeof__(libc.name))libc_find((void **)(void *)&libc.name, #name)))

/*
 * The first definition of `name`, of a function or of data, among what the program began with: what a reference of the agent's would be
 * bound to. NULL: there is none. A look-up and no weak reference, which a newer libc would give a version that an older one refuses.
 * Async-signal-safe.
 */
void *libc_first(const char *name) __attribute__((visibility("hidden")));

/* Of LIBC_PERHAPS, a pointer to the function; NULL: there is none. */
#define PERHAPS(name) (libc.name ? libc.name : (__typeof__(libc.name))libc_perhaps((void **)(void *)&libc.name, #name))
void *libc_perhaps(void **pointer, const char *name) __attribute__((visibility("hidden")));

/* Set by the constructor when everything below the hooks stands. Hidden, so it can be read before the agent is relocated. */
extern int agent_ready __attribute__((visibility("hidden")));

#define EXPORT __attribute__((visibility("default")))

#endif
