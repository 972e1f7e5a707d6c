/* Descriptors and files, and what a program adds to printf(3). */
#include "hooks.h"
#include "newer_libc.h"

#include <err.h>
#include <error.h>
#include <fcntl.h>
#include <printf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

ssize_t __write(int fd, const void *data, size_t bytes);
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
	RESULT(__write(2, NULL, 8));
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
	RESULT(open64(NULL, O_RDONLY));
}
CASE(openat)
{
	RESULT(close(openat(AT_FDCWD, "/dev/null", O_RDWR)));
	RESULT(openat(-1, "x", O_RDWR));
	RESULT(openat(AT_FDCWD, NULL, O_RDWR));
}
CASE(openat64)
{
	RESULT(close(openat64(AT_FDCWD, "/dev/null", O_RDWR)));
	RESULT(openat64(AT_FDCWD, NULL, O_RDWR));
}
CASE(creat)
{
	RESULT(close(creat("/dev/null", 0600)));
	RESULT(creat("", 0600));
	RESULT(creat(NULL, 0600));
}
CASE(creat64)
{
	RESULT(close(creat64("/dev/null", 0600)));
	RESULT(creat64(NULL, 0600));
}
CASE(__open_2)
{
	RESULT(close(__open_2("/dev/null", O_RDWR)));
	RESULT(__open_2(NULL, O_RDWR));
	FAULTS(__open_2("/dev/null", O_CREAT | O_RDWR)); /* fortified: a mode is missing */
}
CASE(__open64_2)
{
	RESULT(close(__open64_2("/dev/null", O_RDWR)));
	RESULT(__open64_2(NULL, O_RDWR));
	FAULTS(__open64_2("/dev/null", O_CREAT | O_RDWR));
}
CASE(__openat_2)
{
	RESULT(close(__openat_2(AT_FDCWD, "/dev/null", O_RDWR)));
	RESULT(__openat_2(AT_FDCWD, NULL, O_RDWR));
	FAULTS(__openat_2(AT_FDCWD, "/dev/null", O_CREAT | O_RDWR));
}
CASE(__openat64_2)
{
	RESULT(close(__openat64_2(AT_FDCWD, "/dev/null", O_RDWR)));
	RESULT(__openat64_2(AT_FDCWD, NULL, O_RDWR));
	FAULTS(__openat64_2(AT_FDCWD, "/dev/null", O_CREAT | O_RDWR));
}
CASE(fopen)
{
	RESULT(fopen("/nonexistent/x.log", "w") != NULL);
	RESULT(fopen("/dev/null", "?") != NULL);
	RESULT(fopen(NULL, "r") != NULL);
	FAULTS(fopen("/dev/null", NULL));
}
CASE(fopen64)
{
	FILE *file = fopen64("/dev/null", "a+");
	RESULT(fileno(file));
	RESULT(fclose(file));
	RESULT(fopen64(NULL, "r") != NULL);
	FAULTS(fopen64("/dev/null", NULL));
}
CASE(freopen)
{
	FILE *file = fopen("/dev/null", "w");
	RESULT(fputs("x", file));
	file = freopen("/dev/zero", "r", file);
	RESULT(file != NULL);
	RESULT(freopen("/nonexistent", "r", file) != NULL);
	FAULTS(freopen("/dev/null", "r", NULL));
}
CASE(freopen64)
{
	FILE *file = freopen64("/dev/null", "w", fopen("/dev/null", "r"));
	RESULT(fclose(file));
	RESULT(fclose(freopen64(NULL, "w", fopen("/dev/null", "w")))); /* the same file, another mode */
	FAULTS(freopen64("/dev/null", "r", NULL));
}
CASE(fclose)
{
	FILE *file = fopen("/dev/full", "w");
	RESULT(fputs("x", file));
	RESULT(fclose(file));
	FAULTS(fclose(NULL));
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
	RESULT(close_range != NULL);
	if (!close_range)
		return;
	RESULT(dup2(0, 60));
	RESULT(close_range(60, 61, 0));
	RESULT(close(60));
	RESULT(close_range(70, 69, 0));
	RESULT(close_range(70, 71, -1));
}
CASE(closefrom)
{
	RESULT(closefrom != NULL);
	if (!closefrom)
		return;
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
	DONE(syslog(LOG_DEBUG, "%Y"));
	RESULT(printed);
	RESULT(register_printf_specifier('s', print_count, no_arguments));
	DONE(perror("perror"));
	DONE(warnx("warning"));
	RESULT(printed);
	RESULT(register_printf_specifier('s', NULL, NULL));
	RESULT(register_printf_specifier(-1, print_count, no_arguments));
	RESULT(register_printf_specifier('V', NULL, NULL));
}
CASE(register_printf_function)
{
	RESULT(register_printf_function('W', print_count, no_arguments_old));
	RESULT(printf("%W\n"));
	RESULT(printed);
	RESULT(register_printf_function('V', NULL, NULL));
}

const struct hook_case hooks_file[] = {
	ROW(write, POINTER),
	ROW(__write, POINTER),
	ROW(writev, POINTER),
	ROW(open, POINTER),
	ROW(open64, POINTER),
	ROW(openat, POINTER),
	ROW(openat64, POINTER),
	ROW(creat, POINTER),
	ROW(creat64, POINTER),
	ROW(__open_2, POINTER),
	ROW(__open64_2, POINTER),
	ROW(__openat_2, POINTER),
	ROW(__openat64_2, POINTER),
	ROW(fopen, POINTER),
	ROW(fopen64, POINTER),
	ROW(freopen, POINTER),
	ROW(freopen64, POINTER),
	ROW(fclose, POINTER),
	ROW(dup, NO_POINTER),
	ROW(dup2, NO_POINTER),
	ROW(dup3, NO_POINTER),
	ROW(close, NO_POINTER),
	ROW(close_range, NO_POINTER),
	ROW(closefrom, NO_POINTER),
	ROW(register_printf_specifier, POINTER),
	ROW(register_printf_function, POINTER),
	END_OF_ROWS,
};
