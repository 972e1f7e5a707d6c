/* stdio: formatted, unformatted, and what empties a buffer. */
#include "hooks.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int __printf_chk(int flag, const char *format, ...);
int __fprintf_chk(FILE *stream, int flag, const char *format, ...);
int __vprintf_chk(int flag, const char *format, va_list arguments);
int __vfprintf_chk(FILE *stream, int flag, const char *format, va_list arguments);
int __dprintf_chk(int fd, int flag, const char *format, ...);
int __vdprintf_chk(int fd, int flag, const char *format, va_list arguments);
int __overflow(FILE *stream, int c);
int _IO_putc(int c, FILE *stream);

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-overflow"
#pragma GCC diagnostic ignored "-Wnonnull"

static int counted;
/* Text, until its length is stored there: who formats twice stores something else. */
static union {
	char text[sizeof(int)];
	int length;
} both;
#define BEGIN_BOTH memcpy(both.text, "abc", sizeof(both.text))
static char writable[] = "%d%n";
static va_list no_arguments;

/* A call that takes a list, from arguments. */
static int listed(int (*call)(const char *, va_list), const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	const int result = call(format, arguments);
	va_end(arguments);
	return result;
}

static int to_stderr(const char *format, va_list arguments)
{
	return vfprintf(stderr, format, arguments);
}

static int to_fd(const char *format, va_list arguments)
{
	return vdprintf(1, format, arguments);
}

static int checked(const char *format, va_list arguments)
{
	return __vprintf_chk(1, format, arguments);
}

static int checked_to_stderr(const char *format, va_list arguments)
{
	return __vfprintf_chk(stderr, 1, format, arguments);
}

static int checked_to_fd(const char *format, va_list arguments)
{
	return __vdprintf_chk(2, 1, format, arguments);
}

static FILE *other(void)
{
	static FILE *file;
	if (!file)
		file = fopen("/dev/null", "w");
	return file;
}

