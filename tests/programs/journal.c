/*
 * journal - speaks to the systemd journal through libsystemd.
 *
 * Built as a program, and as a shared object for load.c, which calls speak(). No journal has to run: libsystemd then drops what it is given.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/uio.h>
#include <syslog.h>

int speak(void);

/* <systemd/sd-journal.h>, without the package that brings it. */
int sd_journal_print(int priority, const char *format, ...);
int sd_journal_send(const char *format, ...);
int sd_journal_sendv(const struct iovec *fields, int count);
int sd_journal_perror(const char *message);
int sd_journal_print_with_location(int priority, const char *file, const char *line, const char *function, const char *format, ...);
int sd_journal_send_with_location(const char *file, const char *line, const char *function, const char *format, ...);
int sd_journal_printv(int priority, const char *format, va_list arguments);
int sd_journal_printv_with_location(int priority, const char *file, const char *line, const char *function, const char *format,
				    va_list arguments);
int sd_journal_sendv_with_location(const char *file, const char *line, const char *function, const struct iovec *fields, int count);
int sd_journal_perror_with_location(const char *file, const char *line, const char *function, const char *message);

#define HERE "CODE_FILE=f.c", "CODE_LINE=9", "main"

__attribute__((format(printf, 1, 2))) static int print_list(const char *format, ...)
{
	va_list arguments, again;
	va_start(arguments, format);
	va_copy(again, arguments);
	int result = sd_journal_printv(LOG_WARNING, format, arguments);
	result |= sd_journal_printv_with_location(LOG_ERR, HERE, format, again);
	va_end(again);
	va_end(arguments);
	return result;
}

/* As wrappers of other languages and of <systemd/sd-journal.h> call it. */
static int speak_otherwise(void)
{
	const struct iovec fields[] = {{"MESSAGE=vector at", 17}, {"KEY=other", 9}};
	int result = print_list("list of %d, %s", 2, "three");
	result |= sd_journal_sendv_with_location(HERE, fields, 2);
	errno = EPERM;
	result |= sd_journal_perror_with_location(HERE, "");
	result |= sd_journal_send("MESSAGE=long %Lf %c %p", 2.5L, 'x', NULL, "NEXT=%s", "behind it", NULL);
	return result;
}

int speak(void)
{
	const struct iovec fields[] = {{"MESSAGE=by vector", 17}, {"PRIORITY=2", 10}, {"KEY=value", 9}, {"EMPTY=", 6}, {"bad", 3}};
	int result = sd_journal_print(LOG_ERR, "print %d %s %.2f", 1, "two", 2.5);
	result |= sd_journal_send("MESSAGE=sent %d %g", 7, 1.5, "PRIORITY=%i", LOG_WARNING, "USER_ID=%ld", 42l, "NAME=%s", "x y",
				  NULL);
	result |= sd_journal_sendv(fields, 4);
	errno = ENOENT;
	result |= sd_journal_perror("perror");
	result |= sd_journal_print_with_location(LOG_INFO, HERE, "at %d", 9);
	result |= sd_journal_send_with_location(HERE, "MESSAGE=sent at %s", "here", "A=%s", "b", NULL);
	return result | speak_otherwise();
}

int main(void)
{
	printf("result %d\n", speak());
	return 0;
}
