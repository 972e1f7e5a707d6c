/* sd_journal_print(3) and its kin, in the objects that link libsystemd: message, priority, and the other fields as key-values. */
#include "journal.h"

#include "again.h"
#include "arch_variadic.h"
#include "config.h"
#include "event.h"
#include "got.h"
#include "libc.h"
#include "priority.h"
#include "reader.h"
#include "record.h"
#include "throw.h"

#include <errno.h>
#include <printf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#define CALLER __builtin_return_address(0)

enum { FIELDS_MAX = 16, FORMATTED_BYTES = 4096, ARGUMENTS_MAX = 64 };

/* libsystemd's own, by the names of sd-journal.h. The variadic ones are only ever jumped to. */
static struct {
	int (*printv)(int, const char *, va_list);
	int (*sendv)(const struct iovec *, int);
	int (*perror)(const char *);
	int (*printv_at)(int, const char *, const char *, const char *, const char *, va_list);
	int (*sendv_at)(const char *, const char *, const char *, const struct iovec *, int);
	int (*perror_at)(const char *, const char *, const char *, const char *);
	void *print, *send, *print_at, *send_at;
} real;

/* Fields ---------------------------------------------------------------------------------------------------------------------- */

/* "NAME=value", as journal fields are. */
struct fields {
	struct iovec field[FIELDS_MAX];
	int count;
};

static bool is_field(const struct iovec *field, const char *name)
{
	const size_t bytes = strlen(name);
	return field->iov_len > bytes && memcmp(field->iov_base, name, bytes) == 0 && ((const char *)field->iov_base)[bytes] == '=';
}

static enum event_level level_of(const struct iovec *fields, int count)
{
	for (int i = 0; i < count; i++) {
		if (is_field(&fields[i], "PRIORITY") && fields[i].iov_len == sizeof("PRIORITY=0") - 1)
			return level_of_priority(((const char *)fields[i].iov_base)[sizeof("PRIORITY=") - 1] - '0');
	}
	return LEVEL_INFO;
}

static size_t put_text(unsigned char *payload, const char *text, size_t bytes)
{
	const uint16_t length = (uint16_t)(bytes < RECORD_TEXT_BYTES ? bytes : RECORD_TEXT_BYTES);
	memcpy(payload, &length, sizeof(length));
	memcpy(payload + sizeof(length), text, length);
	return sizeof(length) + length;
}

static size_t put_field(unsigned char *payload, size_t room, size_t used, const struct iovec *field)
{
	const char *const data = field->iov_base, *equals = memchr(data, '=', field->iov_len);
	if (!equals || equals == data)
		return used;
	const size_t left = field->iov_len - (size_t)(equals + 1 - data);
	const struct event_value value = {
		.key = data,
		.key_bytes = (uint32_t)(equals - data),
		.type = VALUE_STRING,
		.string = equals + 1,
		.string_bytes = (uint32_t)(left < RECORD_TEXT_BYTES ? left : RECORD_TEXT_BYTES),
	};
	const size_t end = value_encode(payload, room, used, &value);
	if (end == used || left > RECORD_TEXT_BYTES)
		lane_count_truncated();
	return end;
}

static void record_fields_of(const struct iovec *fields, int count, const void *caller)
{
	unsigned char payload[RECORD_PAYLOAD_MAX];
	size_t used = put_text(payload, "", 0);
	if (!(config.set.capture & CAPTURE_JOURNAL))
		return;
	for (int i = 0; i < count; i++) {
		if (is_field(&fields[i], "MESSAGE"))
			used = put_text(payload, (const char *)fields[i].iov_base + sizeof("MESSAGE"),
					fields[i].iov_len - sizeof("MESSAGE"));
	}
	for (int i = 0; i < count; i++) {
		if (!is_field(&fields[i], "MESSAGE") && !is_field(&fields[i], "PRIORITY"))
			used = put_field(payload, sizeof(payload), used, &fields[i]);
	}
	lane_write(record_fields((uintptr_t)caller, level_of(fields, count), SOURCE_JOURNAL, RECORD_HAS_VALUES), payload,
		   (uint32_t)used);
}

