#include "text.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>

char *text_of(const char *format, ...)
{
	char *text;
	va_list arguments;
	va_start(arguments, format);
	cr_assert(vasprintf(&text, format, arguments) >= 0);
	va_end(arguments);
	return text;
}
