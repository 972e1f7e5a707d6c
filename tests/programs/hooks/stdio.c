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
	static int count;
	RESULT(printf("%d%n %s\n", 5, &count, "text"));
	RESULT(count);
	RESULT(printf("%s\n", (char *)NULL));
	RESULT(printf(""));
	RESULT(printf("%f %Lf %c %5000d\n", 1.5, 2.5l, 'c', 7));
	RESULT(printf("%*d\n", 70000, 7)); /* longer than any buffer, or what is kept of a call */
	errno = 2;
	RESULT(printf("%m\n"));
}
CASE(fprintf)
{
	RESULT(fprintf(stdout, "%d\n", 1));
	static int count;
	RESULT(fprintf(stderr, "%d %s%n\n", 1, "error", &count));
	RESULT(count);
	RESULT(fprintf(stderr, "%-20000s|\n", "long"));
	RESULT(fprintf(other(), "%d\n", 1));
	RESULT(fprintf(stdin, "%d\n", 1));
}
CASE(vprintf)
{
	RESULT(listed(vprintf, "%d %s\n", 1, "list"));
}
CASE(vfprintf)
{
	RESULT(listed(to_stderr, "%d %s\n", 1, "list"));
}
CASE(dprintf)
{
	static int count;
	RESULT(dprintf(1, "%d%n\n", 1, &count));
	RESULT(count);
	RESULT(dprintf(2, "%30000d\n", 1));
	RESULT(dprintf(99, "%d\n", 1));
	RESULT(dprintf(-1, "%d\n", 1));
}
CASE(vdprintf)
{
	RESULT(listed(to_fd, "%d\n", 2));
}
CASE(__printf_chk)
{
	RESULT(__printf_chk(1, "%d %s\n", 1, "checked"));
}
CASE(__fprintf_chk)
{
	RESULT(__fprintf_chk(stderr, 1, "%d\n", 1));
	RESULT(__fprintf_chk(other(), 1, "%d\n", 1));
}
CASE(__vprintf_chk)
{
	RESULT(listed(checked, "%d\n", 1));
}
CASE(__vfprintf_chk)
{
	RESULT(listed(checked_to_stderr, "%d\n", 1));
}
CASE(__dprintf_chk)
{
	RESULT(__dprintf_chk(1, 1, "%d\n", 1));
}
CASE(__vdprintf_chk)
{
	RESULT(listed(checked_to_fd, "%d\n", 1));
}
CASE(puts)
{
	static char line[40000];
	RESULT(puts("puts"));
	memset(line, 'p', sizeof(line) - 1);
	RESULT(puts(line));
	RESULT(puts(""));
}
CASE(fputs)
{
	RESULT(fputs("fputs\n", stdout));
	RESULT(fputs("fputs\n", stderr));
	RESULT(fputs("", stdout));
	RESULT(fputs("x", other()));
	RESULT(fputs("x", stdin));
}
CASE(fputs_unlocked)
{
	RESULT(fputs_unlocked("unlocked\n", stdout));
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
}
CASE(fwrite_unlocked)
{
	RESULT(fwrite_unlocked("abc\n", 1, 4, stdout));
}
CASE(fputc)
{
	RESULT(fputc('a', stdout));
	RESULT(fputc('\n', stderr));
	RESULT(fputc(0x1ff, stdout));
	RESULT(fputc('x', stdin));
}
CASE(putc)
{
	RESULT((putc)('b', stdout));
}
CASE(_IO_putc)
{
	RESULT(_IO_putc('c', stdout));
}
CASE(putchar)
{
	RESULT((putchar)('\n'));
}
CASE(fputc_unlocked)
{
	RESULT((fputc_unlocked)('d', stdout));
}
CASE(putc_unlocked)
{
	RESULT((putc_unlocked)('e', stderr));
}
CASE(putchar_unlocked)
{
	RESULT((putchar_unlocked)('\n'));
}
CASE(__overflow)
{
	RESULT(__overflow(stdout, 'o'));
	RESULT(__overflow(stdout, EOF));
}
CASE(putw)
{
	RESULT(putw(0x0a616161, stdout));
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
}
CASE(fseeko)
{
	RESULT(fseeko(other(), 0, SEEK_SET));
}
CASE(fseeko64)
{
	RESULT(fseeko64(other(), 0, SEEK_CUR));
}
CASE(fsetpos)
{
	fpos_t position;
	RESULT(fgetpos(other(), &position));
	RESULT(fsetpos(other(), &position));
}
CASE(fsetpos64)
{
	fpos64_t position;
	RESULT(fgetpos64(other(), &position));
	RESULT(fsetpos64(other(), &position));
}
CASE(rewind)
{
	DONE(rewind(other()));
}
CASE(setvbuf)
{
	RESULT(setvbuf(other(), NULL, _IOLBF, 0));
	RESULT(setvbuf(other(), NULL, 99, 0));
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
}
CASE(fcloseall)
{
	ENDS(_exit(fcloseall()));
}

const struct hook_case hooks_stdio[] = {
	ROW(printf),	     ROW(fprintf),	 ROW(vprintf),	     ROW(vfprintf),	ROW(dprintf),	     ROW(vdprintf),
	ROW(__printf_chk),   ROW(__fprintf_chk), ROW(__vprintf_chk), ROW(__vfprintf_chk), ROW(__dprintf_chk),  ROW(__vdprintf_chk),
	ROW(puts),	     ROW(fputs),	 ROW(fputs_unlocked), ROW(fwrite),	ROW(fwrite_unlocked), ROW(fputc),
	ROW(putc),	     ROW(_IO_putc),	 ROW(putchar),	     ROW(fputc_unlocked), ROW(putc_unlocked), ROW(putchar_unlocked),
	ROW(__overflow),     ROW(putw),		 ROW(fflush),	     ROW(fflush_unlocked), ROW(fseek),	     ROW(fseeko),
	ROW(fseeko64),	     ROW(fsetpos),	 ROW(fsetpos64),     ROW(rewind),	ROW(setvbuf),	     ROW(setbuf),
	ROW(setbuffer),	     ROW(setlinebuf),	 ROW(fcloseall),     {NULL, NULL},
};