static void record_message(int priority, const char *format, va_list arguments, const void *caller)
{
	char text[FORMATTED_BYTES];
	const int saved_errno = errno;
	va_list again;
	if (!(config.set.capture & CAPTURE_JOURNAL) || !again_allowed(format))
		return;
	va_copy(again, arguments);
	const int length = vsnprintf(text, sizeof(text), format, again);
	va_end(again);
	if (length >= 0) {
		const struct record_origin origin = {SOURCE_JOURNAL, level_of_priority(priority), caller, 0};
		const size_t full = (size_t)length;
		record_text(&origin, text, full < sizeof(text) ? full : sizeof(text) - 1, full);
	}
	errno = saved_errno;
}

/* Moves on over the arguments that a format takes, which vsnprintf(3) does not tell. False: too many, or of unknown kinds. */
static bool skip_arguments(const char *format, va_list *arguments)
{
	int types[ARGUMENTS_MAX];
	const size_t count = parse_printf_format(format, ARGUMENTS_MAX, types);
	if (count > ARGUMENTS_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		switch (types[i] & ~PA_FLAG_MASK) {
		case PA_DOUBLE:
		case PA_FLOAT:
			if (types[i] & PA_FLAG_LONG_DOUBLE)
				(void)va_arg(*arguments, long double);
			else
				(void)va_arg(*arguments, double);
			break;
		case PA_INT:
		case PA_CHAR:
		case PA_WCHAR:
		case PA_STRING:
		case PA_WSTRING:
		case PA_POINTER:
			(void)va_arg(*arguments, long); /* one register or stack slot, whatever its width */
			break;
		default:
			return false;
		}
	}
	return true;
}

/* "MESSAGE=... %d", 3, "FIELD=%s", text, NULL */
static void record_sent(const char *format, va_list *arguments, const void *caller)
{
	char text[FORMATTED_BYTES];
	struct fields fields = {.count = 0};
	size_t used = 0;
	const int saved_errno = errno;
	for (; again_allowed(format) && format && fields.count < FIELDS_MAX && used < sizeof(text);
	     format = va_arg(*arguments, const char *)) {
		va_list again;
		va_copy(again, *arguments);
		const int length = vsnprintf(text + used, sizeof(text) - used, format, again);
		va_end(again);
		if (length < 0 || !skip_arguments(format, arguments))
			break;
		const size_t room = sizeof(text) - used - 1, bytes = (size_t)length < room ? (size_t)length : room;
		fields.field[fields.count++] = (struct iovec){text + used, bytes};
		used += bytes + 1;
	}
	if (fields.count)
		record_fields_of(fields.field, fields.count, caller);
	errno = saved_errno;
}

static void record_error(const char *message, int error, const void *caller)
{
	char text[RECORD_TEXT_BYTES];
	const int saved_errno = errno;
	errno = error; /* for %m */
	const int length = message && *message ? snprintf(text, sizeof(text), "%s: %m", message)
					       : snprintf(text, sizeof(text), "%m");
	if (length > 0 && (config.set.capture & CAPTURE_JOURNAL)) {
		const struct record_origin origin = {SOURCE_JOURNAL, LEVEL_ERROR, caller, 0};
		const size_t full = (size_t)length;
		record_text(&origin, text, full < sizeof(text) ? full : sizeof(text) - 1, full);
	}
	errno = saved_errno;
}

/* Hooks ----------------------------------------------------------------------------------------------------------------------- */

static int hook_printv(int priority, const char *format, va_list arguments)
{
	record_message(priority, format, arguments, CALLER);
	return real.printv(priority, format, arguments);
}

static int hook_printv_at(int priority, const char *file, const char *line, const char *function, const char *format,
			  va_list arguments)
{
	record_message(priority, format, arguments, CALLER);
	return real.printv_at(priority, file, line, function, format, arguments);
}

static int hook_sendv(const struct iovec *fields, int count)
{
	record_fields_of(fields, count, CALLER);
	return real.sendv(fields, count);
}

static int hook_sendv_at(const char *file, const char *line, const char *function, const struct iovec *fields, int count)
{
	record_fields_of(fields, count, CALLER);
	return real.sendv_at(file, line, function, fields, count);
}

