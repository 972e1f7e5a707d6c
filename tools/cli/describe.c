#include "describe.h"

#include "overflow.h"
#include "signals.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

/* Accesses through a null pointer hit a member or an element: below this the page is never mapped (mmap_min_addr). */
#define NULL_PAGE_BYTES 4096u

/* Of an abort message in the one line that tells all; and of its second part. */
#define MESSAGE_BYTES ((size_t)200)

__attribute__((format(printf, 2, 3))) static void append(char text[DESCRIBE_BYTES], const char *format, ...)
{
	size_t length = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + length, DESCRIBE_BYTES - length, format, arguments);
	va_end(arguments);
}

/* Signals --------------------------------------------------------------------------------------------------------------------- */

void describe_signal(const struct snapshot_signal *signal, char text[DESCRIBE_BYTES])
{
	const struct signal_code *code = signal_code_find(signal->number, signal->code);

	text[0] = '\0';
	if (signal->name)
		append(text, "%s", signal->name);
	else
		append(text, "signal %d", signal->number);
	if (code)
		append(text, ": %s (%s)", code->sentence, code->name);
	else if (signal->code)
		append(text, " (code %d)", signal->code);
	if (!signal->has_address)
		return;
	append(text, " at 0x%" PRIx64, signal->address);
	if (signal->number == SIGSEGV && signal->address < NULL_PAGE_BYTES)
		append(text, signal->address ? ", an offset from a null pointer" : ", a null pointer");
}

const struct snapshot_thread *describe_crashed(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->thread_count; i++) {
		if (snapshot->threads[i].crashed)
			return &snapshot->threads[i];
	}
	return NULL;
}

/* The group's is certain as far as counters go; the machine's may have been somebody else's. */
static void describe_oom(const struct snapshot *snapshot, char text[DESCRIBE_BYTES])
{
	char bytes[32];

	if (!snapshot->oom.scope || strcmp(snapshot->oom.scope, "cgroup") != 0) {
		append(text, "died of SIGKILL; the kernel's out-of-memory killer struck on this machine meanwhile");
		return;
	}
	append(text, "was killed by the kernel: out of memory");
	if (snapshot->oom.limit) {
		describe_bytes(snapshot->oom.limit, bytes);
		append(text, ": its control group may use %s", bytes);
	}
	if (snapshot->oom.used) {
		describe_bytes(snapshot->oom.used, bytes);
		append(text, "%s %s", snapshot->oom.limit ? " and used" : ": its control group used", bytes);
	}
}

static void describe_reason(const struct snapshot *snapshot, char text[DESCRIBE_BYTES])
{
	const char *reason = snapshot->reason ? snapshot->reason : "unknown";

	if (!strcmp(reason, "live"))
		append(text, "is running");
	else if (!strcmp(reason, "request"))
		append(text, "was running when this snapshot was asked for");
	else if (snapshot->oom.present)
		describe_oom(snapshot, text);
	else if (!strcmp(reason, "timeout"))
		append(text, "was still running when its time was up");
	else if (!strcmp(reason, "killed"))
		append(text, "was killed: it ended without a word (SIGKILL, out of memory, or a signal it had blocked)");
	else if (!strcmp(reason, "exited") || !strcmp(reason, "exit"))
		append(text, "exited");
	else if (!strncmp(reason, "exit ", 5))
		append(text, "exited with status %s", reason + 5);
	else if (!strcmp(reason, "interval"))
		append(text, "was running (a snapshot of every --interval)");
	else if (!strncmp(reason, "SIG", 3) || !strncmp(reason, "signal", 6))
		append(text, "died of %s", reason);
	else if (!strcmp(reason, "unknown"))
		append(text, "(unknown)");
	else
		append(text, "was running when this snapshot was asked for: %s", reason);
}

static bool is_sent_by_itself(const struct snapshot *snapshot)
{
	return snapshot->signal.has_sender && snapshot->signal.sender_pid == snapshot->pid;
}

