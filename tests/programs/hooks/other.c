/* Messages of libc's own, logs, descriptors and files. */
#include "hooks.h"

#include <err.h>
#include <error.h>
#include <fcntl.h>
#include <getopt.h>
#include <printf.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

void __syslog_chk(int priority, int flag, const char *format, ...);
void __vsyslog_chk(int priority, int flag, const char *format, va_list arguments);
ssize_t __write(int fd, const void *data, size_t bytes);
int __posix_getopt(int argc, char *const *argv, const char *shorts);
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int directory, const char *path, int flags);
int __openat64_2(int directory, const char *path, int flags);

#pragma GCC diagnostic ignored "-Wnonnull"
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#pragma GCC diagnostic ignored "-Wunused-result"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wstringop-overread"

static void listed(void (*call)(const char *, va_list), const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	call(format, arguments);
	va_end(arguments);
}

static void end_listed(void (*call)(int, const char *, va_list), const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	call(3, format, arguments);
	va_end(arguments);
}

static void to_log(const char *format, va_list arguments)
{
	vsyslog(LOG_DEBUG, format, arguments);
}

static void checked_to_log(const char *format, va_list arguments)
{
	__vsyslog_chk(LOG_DEBUG, 1, format, arguments);
}

CASE(perror)
{
	DONE(perror("perror"));
	DONE(perror(""));
	DONE(perror(NULL));
}
CASE(psignal)
{
	DONE(psignal(SIGSEGV, "psignal"));
	DONE(psignal(SIGTERM, NULL));
	DONE(psignal(9999, ""));
}
CASE(psiginfo)
{
	const siginfo_t info = {.si_signo = SIGFPE, .si_code = FPE_INTDIV};
	DONE(psiginfo(&info, "psiginfo"));
	DONE(psiginfo(&info, NULL));
}
CASE(warn)
{
	DONE(warn("%d %s %f", 1, "warn", 1.5));
	DONE(warn(NULL));
	DONE(warn("%20000d", 1));
}
CASE(warnx)
{
	DONE(warnx("%d", 1));
	DONE(warnx(NULL));
}
CASE(vwarn)
{
	DONE(listed(vwarn, "%d", 1));
}
CASE(vwarnx)
{
	DONE(listed(vwarnx, "%d", 1));
}
CASE(err)
{
	errno = EPERM;
	ENDS(err(3, "%d %s", 1, "err"));
	ENDS(err(0, NULL));
}
CASE(errx)
{
	ENDS(errx(4, "%d", 1));
}
CASE(verr)
{
	errno = EPERM;
	ENDS(end_listed(verr, "%d", 1));
}
CASE(verrx)
{
	ENDS(end_listed(verrx, "%d", 1));
}
CASE(error)
{
	DONE(error(0, EACCES, "%d %s %f %f %f %f %f %f %f %f %f", 1, "two", .1, .2, .3, .4, .5, .6, .7, .8, .9));
	DONE(error(0, 0, "%d %d %d %d %d %d", 1, 2, 3, 4, 5, 6));
	RESULT(error_message_count);
	ENDS(error(5, 0, "ends"));
}
CASE(error_at_line)
{
	DONE(error_at_line(0, EPERM, "file", 7, "%s", "text"));
	DONE(error_at_line(0, 0, NULL, 0, "%d %d %d", 1, 2, 3));
	ENDS(error_at_line(6, 0, "file", 8, "ends"));
}
/* Each begins anew: optind of 0. */
static const struct option longs[] = {{"all", no_argument, NULL, 'a'}, {"also", required_argument, NULL, 'b'}, {NULL, 0, NULL, 0}};
static char *words[] = {"hooks", "-a", "-z", "--also", NULL};
CASE(getopt)
{
	DONE(optind = 0);
	RESULT(getopt(4, words, "a"));
	RESULT(getopt(4, words, "a"));
	RESULT(optopt);
	DONE(optind = 0);
	RESULT(getopt(0, NULL, ""));
}
CASE(__posix_getopt)
{
	DONE(optind = 0);
	RESULT(__posix_getopt(4, words, "a"));
	RESULT(__posix_getopt(4, words, ":a"));
}
CASE(getopt_long)
{
	DONE(optind = 0);
	RESULT(getopt_long(4, words, "a", longs, NULL));
	RESULT(getopt_long(4, words, "a", longs, NULL));
	RESULT(getopt_long(4, words, "a", longs, NULL));
	RESULT(getopt_long(4, words, "a", longs, NULL));
	DONE(optind = 0);
	RESULT(getopt_long(4, words, "a", NULL, NULL));
}
CASE(getopt_long_only)
{
	DONE(optind = 0);
	RESULT(getopt_long_only(4, words, "", longs, NULL));
	RESULT(getopt_long_only(4, words, "", longs, NULL));
}
CASE(openlog)
{
	DONE(openlog("ident", LOG_PERROR, LOG_USER));
	DONE(openlog(NULL, 0, LOG_USER));
}
CASE(syslog)
{
	DONE(syslog(LOG_DEBUG, "%d %s %m", 1, "syslog"));
}
CASE(vsyslog)
{
	DONE(listed(to_log, "%d", 1));
}
CASE(__syslog_chk)
{
	DONE(__syslog_chk(LOG_DEBUG, 1, "%d", 1));
}
CASE(__vsyslog_chk)
{
	DONE(listed(checked_to_log, "%d", 1));
}
CASE(write)
{
	RESULT(write(1, "write\n", 6));
	RESULT(write(2, "write\n", 6));
	static const char much[200000];
	RESULT(write(1, much, sizeof(much)));
	RESULT(write(1, "", 0));
	RESULT(write(99, "", 0));
	RESULT(write(-1, "x", 1));
	RESULT(write(1, NULL, 5));
	RESULT(write(1, (void *)1, 5));
}
CASE(__write)
{
	RESULT(__write(1, "__write\n", 8));
}
CASE(writev)
{
	const struct iovec parts[] = {{"a", 1}, {NULL, 0}, {"b\n", 2}};
	RESULT(writev(1, parts, 3));
	static const char much[70000];
	const struct iovec long_parts[] = {{"a", 1}, {(void *)much, sizeof(much)}, {"b\n", 2}};
	RESULT(writev(2, long_parts, 3));
	RESULT(writev(2, parts, 0));
	RESULT(writev(2, parts, -1));
	RESULT(writev(1, NULL, 1));
	RESULT(writev(99, parts, 3));
}

