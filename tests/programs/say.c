/*
 * say wide|characters|messages|signals|ends|files|descriptors|rotation|child|log|unexpected|rest - speaks through calls that are less common, and exits with 0.
 *
 * test_say.c compares what was recorded with what came out.
 */
#include "newer_libc.h"

#include <assert.h>
#include <err.h>
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>
#include <wchar.h>

static void by_list(FILE *stream, const wchar_t *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vfwprintf(stream, format, arguments);
	va_end(arguments);
}

static void say_wide(void)
{
	wprintf(L"wide %d äöü %ls €\n", 1, L"☃");
	fputws(L"fputws\n", stdout);
	fwprintf(stdout, L"%d numbers %f\n", 2, 2.5);
	by_list(stdout, L"by list %s\n", "narrow");
	fwprintf(stdout, L"%0900d\n", 7);
	fwprintf(stderr, L"wide on standard error %lc\n", L'é');
	fputws(L"no line end", stdout);
}

static void say_characters(void)
{
	for (const wchar_t *c = L"characters, ☃\none by one\n"; *c; c++)
		putwchar(*c);
	for (int i = 0; i < 3000; i++)
		putwc(L'ä', stdout);
	fputwc(L'\n', stdout);
	putwchar_unlocked(L'x');
	fflush(stdout);
	fputws_unlocked(L" unlocked\n", stdout);
}

static void say_messages(void)
{
	errno = ENOENT;
	warn("cannot open %s %d %.1f", "x", 3, 2.5);
	warn(NULL);
	warnx("warnx %d", 1);
	warnx("no arguments");
	error(0, EACCES, "error %s %d %g %g %g %g %g %g %g %g %g", "one", 2, .1, .2, .3, .4, .5, .6, .7, .8, .9);
	error(0, 0, "%d %d %d %d %d %d %d", 1, 2, 3, 4, 5, 6, 7);
	error_at_line(0, EPERM, "file.c", 12, "at line %d", 7);
	error_at_line(0, 0, NULL, 0, "without a file");
	errno = EPIPE;
	error(0, 0, "errno is %m");
	psignal(SIGSEGV, "psignal");
	psignal(SIGTERM, NULL);
	errno = EBUSY;
	perror("perror");
	perror(NULL);
}

/* All that psiginfo(3) has words for, and some that it has none for. */
static void say_signals(void)
{
	const int numbers[] = {SIGILL, SIGFPE, SIGSEGV, SIGBUS,   SIGTRAP,      SIGCHLD,       SIGPOLL,  SIGABRT, SIGTERM,
			       0,      32,     33,      SIGRTMIN, SIGRTMIN + 1, SIGRTMAX - 14, SIGRTMAX, 999,     -1};
	siginfo_t info = {.si_pid = 12, .si_uid = 34};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		for (info.si_code = -8; info.si_code < 12; info.si_code++) {
			info.si_signo = numbers[i];
			psiginfo(&info, "psiginfo");
		}
	}
	psignal(999, "psignal");
	psignal(SIGRTMIN, "");
	info = (siginfo_t){.si_signo = SIGSEGV, .si_code = SI_KERNEL};
	psiginfo(&info, NULL);
	info.si_code = SI_ASYNCNL;
	info.si_addr = (void *)0x1234;
	psiginfo(&info, "");
}

/* What an inlined putc_unlocked() leaves in the buffer when that is emptied in other ways than by fflush(3). */
static void say_ends(void)
{
	for (const char *c = "before a seek\n"; *c; c++)
		putc_unlocked(*c, stdout);
	fputc_unlocked('u', stdout);
	fseek(stdout, 0, SEEK_CUR);
	putc_unlocked('s', stdout);
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	putc_unlocked('\n', stdout);
	putw(0x0a646362, stdout);
	rewind(stdout);
	for (const char *c = "at the end"; *c; c++)
		putc_unlocked(*c, stdout);
}

/* Dies with text in the buffer that no call has brought there. */
static void say_rest(void)
{
	printf("a line\n");
	for (const char *c = "and the beginning of another"; *c; c++)
		putc_unlocked(*c, stdout);
	abort();
}

static void say_to(FILE *stream, int n)
{
	if (!stream)
		exit(9);
	fprintf(stream, "stream %d\n", n);
	fputs("fputs\n", stream);
	putc('c', stream);
	fwrite("fwrite\n", 1, 7, stream);
}