/* The next line of the text, without its line feed; false: there is none. */
static bool take_line(struct snapshot_text *text, struct snapshot_text *line)
{
	const char *feed = text->bytes ? memchr(text->data, '\n', text->bytes) : NULL;

	if (!text->bytes)
		return false;
	line->data = text->data;
	line->bytes = feed ? (size_t)(feed - text->data) : text->bytes;
	text->data += line->bytes + (feed != NULL);
	text->bytes -= line->bytes + (feed != NULL);
	return true;
}

/* What stands between `before` and `after` in it; false: it is no such text. */
static bool part_of(const struct snapshot_text *line, const char *before, const char *after, struct snapshot_text *part)
{
	const size_t skip = strlen(before), end = strlen(after);

	if (line->bytes < skip + end || memcmp(line->data, before, skip) != 0 ||
	    memcmp(line->data + line->bytes - end, after, end) != 0)
		return false;
	part->data = line->data + skip;
	part->bytes = line->bytes - skip - end;
	return true;
}

/* At most so much of it that the rest of the line has room, no character of UTF-8 divided. True: that is all. */
static bool append_part(const char *before, const struct snapshot_text *part, char text[DESCRIBE_BYTES])
{
	const bool fits = part->bytes <= MESSAGE_BYTES;
	size_t bytes = fits ? part->bytes : MESSAGE_BYTES;

	while (!fits && bytes && ((unsigned char)part->data[bytes] & 0xc0) == 0x80)
		bytes--;
	append(text, "%s%.*s%s", before, (int)bytes, part->data, fits ? "" : "…");
	return fits;
}

/* The first line, and the second where it ends with a colon: Rust has what is wrong there. True: that is all. */
static bool append_lines(const struct snapshot_text *first, struct snapshot_text *rest, char text[DESCRIBE_BYTES])
{
	struct snapshot_text line;
	bool all = append_part(": ", first, text);

	if (first->bytes && first->data[first->bytes - 1] == ':' && take_line(rest, &line))
		all = append_part(" ", &line, text) && all;
	return all && !rest->bytes;
}

/* libstdc++'s two lines as one: "uncaught exception std::out_of_range: map::at". True: that is all. */
static bool append_abort_message(const struct snapshot *snapshot, char text[DESCRIBE_BYTES])
{
	struct snapshot_text rest = snapshot->abort_message, line, part;
	bool all;

	if (!rest.data || !take_line(&rest, &line))
		return true;
	if (!part_of(&line, "terminate called after throwing an instance of '", "'", &part))
		return append_lines(&line, &rest, text);
	all = append_part(": uncaught exception ", &part, text);
	if (take_line(&rest, &line) && part_of(&line, "  what():  ", "", &part))
		all = append_part(": ", &part, text) && all;
	return all && !rest.bytes;
}

static bool is_abort(const struct snapshot *snapshot)
{
	return snapshot->signal.present && snapshot->signal.number == SIGABRT && is_sent_by_itself(snapshot) &&
	       !describe_after_fault(snapshot);
}

bool describe_end_has_message(const struct snapshot *snapshot)
{
	char text[DESCRIBE_BYTES] = "";

	return is_abort(snapshot) && append_abort_message(snapshot, text);
}

bool describe_after_fault(const struct snapshot *snapshot)
{
	return snapshot->first_signal.present && snapshot->signal.present && is_sent_by_itself(snapshot);
}

/* What its handler of a fault then did to end it is of less interest. */
static void append_fault(const struct snapshot *snapshot, char text[DESCRIBE_BYTES])
{
	char signal[DESCRIBE_BYTES];

	describe_signal(&snapshot->first_signal, signal);
	if (snapshot->signal.number == snapshot->first_signal.number || !snapshot->signal.name)
		append(text, "died of %s", signal);
	else
		append(text, "died of %s, sent by itself after %s", snapshot->signal.name, signal);
	if (overflow_is(describe_crashed(snapshot), &snapshot->first_signal))
		append(text, ": stack overflow");
}