/* Files: descriptors are the lowest free ones, with and without the agent. */
CASE(open)
{
	const int fd = open("/dev/null", O_WRONLY);
	RESULT(fd);
	RESULT(close(fd));
	RESULT(open("/nonexistent/x.log", O_WRONLY));
	RESULT(open(NULL, O_RDONLY));
}
CASE(open64)
{
	RESULT(close(open64("/dev/null", O_RDWR)));
}
CASE(openat)
{
	RESULT(close(openat(AT_FDCWD, "/dev/null", O_RDWR)));
	RESULT(openat(-1, "x", O_RDWR));
}
CASE(openat64)
{
	RESULT(close(openat64(AT_FDCWD, "/dev/null", O_RDWR)));
}
CASE(creat)
{
	RESULT(close(creat("/dev/null", 0600)));
	RESULT(creat("", 0600));
}
CASE(creat64)
{
	RESULT(close(creat64("/dev/null", 0600)));
}
CASE(__open_2)
{
	RESULT(close(__open_2("/dev/null", O_RDWR)));
}
CASE(__open64_2)
{
	RESULT(close(__open64_2("/dev/null", O_RDWR)));
}
CASE(__openat_2)
{
	RESULT(close(__openat_2(AT_FDCWD, "/dev/null", O_RDWR)));
}
CASE(__openat64_2)
{
	RESULT(close(__openat64_2(AT_FDCWD, "/dev/null", O_RDWR)));
}
CASE(fopen)
{
	RESULT(fopen("/nonexistent/x.log", "w") != NULL);
	RESULT(fopen("/dev/null", "?") != NULL);
}
CASE(fopen64)
{
	FILE *file = fopen64("/dev/null", "a+");
	RESULT(fileno(file));
	RESULT(fclose(file));
}
CASE(freopen)
{
	FILE *file = fopen("/dev/null", "w");
	RESULT(fputs("x", file));
	file = freopen("/dev/zero", "r", file);
	RESULT(file != NULL);
	RESULT(freopen("/nonexistent", "r", file) != NULL);
}
CASE(freopen64)
{
	FILE *file = freopen64("/dev/null", "w", fopen("/dev/null", "r"));
	RESULT(fclose(file));
}
CASE(fclose)
{
	FILE *file = fopen("/dev/full", "w");
	RESULT(fputs("x", file));
	RESULT(fclose(file));
}
CASE(dup)
{
	const int fd = dup(0);
	RESULT(fd);
	RESULT(close(fd));
	RESULT(dup(-1));
	RESULT(dup(99));
}
CASE(dup2)
{
	RESULT(dup2(0, 50));
	RESULT(dup2(50, 50));
	RESULT(close(50));
	RESULT(dup2(99, 50));
	RESULT(dup2(0, -1));
}
CASE(dup3)
{
	RESULT(dup3(0, 50, O_CLOEXEC));
	RESULT(dup3(50, 50, 0));
	RESULT(close(50));
}
CASE(close)
{
	RESULT(close(-1));
	RESULT(close(99));
}
/* Above all descriptors that there are. */
CASE(close_range)
{
	RESULT(dup2(0, 60));
	RESULT(close_range(60, 61, 0));
	RESULT(close(60));
	RESULT(close_range(70, 69, 0));
	RESULT(close_range(70, 71, -1));
}
CASE(closefrom)
{
	RESULT(dup2(0, 60));
	DONE(closefrom(60));
	RESULT(close(60));
}
/* Who calls it twice is found out. */
static int printed;
static int print_count(FILE *stream, const struct printf_info *info, const void *const *arguments)
{
	(void)info, (void)arguments;
	return fprintf(stream, "<%d>", ++printed);
}
static int no_arguments(const struct printf_info *info, size_t n, int *types, int *sizes)
{
	(void)info, (void)n, (void)types, (void)sizes;
	return 0;
}
static int no_arguments_old(const struct printf_info *info, size_t n, int *types)
{
	(void)info, (void)n, (void)types;
	return 0;
}
CASE(register_printf_specifier)
{
	RESULT(register_printf_specifier('Y', print_count, no_arguments));
	RESULT(printf("%Y and %Y\n"));
	RESULT(fprintf(stderr, "%Y\n"));
	RESULT(dprintf(2, "%Y\n"));
	DONE(warnx("%Y"));
	DONE(error(0, 0, "%Y"));
	RESULT(printed);
	RESULT(register_printf_specifier(-1, print_count, no_arguments));
}
CASE(register_printf_function)
{
	RESULT(register_printf_function('W', print_count, no_arguments_old));
	RESULT(printf("%W\n"));
	RESULT(printed);
}

const struct hook_case hooks_other[] = {
	ROW(perror),	   ROW(psignal),	ROW(psiginfo),	   ROW(warn),	      ROW(warnx),     ROW(vwarn),
	ROW(vwarnx),	   ROW(err),		ROW(errx),	   ROW(verr),	      ROW(verrx),     ROW(error),
	ROW(error_at_line), ROW(openlog), ROW(getopt), ROW(__posix_getopt), ROW(getopt_long), ROW(getopt_long_only),	ROW(syslog),	   ROW(vsyslog),      ROW(__syslog_chk), ROW(__vsyslog_chk),
	ROW(write),	   ROW(__write),	ROW(writev),	   ROW(open),	      ROW(open64),    ROW(openat),
	ROW(openat64),	   ROW(creat),		ROW(creat64),	   ROW(__open_2),     ROW(__open64_2), ROW(__openat_2),
	ROW(__openat64_2), ROW(fopen),		ROW(fopen64),	   ROW(freopen),      ROW(freopen64), ROW(fclose),
	ROW(dup),	   ROW(dup2),		ROW(dup3),	   ROW(close), ROW(close_range), ROW(closefrom),	      ROW(register_printf_specifier),
	ROW(register_printf_function), {NULL, NULL},
};
