/*
 * musl_speak said|one_by_one|messages|thread|overflow|assert|child|log|ends - a program of musl: speaks, and dies as it is told.
 *
 * test_musl.c compares what was recorded with what came out.
 */
#include <assert.h>
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

static void by_list(FILE *stream, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vfprintf(stream, format, arguments);
	va_end(arguments);
}

static void say(void)
{
	printf("printf %d %s %.2f\n", 42, "text", 1.5);
	errno = ENOENT;
	fprintf(stderr, "fprintf %m\n");
	by_list(stdout, "vfprintf %c\n", 'v');
	puts("puts");
	fputs("fputs\n", stdout);
	fwrite("fwrite\n", 1, 7, stdout);
	fflush(stdout);
	write(1, "write\n", 6);
	writev(2, &(struct iovec){"writev\n", 7}, 1);
	dprintf(2, "dprintf %d\n", 7);
	syslog(LOG_WARNING, "syslog %d", 7);
	for (unsigned i = 0; i < 3000; i++)
		putchar(i == 2999 ? '\n' : 'a' + (int)(i % 26));
	fflush(stdout);
}

static void say_one_by_one(void)
{
	for (const char *at = "putchar\n"; *at; at++)
		putchar(*at);
	for (const char *at = "fputc"; *at; at++)
		fputc(*at, stderr);
	fputs(" then fputs\n", stderr);
	putc_unlocked('!', stderr);
}

static void complain(void)
{
	errno = ENOENT;
	perror("perror");
	errno = EACCES;
	warn("warn %d", 1);
	warnx("warnx %d", 2);
	errno = ENOENT;
	fprintf(stderr, "with %m\n");
}

static void *die_in_thread(void *unused)
{
	fputs("thread\n", stderr);
	fputc('x', stderr);
	*(volatile int *)8 = 1;
	return unused;
}

static __attribute__((noinline)) int deeper(volatile char *from)
{
	volatile char room[4096];
	room[0] = from[0];
	return from[0] == 2 ? 0 : deeper(room) + room[0];
}

static void *overflow(void *unused)
{
	char one = 1;
	return deeper(&one) ? unused : NULL;
}

static void in_thread(void *(*body)(void *))
{
	pthread_t thread;
	pthread_create(&thread, NULL, body, NULL);
	pthread_join(thread, NULL);
}

/* The child dies. */
static void make_child(void)
{
	const pid_t child = fork();
	if (child == 0) {
		fputs("child\n", stderr);
		*(volatile int *)8 = 1;
	}
	waitpid(child, NULL, 0);
	_exit(0);
}

static void write_log(void)
{
	FILE *log = fopen("said.log", "a");
	fprintf(log, "logged %d\n", 1);
	fclose(log);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	if (strcmp(what, "said") == 0)
		say();
	else if (strcmp(what, "one_by_one") == 0)
		say_one_by_one();
	else if (strcmp(what, "messages") == 0)
		complain();
	else if (strcmp(what, "thread") == 0)
		in_thread(die_in_thread);
	else if (strcmp(what, "overflow") == 0)
		in_thread(overflow);
	else if (strcmp(what, "assert") == 0)
		assert(argc == 0);
	else if (strcmp(what, "child") == 0)
		make_child();
	else if (strcmp(what, "log") == 0)
		write_log();
	else if (strcmp(what, "ends") == 0)
		errx(3, "errx");
	abort();
}
