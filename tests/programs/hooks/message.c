/* Messages of libc's own: errors, signals, options, logs. */
#include "hooks.h"

#include <err.h>
#include <error.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

void __syslog_chk(int priority, int flag, const char *format, ...);
void __vsyslog_chk(int priority, int flag, const char *format, va_list arguments);
int __posix_getopt(int argc, char *const *argv, const char *shorts);

#pragma GCC diagnostic ignored "-Wnonnull"
#pragma GCC diagnostic ignored "-Wformat"

static int counted;

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
	DONE(warn("%d%n", 12, &counted));
	RESULT(counted);
	DONE(counted = '!');
	DONE(warn("%s%n", (char *)&counted, &counted)); /* who formats it before prints something else */
	RESULT(counted);
}
CASE(warnx)
{
	DONE(warnx("%d", 1));
	DONE(warnx(NULL));
	DONE(warnx("%d%n", 1, &counted));
	RESULT(counted);
}
CASE(vwarn)
{
	DONE(listed(vwarn, "%d", 1));
	DONE(listed(vwarn, "%d%n", 12, &counted));
	RESULT(counted);
	DONE(listed(vwarn, NULL));
}
CASE(vwarnx)
{
	DONE(listed(vwarnx, "%d", 1));
	DONE(listed(vwarnx, "%d%n", 1, &counted));
	RESULT(counted);
	DONE(listed(vwarnx, NULL));
}
CASE(err)
{
	errno = EPERM;
	ENDS(err(3, "%d %s", 1, "err"));
	ENDS(err(0, NULL));
	ENDS(err(3, "%d%n", 1, &counted));
}
CASE(errx)
{
	ENDS(errx(4, "%d", 1));
	ENDS(errx(4, "%d%n", 1, &counted));
	ENDS(errx(4, NULL));
}
CASE(verr)
{
	errno = EPERM;
	ENDS(end_listed(verr, "%d", 1));
	ENDS(end_listed(verr, "%d%n", 1, &counted));
	ENDS(end_listed(verr, NULL));
}
CASE(verrx)
{
	ENDS(end_listed(verrx, "%d", 1));
	ENDS(end_listed(verrx, "%d%n", 1, &counted));
	ENDS(end_listed(verrx, NULL));
}
CASE(error)
{
	DONE(error(0, EACCES, "%d %s %f %f %f %f %f %f %f %f %f", 1, "two", .1, .2, .3, .4, .5, .6, .7, .8, .9));
	DONE(error(0, 0, "%d %d %d %d %d %d", 1, 2, 3, 4, 5, 6));
	RESULT(error_message_count);
	ENDS(error(5, 0, "ends"));
	DONE(error(0, 0, "%d%n", 12, &counted));
	RESULT(counted);
	FAULTS(error(0, 0, NULL));
}
CASE(error_at_line)
{
	DONE(error_at_line(0, EPERM, "file", 7, "%s", "text"));
	DONE(error_at_line(0, 0, NULL, 0, "%d %d %d", 1, 2, 3));
	ENDS(error_at_line(6, 0, "file", 8, "ends"));
	DONE(error_at_line(0, 0, "file", 9, "%d%n", 1, &counted));
	RESULT(counted);
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
	FAULTS(getopt(4, words, NULL));
}
CASE(__posix_getopt)
{
	DONE(optind = 0);
	RESULT(__posix_getopt(4, words, "a"));
	RESULT(__posix_getopt(4, words, ":a"));
	DONE(optind = 0);
	RESULT(__posix_getopt(0, NULL, ""));
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
	RESULT(getopt_long(0, NULL, "", longs, NULL));
}
CASE(getopt_long_only)
{
	DONE(optind = 0);
	RESULT(getopt_long_only(4, words, "", longs, NULL));
	RESULT(getopt_long_only(4, words, "", longs, NULL));
	DONE(optind = 0);
	RESULT(getopt_long_only(4, words, "", NULL, NULL));
}
CASE(openlog)
{
	DONE(openlog("ident", LOG_PERROR, LOG_USER));
	DONE(openlog(NULL, 0, LOG_USER));
}
CASE(setlogmask)
{
	RESULT(setlogmask(0));
	RESULT(setlogmask(LOG_UPTO(LOG_INFO)));
	RESULT(setlogmask(0));
	RESULT(setlogmask(0xff));
}
CASE(syslog)
{
	DONE(syslog(LOG_DEBUG, "%d %s %m", 1, "syslog"));
	DONE(syslog(LOG_DEBUG, "%d%n", 12, &counted));
	RESULT(counted);
	DONE(counted = '!');
	DONE(syslog(LOG_DEBUG, "%s%n", (char *)&counted, &counted));
	RESULT(counted);
	RESULT(setlogmask(LOG_UPTO(LOG_INFO)));
	DONE(syslog(LOG_DEBUG, "%s", (char *)1)); /* nobody looks at it */
	RESULT(setlogmask(LOG_UPTO(LOG_DEBUG)));
	FAULTS(syslog(LOG_DEBUG, NULL));
}
CASE(vsyslog)
{
	DONE(listed(to_log, "%d", 1));
	DONE(listed(to_log, "%d%n", 1, &counted));
	RESULT(counted);
	FAULTS(listed(to_log, NULL));
}
CASE(__syslog_chk)
{
	DONE(__syslog_chk(LOG_DEBUG, 1, "%d", 1));
	DONE(__syslog_chk(LOG_DEBUG, 1, "%d%n", 12, &counted));
	RESULT(counted);
	FAULTS(__syslog_chk(LOG_DEBUG, 1, NULL));
}
CASE(__vsyslog_chk)
{
	DONE(listed(checked_to_log, "%d", 1));
	DONE(listed(checked_to_log, "%d%n", 1, &counted));
	RESULT(counted);
	FAULTS(listed(checked_to_log, NULL));
}

const struct hook_case hooks_message[] = {
	ROW(perror, POINTER),
	ROW(psignal, POINTER),
	ROW(psiginfo, POINTER),
	ROW(warn, FORMAT),
	ROW(warnx, FORMAT),
	ROW(vwarn, FORMAT),
	ROW(vwarnx, FORMAT),
	ROW(err, FORMAT),
	ROW(errx, FORMAT),
	ROW(verr, FORMAT),
	ROW(verrx, FORMAT),
	ROW(error, FORMAT),
	ROW(error_at_line, FORMAT),
	ROW(getopt, POINTER),
	ROW(__posix_getopt, POINTER),
	ROW(getopt_long, POINTER),
	ROW(getopt_long_only, POINTER),
	ROW(openlog, POINTER),
	ROW(setlogmask, NO_POINTER),
	ROW(syslog, FORMAT),
	ROW(vsyslog, FORMAT),
	ROW(__syslog_chk, FORMAT),
	ROW(__vsyslog_chk, FORMAT),
	END_OF_ROWS,
};