void describe_end(const struct snapshot *snapshot, char text[DESCRIBE_BYTES])
{
	char signal[DESCRIBE_BYTES];

	text[0] = '\0';
	if (!snapshot->signal.present) {
		describe_reason(snapshot, text);
	} else if (describe_after_fault(snapshot)) {
		append_fault(snapshot, text);
	} else if (is_abort(snapshot)) {
		append(text, "died of SIGABRT%s", snapshot->abort_message.data ? "" : ": it aborted itself");
		(void)append_abort_message(snapshot, text);
	} else {
		describe_signal(&snapshot->signal, signal);
		append(text, "died of %s", signal);
		if (overflow_is(describe_crashed(snapshot), &snapshot->signal))
			append(text, ": stack overflow");
	}
}

/* Amounts --------------------------------------------------------------------------------------------------------------------- */

void describe_bytes(uint64_t bytes, char text[32])
{
	static const char *const units[] = {"KB", "MB", "GB", "TB"};
	double amount = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(text, 32, "%" PRIu64 " bytes", bytes);
		return;
	}
	for (; amount >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		amount /= 1024;
	snprintf(text, 32, amount < 100 && amount != (double)(uint64_t)amount ? "%.1f %s" : "%.0f %s", amount, units[unit]);
}

/* Times ----------------------------------------------------------------------------------------------------------------------- */

void describe_duration(uint64_t ns, char text[64])
{
	uint64_t seconds = ns / 1000000000u;

	if (ns < 100000u)
		snprintf(text, 64, "%" PRIu64 " us", ns / 1000u);
	else if (ns < 10000000u)
		snprintf(text, 64, "%" PRIu64 ".%" PRIu64 " ms", ns / 1000000u, ns / 100000u % 10);
	else if (seconds < 1)
		snprintf(text, 64, "%" PRIu64 " ms", ns / 1000000u);
	else if (seconds < 60)
		snprintf(text, 64, "%" PRIu64 ".%" PRIu64 " s", seconds, ns / 100000000u % 10);
	else if (seconds < 3600)
		snprintf(text, 64, "%" PRIu64 " min %" PRIu64 " s", seconds / 60, seconds % 60);
	else if (seconds < 86400)
		snprintf(text, 64, "%" PRIu64 " h %" PRIu64 " min", seconds / 3600, seconds / 60 % 60);
	else
		snprintf(text, 64, "%" PRIu64 " days %" PRIu64 " h", seconds / 86400, seconds / 3600 % 24);
}

void describe_time(uint64_t ns, bool local, char text[64])
{
	time_t seconds = (time_t)(ns / 1000000000u);
	char day[32] = "?", zone[16] = "UTC";
	struct tm tm;

	if (local ? localtime_r(&seconds, &tm) : gmtime_r(&seconds, &tm))
		strftime(day, sizeof(day), "%Y-%m-%d %H:%M:%S", &tm);
	if (local)
		strftime(zone, sizeof(zone), "%z", &tm);
	snprintf(text, 64, "%s.%03u %s", day, (unsigned)(ns / 1000000u % 1000u), zone);
}

/* Frames ---------------------------------------------------------------------------------------------------------------------- */

const char *describe_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

size_t describe_function_bytes(const char *function)
{
	const char *version = strchr(function, '@');

	return version && version != function ? (size_t)(version - function) : strlen(function);
}

bool describe_is_system_code(const struct snapshot_frame *frame)
{
	static const char *const names[] = {"libc.so",  "libc-",  "libpthread",   "ld-linux",  "ld-",         "ld.so",
					    "libgcc_s", "[vdso]", "libstdc++.so", "libc++.so", "libc++abi.so"};
	const char *name = frame->module ? describe_base_name(frame->module) : "";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	}
	return false;
}

const struct snapshot_frame *describe_innermost(const struct snapshot_thread *thread)
{
	const struct snapshot_frame *named = NULL;

	for (size_t i = 0; thread && i < thread->frame_count; i++) {
		const struct snapshot_frame *frame = &thread->frames[i];
		if (!frame->function)
			continue;
		if (!describe_is_system_code(frame))
			return frame;
		if (!named)
			named = frame;
	}
	return named;
}