static void say_files(void)
{
	FILE *stream = fopen("stream.log", "a"), *other = fopen("other.txt", "w");
	say_to(stream, 1);
	say_to(other, 2);
	fclose(other);
	fclose(stream);
	stream = fopen("stream.log", "a"); /* as a program does that opens its log for each line */
	say_to(stream, 3);
	stream = freopen("again.log", "w", stream);
	say_to(stream, 4);
	fclose(stream);
	stream = fopen("stream.log", "r");
	fclose(stream);
	other = fopen("data.bin", "w"); /* has the log's number now */
	say_to(other, 5);
	fclose(other);
}

static void put(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		exit(8);
}

static void say_descriptors(void)
{
	struct iovec parts[] = {{"in ", 3}, {"parts\n", 6}};
	const int first = open("first.log", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600), copy = dup(first);
	put(first, "first\n");
	close(first);
	put(copy, "copy\n");
	dup2(copy, 100);
	close(copy);
	const int reused = openat(AT_FDCWD, "data.bin", O_WRONLY | O_CREAT, 0600);
	put(reused, "data\n");
	put(100, "number 100\n");
	if (writev(100, parts, 2) < 0 || dprintf(100, "dprintf %d\n", 1) < 0)
		exit(7);
	dup2(reused, 100);
	put(100, "data\n");
}

static int open_log(const char *name, int flags)
{
	return open(name, O_WRONLY | O_CREAT | flags, 0600);
}

/* The number of a closed log goes to something else that no hook sees: what is written there is none of the log's. */
static void reuse(int fd)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 || ends[0] != fd)
		exit(6);
	put(ends[0], "no log\n");
	close(ends[0]);
	close(ends[1]);
}

static void say_rotation(void)
{
	int fd = open_log("rotated.log", O_APPEND);
	put(fd, "renamed\n");
	rename("rotated.log", "rotated.log.1");
	put(fd, "after the renaming\n");
	close(fd);
	fd = open_log("rotated.log", O_APPEND);
	put(fd, "reopened\n");
	const int cut = open_log("rotated.log", O_TRUNC);
	put(cut, "cut off\n");
	const int over = open_log("next.log", O_APPEND);
	dup2(over, fd); /* as nginx and apache do, so that all who hold the number go on in the new file */
	close(over);
	put(fd, "by dup2\n");
	close(cut);
	close(fd);
	reuse(fd);
	fd = open_log("next.log", O_APPEND);
	close_range ? close_range((unsigned)fd, (unsigned)fd, 0) : close(fd);
	reuse(fd);
	fd = open_log("next.log", O_APPEND);
	closefrom ? closefrom(fd) : (void)close(fd);
	reuse(fd);
	fd = open_log("next.log", O_APPEND);
	const int null = open("/dev/null", O_WRONLY);
	dup2(null, fd);
	put(fd, "no log\n");
	FILE *stream = fdopen(open_log("next.log", O_APPEND), "a");
	fprintf(stream, "by a stream\n");
	fclose(stream);
}

/* A forked child goes on in the same file; it dies. */
static void say_child(void)
{
	const int fd = open_log("shared.log", O_APPEND);
	put(fd, "parent\n");
	if (fork() == 0) {
		put(fd, "child\n");
		raise(SIGSEGV);
	}
	wait(NULL);
	put(fd, "parent again\n");
}

/* The log prints to standard error, too. */
static void say_log(void)
{
	openlog("say", LOG_PERROR, LOG_USER);
	syslog(LOG_ERR, "to both %d", 1);
	closelog();
	fprintf(stderr, "behind it\n");
}

static void say_unexpected(void)
{
	assert_perror(EACCES);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*say)(void);
	} ways[] = {{"wide", say_wide},   {"characters", say_characters},   {"messages", say_messages}, {"ends", say_ends},
		    {"files", say_files}, {"descriptors", say_descriptors}, {"rest", say_rest},         {"rotation", say_rotation},
		    {"log", say_log},     {"unexpected", say_unexpected},   {"child", say_child},       {"signals", say_signals}};
	setlocale(LC_ALL, "C.UTF-8");
	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].name, argv[1]) == 0) {
			ways[i].say();
			return 0;
		}
	}
	return 2;
}
