/*
 * getopt(3) and its kin print what is wrong with an option by themselves, to standard error, where no other hook sees it. The message is
 * composed once more from what they leave behind: their answer, optind, optopt and the options that there are.
 *
 * It is composed only where the options confirm that something is wrong: '?' is also a common name of an option. "W;" is not looked at.
 * Checked with glibc 2.36; translations are libc's own.
 */
#include "again.h"
#include "stream.h"

#include <errno.h>
#include <getopt.h>
#include <libintl.h>
#include <locale.h>
#include <stdarg.h>
#include <string.h>

#define CALLER __builtin_return_address(0)

enum { MESSAGE_BYTES = 1024 };

/* One call, with what was so before. */
struct look {
	int argc;
	char *const *argv;
	const char *shorts;
	const struct option *longs; /* NULL: none */
	bool long_only;
	int index_before, wrong_before; /* optind, optopt */
	const void *caller;
};

/* The argument that a message about a long option is about. */
struct argument {
	const char *dashes, *name; /* "--" or "-", and what stands behind them, with its value */
	size_t bytes;              /* of the name alone */
};

__attribute__((format(printf, 2, 3))) static void record(const struct look *look, const char *format, ...)
{
	char text[MESSAGE_BYTES];
	va_list arguments;
	va_start(arguments, format);
	const int length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length <= 0)
		return;
	const struct record_origin origin = stream_origin(stream_slot_of(stderr), look->caller);
	const size_t full = (size_t)length;
	record_text(&origin, text, full < sizeof(text) ? full : sizeof(text) - 1, full);
}

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#define LIBC_TEXT(text) dcgettext("libc", text, LC_MESSAGES)

/* Long options --------------------------------------------------------------------------------------------------------------- */

static bool begins(const struct option *option, const struct argument *argument)
{
	return strncmp(option->name, argument->name, argument->bytes) == 0;
}

static bool is_exact(const struct option *option, const struct argument *argument)
{
	return begins(option, argument) && option->name[argument->bytes] == 0;
}

static bool are_same(const struct option *a, const struct option *b)
{
	return a->has_arg == b->has_arg && a->flag == b->flag && a->val == b->val;
}

/* The option that is meant, or the first of those that may be: then *ambiguous. */
static const struct option *find_long(const struct look *look, const struct argument *argument, bool *ambiguous)
{
	const struct option *found = NULL;
	*ambiguous = false;
	for (const struct option *option = look->longs; option && option->name; option++) {
		if (is_exact(option, argument)) {
			*ambiguous = false;
			return option;
		}
		if (!begins(option, argument))
			continue;
		if (!found)
			found = option;
		else if (look->long_only || !are_same(found, option))
			*ambiguous = true;
	}
	return found;
}

static void record_ambiguous(const struct look *look, const struct argument *argument, const struct option *first)
{
	char others[MESSAGE_BYTES / 2];
	size_t used = 0;
	others[0] = 0;
	for (const struct option *option = first; option->name && used < sizeof(others); option++) {
		if (!begins(option, argument) || (option != first && !look->long_only && are_same(first, option)))
			continue;
		const int bytes = snprintf(others + used, sizeof(others) - used, " '%s%s'", argument->dashes, option->name);
		used += bytes > 0 ? (size_t)bytes : sizeof(others);
	}
	char what[MESSAGE_BYTES / 2];
	snprintf(what, sizeof(what), LIBC_TEXT("%s: option '%s%s' is ambiguous; possibilities:"), look->argv[0], argument->dashes,
		 argument->name);
	record(look, "%s%s\n", what, others);
}

static void record_wrong_long(const struct look *look, const struct argument *argument)
{
	bool ambiguous;
	const struct option *option = find_long(look, argument, &ambiguous);
	const bool has_value = argument->name[argument->bytes] == '=';
	if (!option)
		record(look, LIBC_TEXT("%s: unrecognized option '%s%s'\n"), look->argv[0], argument->dashes, argument->name);
	else if (ambiguous)
		record_ambiguous(look, argument, option);
	else if (has_value && option->has_arg == no_argument)
		record(look, LIBC_TEXT("%s: option '%s%s' doesn't allow an argument\n"), look->argv[0], argument->dashes,
		       option->name);
	else if (!has_value && option->has_arg == required_argument)
		record(look, LIBC_TEXT("%s: option '%s%s' requires an argument\n"), look->argv[0], argument->dashes, option->name);
}