static int hook_perror(const char *message)
{
	record_error(message, errno, CALLER);
	return real.perror(message);
}

static int hook_perror_at(const char *file, const char *line, const char *function, const char *message)
{
	record_error(message, errno, CALLER);
	return real.perror_at(file, line, function, message);
}

__attribute__((used, visibility("hidden"))) void *journal_print_before(va_list arguments, const void *caller)
{
	const int priority = va_arg(arguments, int);
	const char *format = va_arg(arguments, const char *);
	record_message(priority, format, arguments, caller);
	return real.print;
}

__attribute__((used, visibility("hidden"))) void *journal_print_at_before(va_list arguments, const void *caller)
{
	const int priority = va_arg(arguments, int);
	(void)va_arg(arguments, const char *); /* file, line, function */
	(void)va_arg(arguments, const char *);
	(void)va_arg(arguments, const char *);
	const char *format = va_arg(arguments, const char *);
	record_message(priority, format, arguments, caller);
	return real.print_at;
}

__attribute__((used, visibility("hidden"))) void *journal_send_before(va_list arguments, const void *caller)
{
	va_list again;
	va_copy(again, arguments); /* as a parameter it is a pointer, whose address is no va_list's */
	const char *format = va_arg(again, const char *);
	record_sent(format, &again, caller);
	va_end(again);
	return real.send;
}

__attribute__((used, visibility("hidden"))) void *journal_send_at_before(va_list arguments, const void *caller)
{
	va_list again;
	va_copy(again, arguments);
	(void)va_arg(again, const char *);
	(void)va_arg(again, const char *);
	(void)va_arg(again, const char *);
	const char *format = va_arg(again, const char *);
	record_sent(format, &again, caller);
	va_end(again);
	return real.send_at;
}

ARCH_JUMP_AFTER(journal_print, journal_print_before);
ARCH_JUMP_AFTER(journal_print_at, journal_print_at_before);
ARCH_JUMP_AFTER(journal_send, journal_send_before);
ARCH_JUMP_AFTER(journal_send_at, journal_send_at_before);
extern int journal_print(int, const char *, ...) __attribute__((visibility("hidden")));
extern int journal_print_at(int, const char *, const char *, const char *, const char *, ...) __attribute__((visibility("hidden")));
extern int journal_send(const char *, ...) __attribute__((visibility("hidden")));
extern int journal_send_at(const char *, const char *, const char *, const char *, ...) __attribute__((visibility("hidden")));

#define FUNCTION(name, hook, member)                                                                                               \
	{                                                                                                                          \
		name, (void *)(hook), (void **)(void *)&real.member                                                                \
	}
static const struct got_function functions[] = {
	FUNCTION("sd_journal_print", journal_print, print),
	FUNCTION("sd_journal_printv", hook_printv, printv),
	FUNCTION("sd_journal_send", journal_send, send),
	FUNCTION("sd_journal_sendv", hook_sendv, sendv),
	FUNCTION("sd_journal_perror", hook_perror, perror),
	FUNCTION("sd_journal_print_with_location", journal_print_at, print_at),
	FUNCTION("sd_journal_printv_with_location", hook_printv_at, printv_at),
	FUNCTION("sd_journal_send_with_location", journal_send_at, send_at),
	FUNCTION("sd_journal_sendv_with_location", hook_sendv_at, sendv_at),
	FUNCTION("sd_journal_perror_with_location", hook_perror_at, perror_at),
};
static struct got_library library = {"libsystemd.so.0", false, functions, sizeof(functions) / sizeof(functions[0]), 0};

void journal_init(void)
{
	if (config.set.capture & CAPTURE_JOURNAL)
		got_patch(&library);
}

/*
 * Each object's _init calls this name where it is defined: crti.o's hook for profilers (gprof). An object that was loaded later
 * has been relocated by then and has not run yet.
 */
extern void __gmon_start__(void);
EXPORT void __gmon_start__(void)
{
	if (agent_ready) {
		journal_init();
		throw_init();
	}
}