CASE(printf)
{
	RESULT(printf("%d%n %s\n", 5, &counted, "text"));
	RESULT(counted);
	RESULT(printf("%s\n", (char *)NULL));
	RESULT(printf(""));
	RESULT(printf("%f %Lf %c %5000d\n", 1.5, 2.5l, 'c', 7));
	RESULT(printf("%*d\n", 70000, 7)); /* longer than any buffer, or what is kept of a call */
	errno = 2;
	RESULT(printf("%m\n"));
	DONE(BEGIN_BOTH);
	RESULT(printf("%s%1$n\n", both.text));
	RESULT(both.length);
	FAULTS(printf("%s%n", "x", (int *)NULL));
	RESULT(printf(NULL));
}
CASE(fprintf)
{
	RESULT(fprintf(stdout, "%d\n", 1));
	RESULT(fprintf(stderr, "%d %s%n\n", 1, "error", &counted));
	RESULT(counted);
	DONE(BEGIN_BOTH);
	RESULT(fprintf(stderr, "%f %%n %-5s%hn\n", 1.5, both.text, (short *)&both.length));
	RESULT(both.length);
	RESULT(fprintf(stderr, "%-20000s|\n", "long"));
	RESULT(fprintf(other(), "%d\n", 1));
	RESULT(fprintf(stdin, "%d\n", 1));
	FAULTS(fprintf(NULL, "%d", 1));
	RESULT(fprintf(stderr, NULL));
}
CASE(vprintf)
{
	RESULT(listed(vprintf, "%d %s\n", 1, "list"));
	RESULT(listed(vprintf, "%d%n\n", 1, &counted));
	RESULT(counted);
	RESULT(vprintf(NULL, no_arguments));
}
CASE(vfprintf)
{
	RESULT(listed(to_stderr, "%d %s\n", 1, "list"));
	RESULT(listed(to_stderr, "%d%n\n", 12, &counted));
	RESULT(counted);
	RESULT(listed(to_stderr, NULL));
	FAULTS(vfprintf(NULL, "x", no_arguments));
}
CASE(dprintf)
{
	RESULT(dprintf(1, "%d%n\n", 1, &counted));
	RESULT(counted);
	DONE(BEGIN_BOTH);
	RESULT(dprintf(2, "%2$*1$s%3$n\n", 9, both.text, &both.length));
	RESULT(both.length);
	RESULT(dprintf(2, "%30000d\n", 1));
	RESULT(dprintf(99, "%d\n", 1));
	RESULT(dprintf(-1, "%d\n", 1));
	FAULTS(dprintf(1, NULL)); /* from glibc 2.41 on it does */
}
CASE(vdprintf)
{
	RESULT(listed(to_fd, "%d\n", 2));
	RESULT(listed(to_fd, "%d%n\n", 123, &counted));
	RESULT(counted);
	FAULTS(listed(to_fd, NULL));
}
CASE(__printf_chk)
{
	RESULT(__printf_chk(1, "%d %s\n", 1, "checked"));
	RESULT(__printf_chk(1, "%d%n\n", 1, &counted));
	RESULT(counted);
	RESULT(__printf_chk(1, NULL));
	FAULTS(__printf_chk(1, writable, 1, &counted)); /* fortified: no %n from there */
}
CASE(__fprintf_chk)
{
	RESULT(__fprintf_chk(stderr, 1, "%d\n", 1));
	RESULT(__fprintf_chk(other(), 1, "%d\n", 1));
	RESULT(__fprintf_chk(stderr, 1, "%d%n\n", 12, &counted));
	RESULT(counted);
	FAULTS(__fprintf_chk(NULL, 1, "x"));
	FAULTS(__fprintf_chk(stderr, 1, writable, 1, &counted));
}
CASE(__vprintf_chk)
{
	RESULT(listed(checked, "%d\n", 1));
	RESULT(listed(checked, "%d%n\n", 1, &counted));
	RESULT(counted);
	RESULT(listed(checked, NULL));
	FAULTS(listed(checked, writable, 1, &counted));
}
CASE(__vfprintf_chk)
{
	RESULT(listed(checked_to_stderr, "%d\n", 1));
	RESULT(listed(checked_to_stderr, "%d%n\n", 12, &counted));
	RESULT(counted);
	RESULT(listed(checked_to_stderr, NULL));
	FAULTS(listed(checked_to_stderr, writable, 1, &counted));
}
CASE(__dprintf_chk)
{
	RESULT(__dprintf_chk(1, 1, "%d\n", 1));
	RESULT(__dprintf_chk(1, 1, "%d%n\n", 1, &counted));
	RESULT(counted);
	FAULTS(__dprintf_chk(1, 1, NULL));
	FAULTS(__dprintf_chk(1, 1, writable, 1, &counted));
}
CASE(__vdprintf_chk)
{
	RESULT(listed(checked_to_fd, "%d\n", 1));
	RESULT(listed(checked_to_fd, "%d%n\n", 12, &counted));
	RESULT(counted);
	FAULTS(listed(checked_to_fd, NULL));
	FAULTS(listed(checked_to_fd, writable, 1, &counted));
}
CASE(puts)
{
	static char line[40000];
	RESULT(puts("puts"));
	memset(line, 'p', sizeof(line) - 1);
	RESULT(puts(line));
	RESULT(puts(""));
	FAULTS(puts(NULL));
}
CASE(fputs)
{
	RESULT(fputs("fputs\n", stdout));
	RESULT(fputs("fputs\n", stderr));
	RESULT(fputs("", stdout));
	RESULT(fputs("x", other()));
	RESULT(fputs("x", stdin));
	FAULTS(fputs(NULL, stdout));
	FAULTS(fputs("x", NULL));
}
CASE(fputs_unlocked)
{
	RESULT(fputs_unlocked("unlocked\n", stdout));
	FAULTS(fputs_unlocked(NULL, stderr));
	FAULTS(fputs_unlocked("x", NULL));
}
CASE(fwrite)
{
	RESULT(fwrite("abc", 1, 3, stdout));
	static const char zeros[100000];
	RESULT(fwrite("abc", 3, 1, stderr));
	RESULT(fwrite(zeros, 1000, 100, stdout));
	RESULT(fwrite(NULL, 0, 5, stdout));
	RESULT(fwrite(NULL, 5, 0, stdout));
	RESULT(fwrite("x", 1, 1, stdin));
	FAULTS(fwrite(NULL, 1, 3, stderr));
	FAULTS(fwrite("x", 1, 1, NULL));
}
CASE(fwrite_unlocked)
{
	RESULT(fwrite_unlocked("abc\n", 1, 4, stdout));
	RESULT(fwrite_unlocked(NULL, 0, 1, stdout));
	FAULTS(fwrite_unlocked(NULL, 1, 3, stderr));
	FAULTS(fwrite_unlocked("x", 1, 1, NULL));
}
CASE(fputc)
{
	RESULT(fputc('a', stdout));
	RESULT(fputc('\n', stderr));
	RESULT(fputc(0x1ff, stdout));
	RESULT(fputc('x', stdin));
	FAULTS(fputc('x', NULL));
}
CASE(putc)
{
	RESULT((putc)('b', stdout));
	FAULTS((putc)('x', NULL));
}
CASE(_IO_putc)
{
	RESULT(_IO_putc('c', stdout));
	FAULTS(_IO_putc('x', NULL));
}
CASE(putchar)
{
	RESULT((putchar)('\n'));
}
CASE(fputc_unlocked)
{
	RESULT((fputc_unlocked)('d', stdout));
	FAULTS((fputc_unlocked)('x', NULL));
}
CASE(putc_unlocked)
{
	RESULT((putc_unlocked)('e', stderr));
	FAULTS((putc_unlocked)('x', NULL));
}
CASE(putchar_unlocked)
{
	RESULT((putchar_unlocked)('\n'));
}
CASE(__overflow)
{
	RESULT(__overflow(stdout, 'o'));
	RESULT(__overflow(stdout, EOF));
	FAULTS(__overflow(NULL, 'x'));
}
CASE(putw)
{
	RESULT(putw(0x0a616161, stdout));
	FAULTS(putw(1, NULL));
}
CASE(fflush)
{
	RESULT(fflush(stdout));
	RESULT(fflush(stdin));
	RESULT(fflush(NULL));
}
CASE(fflush_unlocked)
{
	RESULT(fflush_unlocked(stdout));
	RESULT(fflush_unlocked(NULL));
}
CASE(fseek)
{
	RESULT(fseek(other(), 0, SEEK_SET));
	RESULT(fseek(other(), 0, 77));
	FAULTS(fseek(NULL, 0, SEEK_SET));
}
CASE(fseeko)
{
	RESULT(fseeko(other(), 0, SEEK_SET));
	FAULTS(fseeko(NULL, 0, SEEK_SET));
}
CASE(fseeko64)
{
	RESULT(fseeko64(other(), 0, SEEK_CUR));
	FAULTS(fseeko64(NULL, 0, SEEK_SET));
}
CASE(fsetpos)
{
	fpos_t position;
	RESULT(fgetpos(other(), &position));
	RESULT(fsetpos(other(), &position));
	FAULTS(fsetpos(other(), NULL));
}
CASE(fsetpos64)
{
	fpos64_t position;
	RESULT(fgetpos64(other(), &position));
	RESULT(fsetpos64(other(), &position));
	FAULTS(fsetpos64(other(), NULL));
}
CASE(rewind)
{
	DONE(rewind(other()));
	FAULTS(rewind(NULL));
}
CASE(setvbuf)
{
	RESULT(setvbuf(other(), NULL, _IOLBF, 0));
	RESULT(setvbuf(other(), NULL, 99, 0));
	FAULTS(setvbuf(NULL, NULL, _IONBF, 0));
}
CASE(setbuf)
{
	DONE(setbuf(other(), NULL));
}
CASE(setbuffer)
{
	DONE(setbuffer(other(), NULL, 0));
}
CASE(setlinebuf)
{
	DONE(setlinebuf(other()));
	FAULTS(setlinebuf(NULL));
}
CASE(fcloseall)
{
	ENDS(_exit(fcloseall()));
}

