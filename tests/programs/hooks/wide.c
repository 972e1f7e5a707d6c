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
	static int count;
	RESULT(wprintf(L"%d%n\n", 12, &count));
	RESULT(count);
	RESULT(wprintf(L"%30000d\n", 7));
	RESULT(wprintf(L"%s %ls\n", (char *)NULL, (wchar_t *)NULL));
	RESULT(wprintf(L""));
	RESULT(wprintf(L"%lc\n", (wint_t)0x20ac)); /* not in the C locale */
}
CASE(fwprintf)
{
	RESULT(fwprintf(stderr, L"%d\n", 1));
	RESULT(fwprintf(stdin, L"%d\n", 1));
}
CASE(vwprintf)
{
	RESULT(listed(vwprintf, L"%d\n", 1));
}
CASE(vfwprintf)
{
	RESULT(listed(to_stderr, L"%d\n", 1));
}
CASE(__wprintf_chk)
{
	RESULT(__wprintf_chk(1, L"%d\n", 1));
}
CASE(__fwprintf_chk)
{
	RESULT(__fwprintf_chk(stderr, 1, L"%d\n", 1));
}
CASE(__vwprintf_chk)
{
	RESULT(listed(checked, L"%d\n", 1));
}
CASE(__vfwprintf_chk)
{
	RESULT(listed(checked_to_stderr, L"%d\n", 1));
}
CASE(fputws)
{
	RESULT(fputws(L"fputws\n", stdout));
	RESULT(fputws(L"", stderr));
}
CASE(fputws_unlocked)
{
	RESULT(fputws_unlocked(L"unlocked\n", stdout));
}
CASE(fputwc)
{
	RESULT(fputwc(L'a', stdout));
	RESULT(fputwc((wchar_t)0x20ac, stdout));
}
CASE(putwc)
{
	RESULT(putwc(L'b', stderr));
}
CASE(putwchar)
{
	RESULT(putwchar(L'\n'));
}
CASE(fputwc_unlocked)
{
	RESULT(fputwc_unlocked(L'c', stdout));
}
CASE(putwc_unlocked)
{
	RESULT(putwc_unlocked(L'd', stdout));
}
CASE(putwchar_unlocked)
{
	RESULT(putwchar_unlocked(L'\n'));
}

const struct hook_case hooks_wide[] = {
	ROW(wprintf),	      ROW(fwprintf),	    ROW(vwprintf),	  ROW(vfwprintf),	 ROW(__wprintf_chk),
	ROW(__fwprintf_chk),  ROW(__vwprintf_chk),  ROW(__vfwprintf_chk), ROW(fputws),		 ROW(fputws_unlocked),
	ROW(fputwc),	      ROW(putwc),	    ROW(putwchar),	  ROW(fputwc_unlocked), ROW(putwc_unlocked),
	ROW(putwchar_unlocked), {NULL, NULL},
};
