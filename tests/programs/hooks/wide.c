/* Wide stdio. */
#include "hooks.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <wchar.h>

int __wprintf_chk(int flag, const wchar_t *format, ...);
int __fwprintf_chk(FILE *stream, int flag, const wchar_t *format, ...);
int __vwprintf_chk(int flag, const wchar_t *format, va_list arguments);
int __vfwprintf_chk(FILE *stream, int flag, const wchar_t *format, va_list arguments);

static int counted;
static wchar_t writable[] = L"%d%n";

static int listed(int (*call)(const wchar_t *, va_list), const wchar_t *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	const int result = call(format, arguments);
	va_end(arguments);
	return result;
}

static int to_stderr(const wchar_t *format, va_list arguments)
{
	return vfwprintf(stderr, format, arguments);
}

static int checked(const wchar_t *format, va_list arguments)
{
	return __vwprintf_chk(1, format, arguments);
}

static int checked_to_stderr(const wchar_t *format, va_list arguments)
{
	return __vfwprintf_chk(stderr, 1, format, arguments);
}

CASE(wprintf)
{
	RESULT(wprintf(L"%d %ls\n", 1, L"wide"));
	RESULT(wprintf(L"%d%n\n", 12, &counted));
	RESULT(counted);
	RESULT(wprintf(L"%30000d\n", 7));
	RESULT(wprintf(L"%s %ls\n", (char *)NULL, (wchar_t *)NULL));
	RESULT(wprintf(L""));
	RESULT(wprintf(L"%lc\n", (wint_t)0x20ac)); /* not in the C locale */
	FAULTS(wprintf(NULL));
	FAULTS(wprintf(L"%n", (int *)NULL));
}
CASE(fwprintf)
{
	RESULT(fwprintf(stderr, L"%d\n", 1));
	RESULT(fwprintf(stdin, L"%d\n", 1));
	RESULT(fwprintf(stderr, L"%d%n\n", 12, &counted));
	RESULT(counted);
	DONE(counted = 'a');
	RESULT(fwprintf(stderr, L"%s%n\n", (char *)&counted, &counted)); /* who formats twice stores 0 */
	RESULT(counted);
	FAULTS(fwprintf(NULL, L"x"));
}
CASE(vwprintf)
{
	RESULT(listed(vwprintf, L"%d\n", 1));
	RESULT(listed(vwprintf, L"%d%n\n", 1, &counted));
	RESULT(counted);
	FAULTS(listed(vwprintf, NULL));
}
CASE(vfwprintf)
{
	RESULT(listed(to_stderr, L"%d\n", 1));
	RESULT(listed(to_stderr, L"%d%n\n", 12, &counted));
	RESULT(counted);
	FAULTS(listed(to_stderr, NULL));
}
CASE(__wprintf_chk)
{
	RESULT(__wprintf_chk(1, L"%d\n", 1));
	RESULT(__wprintf_chk(1, L"%d%n\n", 1, &counted));
	RESULT(counted);
	FAULTS(__wprintf_chk(1, NULL));
	FAULTS(__wprintf_chk(1, writable, 1, &counted)); /* fortified: no %n from there */
}
CASE(__fwprintf_chk)
{
	RESULT(__fwprintf_chk(stderr, 1, L"%d\n", 1));
	RESULT(__fwprintf_chk(stderr, 1, L"%d%n\n", 12, &counted));
	RESULT(counted);
	FAULTS(__fwprintf_chk(NULL, 1, L"x"));
	FAULTS(__fwprintf_chk(stderr, 1, writable, 1, &counted));
}
CASE(__vwprintf_chk)
{
	RESULT(listed(checked, L"%d\n", 1));
	RESULT(listed(checked, L"%d%n\n", 1, &counted));
	RESULT(counted);
	FAULTS(listed(checked, NULL));
	FAULTS(listed(checked, writable, 1, &counted));
}
CASE(__vfwprintf_chk)
{
	RESULT(listed(checked_to_stderr, L"%d\n", 1));
	RESULT(listed(checked_to_stderr, L"%d%n\n", 12, &counted));
	RESULT(counted);
	FAULTS(listed(checked_to_stderr, NULL));
	FAULTS(listed(checked_to_stderr, writable, 1, &counted));
}
CASE(fputws)
{
	RESULT(fputws(L"fputws\n", stdout));
	RESULT(fputws(L"", stderr));
	FAULTS(fputws(NULL, stdout));
	FAULTS(fputws(L"x", NULL));
}
CASE(fputws_unlocked)
{
	RESULT(fputws_unlocked(L"unlocked\n", stdout));
	FAULTS(fputws_unlocked(NULL, stdout));
	FAULTS(fputws_unlocked(L"x", NULL));
}
CASE(fputwc)
{
	RESULT(fputwc(L'a', stdout));
	RESULT(fputwc((wchar_t)0x20ac, stdout));
	FAULTS(fputwc(L'x', NULL));
}
CASE(putwc)
{
	RESULT(putwc(L'b', stderr));
	FAULTS(putwc(L'x', NULL));
}
CASE(putwchar)
{
	RESULT(putwchar(L'\n'));
}
CASE(fputwc_unlocked)
{
	RESULT(fputwc_unlocked(L'c', stdout));
	FAULTS(fputwc_unlocked(L'x', NULL));
}
CASE(putwc_unlocked)
{
	RESULT(putwc_unlocked(L'd', stdout));
	FAULTS(putwc_unlocked(L'x', NULL));
}
CASE(putwchar_unlocked)
{
	RESULT(putwchar_unlocked(L'\n'));
}

const struct hook_case hooks_wide[] = {
	ROW(wprintf, FORMAT),
	ROW(fwprintf, FORMAT),
	ROW(vwprintf, FORMAT),
	ROW(vfwprintf, FORMAT),
	ROW(__wprintf_chk, FORMAT),
	ROW(__fwprintf_chk, FORMAT),
	ROW(__vwprintf_chk, FORMAT),
	ROW(__vfwprintf_chk, FORMAT),
	ROW(fputws, POINTER),
	ROW(fputws_unlocked, POINTER),
	ROW(fputwc, POINTER),
	ROW(putwc, POINTER),
	ROW(putwchar, NO_POINTER),
	ROW(fputwc_unlocked, POINTER),
	ROW(putwc_unlocked, POINTER),
	ROW(putwchar_unlocked, NO_POINTER),
	END_OF_ROWS,
};