const struct hook_case hooks_stdio[] = {
	ROW(printf, FORMAT),
	ROW(fprintf, FORMAT),
	ROW(vprintf, FORMAT),
	ROW(vfprintf, FORMAT),
	ROW(dprintf, FORMAT),
	ROW(vdprintf, FORMAT),
	ROW(__printf_chk, FORMAT),
	ROW(__fprintf_chk, FORMAT),
	ROW(__vprintf_chk, FORMAT),
	ROW(__vfprintf_chk, FORMAT),
	ROW(__dprintf_chk, FORMAT),
	ROW(__vdprintf_chk, FORMAT),
	ROW(puts, POINTER),
	ROW(fputs, POINTER),
	ROW(fputs_unlocked, POINTER),
	ROW(fwrite, POINTER),
	ROW(fwrite_unlocked, POINTER),
	ROW(fputc, POINTER),
	ROW(putc, POINTER),
	ROW(_IO_putc, POINTER),
	ROW(putchar, NO_POINTER),
	ROW(fputc_unlocked, POINTER),
	ROW(putc_unlocked, POINTER),
	ROW(putchar_unlocked, NO_POINTER),
	ROW(__overflow, POINTER),
	ROW(putw, POINTER),
	ROW(fflush, POINTER),
	ROW(fflush_unlocked, POINTER),
	ROW(fseek, POINTER),
	ROW(fseeko, POINTER),
	ROW(fseeko64, POINTER),
	ROW(fsetpos, POINTER),
	ROW(fsetpos64, POINTER),
	ROW(rewind, POINTER),
	ROW(setvbuf, POINTER),
	ROW(setbuf, POINTER),
	ROW(setbuffer, POINTER),
	ROW(setlinebuf, POINTER),
	ROW(fcloseall, NO_POINTER),
	END_OF_ROWS,
};