/* The argument that has just been passed over was a long option, or was taken for one. */
static bool long_argument(const struct look *look, struct argument *argument)
{
	if (!look->longs || optind < 1 || optind > look->argc || optind <= look->index_before)
		return false;
	const char *text = look->argv[optind - 1];
	bool ambiguous;
	if (text[0] != '-' || !text[1])
		return false;
	const bool two = text[1] == '-';
	*argument = (struct argument){two ? "--" : "-", text + 1 + two, strcspn(text + 1 + two, "=")};
	if (two)
		return argument->bytes || argument->name[0];
	/* "-x": a short one where it is known as that, or where no long one begins so. */
	return look->long_only && (text[2] || !strchr(look->shorts, text[1])) &&
	       (find_long(look, argument, &ambiguous) || !strchr(look->shorts, text[1]));
}

/* Short options -------------------------------------------------------------------------------------------------------------- */

/* '?' was not wrong but meant. In the middle of an argument a second complaint about one option looks the same: that one is left out. */
static bool is_question(const struct look *look)
{
	if (!strchr(look->shorts, '?'))
		return false;
	if (optind <= look->index_before || optind > look->argc)
		return optopt == look->wrong_before;
	const char *text = look->argv[optind - 1];
	return text[0] && text[strlen(text) - 1] == '?';
}

static void record_wrong_short(const struct look *look)
{
	const char *known = optopt && optopt != ':' && optopt != ';' ? strchr(look->shorts, optopt) : NULL;
	if (!optopt || is_question(look))
		return;
	if (!known)
		record(look, LIBC_TEXT("%s: invalid option -- '%c'\n"), look->argv[0], optopt);
	else if (known[1] == ':' && known[2] != ':' && optind >= look->argc)
		record(look, LIBC_TEXT("%s: option requires an argument -- '%c'\n"), look->argv[0], optopt);
}

/* Hooks ---------------------------------------------------------------------------------------------------------------------- */

static struct look look_before(int argc, char *const *argv, const char *shorts, const struct option *longs, bool long_only,
			       const void *caller)
{
	return (struct look){argc, argv, shorts, longs, long_only, optind ? optind : 1, optopt, caller};
}

static bool was_printed(const struct look *look, int answer)
{
	const char *shorts = look->shorts;
	if (answer != '?' || !opterr || !shorts || look->argc < 1 || !agent_ready || !stream_slot_of(stderr) ||
	    !again_allowed(NULL))
		return false;
	return shorts[*shorts == '-' || *shorts == '+'] != ':';
}

static int look_after(const struct look *look, int answer)
{
	struct argument argument;
	const int saved_errno = errno;
	if (!was_printed(look, answer))
		return answer;
	if (long_argument(look, &argument))
		record_wrong_long(look, &argument);
	else
		record_wrong_short(look);
	errno = saved_errno;
	return answer;
}

EXPORT int getopt(int argc, char *const *argv, const char *shorts)
{
	const struct look look = look_before(argc, argv, shorts, NULL, false, CALLER);
	return look_after(&look, REAL(getopt)(argc, argv, shorts));
}

/* What getopt(3) is where the program asks for POSIX and nothing else. */
extern int __posix_getopt(int argc, char *const *argv, const char *shorts);
EXPORT int __posix_getopt(int argc, char *const *argv, const char *shorts)
{
	const struct look look = look_before(argc, argv, shorts, NULL, false, CALLER);
	return look_after(&look, REAL(__posix_getopt)(argc, argv, shorts));
}

EXPORT int getopt_long(int argc, char *const *argv, const char *shorts, const struct option *longs, int *index)
{
	const struct look look = look_before(argc, argv, shorts, longs, false, CALLER);
	return look_after(&look, REAL(getopt_long)(argc, argv, shorts, longs, index));
}

EXPORT int getopt_long_only(int argc, char *const *argv, const char *shorts, const struct option *longs, int *index)
{
	const struct look look = look_before(argc, argv, shorts, longs, true, CALLER);
	return look_after(&look, REAL(getopt_long_only)(argc, argv, shorts, longs, index));
}
