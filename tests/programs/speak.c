/*
 * speak [exit|lines|small|unbuffered] - says one line through every call that the agent captures, then aborts (or exits with 0).
 *
 * Each text names its call; test_speak.c holds the same list. Built plain, and with -O2 -D_FORTIFY_SOURCE=2, where the compiler
 * puts the _chk variants in the place of these calls.
 */
#include "victim.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <syslog.h>

#define CHECK(call)                                                                                                                \
	do {                                                                                                                       \
		if ((call) < 0)                                                                                                    \
			exit(9);                                                                                                   \
	} while (0)

__attribute__((format(printf, 2, 3))) static void by_list(FILE *stream, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	if (stream == stdout)
		CHECK(vprintf(format, arguments));
	else
		CHECK(vfprintf(stream, format, arguments));
	va_end(arguments);
}

__attribute__((format(printf, 2, 3))) static void by_descriptor(int fd, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	CHECK(vdprintf(fd, format, arguments));
	va_end(arguments);
}

__attribute__((format(printf, 2, 3))) static void to_log(int priority, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsyslog(priority, format, arguments);
	va_end(arguments);
}

static void speak_stdout(void)
{
	volatile int number = 1;
	CHECK(printf("printf %d\n", number));
	by_list(stdout, "vprintf %d\n", number + 1);
	CHECK(fprintf(stdout, "fprintf stdout %d\n", number + 2));
	CHECK(puts("puts"));
	CHECK(fputs("fputs stdout\n", stdout));
	for (const char *c = "putc stdout\n"; *c; c++)
		CHECK(putc(*c, stdout));
	for (const char *c = "putchar\n"; *c; c++)
		CHECK(putchar(*c));
	CHECK(fwrite("fwrite stdout\n", 14, 1, stdout) == 1 ? 0 : -1);
	CHECK(fflush(stdout));
}

static void speak_stderr(void)
{
	volatile int number = 1;
	CHECK(fprintf(stderr, "fprintf stderr %d\n", number));
	by_list(stderr, "vfprintf stderr %d\n", number + 1);
	CHECK(fputs("fputs stderr\n", stderr));
	CHECK(fwrite("fwrite stderr\n", 1, 14, stderr) == 14 ? 0 : -1);
	errno = ENOENT;
	perror("perror");
}

static void speak_descriptors(void)
{
	struct iovec parts[] = {{"writev ", 7}, {"of three ", 9}, {"parts\n", 6}};
	CHECK(write(1, "write 1\n", 8));
	CHECK(write(2, "write 2\n", 8));
	CHECK(writev(1, parts, 3));
	CHECK(dprintf(1, "dprintf %d\n", 1));
	by_descriptor(2, "vdprintf %d\n", 2);
}

static void speak_syslog(void)
{
	openlog("speak", 0, LOG_USER);
	errno = EACCES;
	syslog(LOG_ERR, "syslog error %d: %m", 1);
	syslog(LOG_WARNING, "syslog warning");
	syslog(LOG_INFO, "syslog info");
	syslog(LOG_DEBUG, "syslog debug");
	to_log(LOG_CRIT, "vsyslog critical %s", "text");
	closelog();
}

/* Into memory, which nobody hears: also where what the stream is made of held a 1 before, which would be standard output's number. */
static void speak_to_nobody(void)
{
	enum { CHUNKS = 32, WORDS = 20 };
	unsigned *volatile chunks[CHUNKS];
	char *text;
	size_t bytes;
	for (size_t i = 0; i < CHUNKS; i++) {
		chunks[i] = malloc(WORDS * (i + 1) * sizeof(**chunks));
		for (size_t word = 0; word < WORDS * (i + 1); word++)
			chunks[i][word] = 1;
	}
	for (size_t i = 0; i < CHUNKS; i++)
		free(chunks[i]);
	FILE *memory = open_memstream(&text, &bytes);
	CHECK(memory ? fprintf(memory, "fprintf %d\n", 0) : -1);
	CHECK(fputs("fputs\n", memory));
	CHECK(fclose(memory));
	CHECK(strcmp(text, "fprintf 0\nfputs\n") == 0 ? 0 : -1);
	free(text);
	setlogmask(LOG_UPTO(LOG_INFO));
	syslog(LOG_DEBUG, "masked");
}

/* How standard output is buffered: as it comes, by lines, in a buffer too small for a line, or not at all. */
static void set_buffer(const char *mode)
{
	static char small[8];
	if (strcmp(mode, "lines") == 0)
		setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	else if (strcmp(mode, "small") == 0)
		setvbuf(stdout, small, _IOFBF, sizeof(small));
	else if (strcmp(mode, "unbuffered") == 0)
		setvbuf(stdout, NULL, _IONBF, 0);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	set_buffer(mode);
	speak_stdout();
	speak_stderr();
	speak_descriptors();
	speak_syslog();
	speak_to_nobody();
	if (strcmp(mode, "exit") == 0)
		return 0;
	abort();
}
