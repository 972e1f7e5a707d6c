#include "bundle.h"
#include "degradation.h"
#include "describe.h"
#include "terminal.h"
#include "user_name.h"
#include "view.h"

#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A row of the head: "  pid       4711 ..." */
static void print_label(FILE *out, const char *label)
{
	terminal_printf(out, PAINT_DIM, "  %-9s", label);
}

static const char *service(const struct snapshot *snapshot)
{
	if (snapshot->service)
		return snapshot->service;
	return snapshot->exe ? describe_base_name(snapshot->exe) : "process";
}

static bool is_alive(const struct snapshot *snapshot)
{
	return snapshot->reason && (!strcmp(snapshot->reason, "live") || !strcmp(snapshot->reason, "request"));
}

/* The one line that must not be cut: it goes on below where the terminal is narrow. */
static void print_wrapped(FILE *out, char *text)
{
	const size_t width = terminal_width();

	while (width && strlen(text) > width) {
		char *at = text + width;
		while (at > text + 1 && *at != ' ')
			at--;
		if (at == text + 1) /* a word wider than the terminal; and what stands before it is the indent */
			break;
		*at = '\0';
		terminal_string(out, text, 0);
		fputs("\n", out);
		text = at - 1;
		memcpy(text, "  ", 2);
	}
	terminal_string(out, text, 0);
}

static void print_headline(FILE *out, const struct snapshot *snapshot)
{
	char end[DESCRIBE_BYTES], line[DESCRIBE_BYTES + 72];

	describe_end(snapshot, end);
	snprintf(line, sizeof(line), "%.64s %s", service(snapshot), end);
	terminal_paint(out, is_alive(snapshot) ? PAINT_BOLD : PAINT_BOLD_RED);
	print_wrapped(out, line);
	terminal_paint(out, PAINT_NONE);
	putc('\n', out);
}

static void print_damage(const struct view *view)
{
	if (!view->damage.text[0])
		return;
	print_label(view->out, "damaged");
	terminal_paint(view->out, PAINT_YELLOW);
	terminal_string(view->out, view->damage.text, 0);
	fputs("; this is what can be read\n", view->out);
	terminal_paint(view->out, PAINT_NONE);
}

static void print_when(const struct view *view)
{
	const struct snapshot *snapshot = view->snapshot;
	char time[64], uptime[64];

	if (!snapshot->created_at)
		return;
	describe_time(snapshot->created_at, view->options->time == EVENT_TIME_LOCAL, time);
	describe_duration(snapshot->uptime, uptime);
	print_label(view->out, "when");
	fputs(time, view->out);
	if (snapshot->uptime)
		fprintf(view->out, ", %s after it began", uptime);
	putc('\n', view->out);
}

static void print_process(FILE *out, const struct snapshot *snapshot)
{
	print_label(out, "process");
	fprintf(out, "pid %" PRId64, snapshot->pid);
	if (snapshot->hostname) {
		fputs(" on ", out);
		terminal_string(out, snapshot->hostname, 64);
	}
	fputs(":", out);
	for (size_t i = 0; i < snapshot->cmdline_count; i++) {
		const char *argument = snapshot->cmdline[i];
		bool quote = !*argument || strpbrk(argument, " \t\n\"'$`\\*?<>|&;()");
		fputs(quote ? " '" : " ", out);
		terminal_string(out, argument, 200);
		fputs(quote ? "'" : "", out);
	}
	putc('\n', out);
}

static bool is_called_so(const struct snapshot *snapshot)
{
	const char *called = snapshot->cmdline_count ? describe_base_name(snapshot->cmdline[0]) : "";

	return strcmp(describe_base_name(snapshot->exe), called + (called[0] == '-')) == 0; /* -bash: of a login */
}

/* The file that runs, where it has another name than it was called by: modules and stacks name the file. */
static void print_program(const struct view *view)
{
	if (!view->snapshot->exe || (is_called_so(view->snapshot) && !view->options->all_threads))
		return;
	print_label(view->out, "program");
	terminal_string(view->out, view->snapshot->exe, 0);
	putc('\n', view->out);
}

/* A name only where the number means the same: on the machine of the snapshot. */
static void print_user(FILE *out, const struct snapshot *snapshot, int64_t uid)
{
	char here[HOST_NAME_MAX + 1] = "";
	const char *name = NULL;

	gethostname(here, sizeof(here) - 1);
	if (snapshot->hostname && !strcmp(here, snapshot->hostname))
		name = user_name((uid_t)uid);
	fprintf(out, "uid %" PRId64, uid);
	if (name) {
		putc(' ', out);
		terminal_string(out, name, 32);
	}
}

static void print_other_sender(FILE *out, const struct snapshot *snapshot, const struct snapshot_signal *signal)
{
	if (signal->sender_pid)
		fprintf(out, "sent by pid %" PRId64 " (", signal->sender_pid);
	else
		fputs("sent by a process of another pid namespace (", out);
	print_user(out, snapshot, signal->sender_uid);
	putc(')', out);
	if (signal->sender_command) {
		fputs(": ", out);
		terminal_string(out, signal->sender_command, 80);
	}
}

/* What the kernel sends to a process group on a terminal's account; NULL: something else. */
static const char *from_terminal(const struct snapshot_signal *signal)
{
	if (signal->code != SI_KERNEL)
		return NULL;
	switch (signal->number) {
	case SIGINT:
		return "from the terminal: ^C";
	case SIGQUIT:
		return "from the terminal: ^\\";
	case SIGHUP:
		return "from the terminal, which was closed";
	default:
		return NULL;
	}
}

/* abort(3) sends it to itself: that goes without saying. */
static bool is_plain_abort(const struct snapshot *snapshot, const struct snapshot_signal *signal)
{
	return signal->number == SIGABRT && signal->sender_pid == snapshot->pid && !signal->value &&
	       !describe_after_fault(snapshot);
}

/* Who, and with what. A signal that the kernel raised at an instruction has no sender: the headline says it all. */
static void print_sender(FILE *out, const struct snapshot *snapshot, const struct snapshot_signal *signal)
{
	const char *terminal = from_terminal(signal);

	if (!signal->present || (!signal->has_sender && !signal->has_timer && !terminal) || is_plain_abort(snapshot, signal))
		return;
	print_label(out, "signal");
	if (terminal) {
		fprintf(out, "%s\n", terminal);
		return;
	}
	if (signal->has_timer)
		fprintf(out, "sent by timer %" PRId64 " of its own", signal->timer);
	else if (signal->sender_pid == snapshot->pid)
		fputs(describe_after_fault(snapshot) ? "sent by itself, after its own handler" : "sent by itself", out);
	else
		print_other_sender(out, snapshot, signal);
	if (signal->has_value && signal->value)
		fprintf(out, ", with the value %" PRId64, signal->value);
	fputs(signal == &snapshot->first_signal ? ", and handled by the program first\n" : "\n", out);
}

static void print_abort_message(FILE *out, const struct snapshot *snapshot)
{
	const struct snapshot_text *message = &snapshot->abort_message;
	size_t bytes = message->bytes;

	if (!message->data || describe_end_has_message(snapshot))
		return;
	while (bytes && (message->data[bytes - 1] == '\n' || message->data[bytes - 1] == '\0'))
		bytes--;
	print_label(out, "message");
	terminal_paint(out, PAINT_BOLD);
	terminal_text(out, message->data, bytes, 11);
	terminal_paint(out, PAINT_NONE);
	putc('\n', out);
}

static void print_first_signal(FILE *out, const struct snapshot *snapshot)
{
	char text[DESCRIBE_BYTES];

	if (!snapshot->first_signal.present || describe_after_fault(snapshot))
		return;
	describe_signal(&snapshot->first_signal, text);
	print_label(out, "before");
	terminal_paint(out, PAINT_BOLD);
	fputs("original fault: ", out);
	terminal_string(out, text, 0);
	fputs(", handled by the program first\n", out);
	terminal_paint(out, PAINT_NONE);
}

static void print_amount(FILE *out, const char *before, uint64_t bytes, const char *after)
{
	char text[32];

	describe_bytes(bytes, text);
	fprintf(out, "%s%s%s", before, text, after);
}

static void print_memory(FILE *out, const struct snapshot *snapshot)
{
	uint64_t used = snapshot->system.rss, peak = snapshot->system.peak_rss;

	if (!used && !peak)
		return;
	print_label(out, "memory");
	if (used)
		print_amount(out, "", used, "");
	if (peak > used)
		print_amount(out, used ? ", at most " : "at most ", peak, "");
	if (snapshot->system.memory_limit && snapshot->system.memory_used) {
		print_amount(out, "; its control group ", snapshot->system.memory_used, "");
		print_amount(out, " of ", snapshot->system.memory_limit, "");
	}
	putc('\n', out);
}

static bool is_amount(const struct snapshot_limit *limit)
{
	static const char *const counted[] = {"cpu", "nofile", "nproc"};

	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
		if (!strcmp(limit->name, counted[i]))
			return false;
	}
	return true;
}

/* Those that are set, and descriptors, of which there always is one. */
static void print_limits(FILE *out, const struct snapshot *snapshot)
{
	if (!snapshot->system.limit_count)
		return;
	print_label(out, "limits");
	fprintf(out, "%u thread%s, %u descriptors open", snapshot->system.threads, snapshot->system.threads == 1 ? "" : "s",
		snapshot->system.fds);
	for (size_t i = 0; i < snapshot->system.limit_count; i++) {
		const struct snapshot_limit *limit = &snapshot->system.limits[i];
		if (!limit->has_soft)
			continue;
		fputs(", ", out);
		terminal_string(out, limit->name, 16);
		if (is_amount(limit))
			print_amount(out, " ", limit->soft, "");
		else
			fprintf(out, " %" PRIu64, limit->soft);
	}
	putc('\n', out);
}

/* Foot ------------------------------------------------------------------------------------------------------------------------ */

static void print_counter(FILE *out, uint64_t count, const char *what)
{
	if (count)
		fprintf(out, ", %" PRIu64 " %s", count, what);
}

static void print_meaning(FILE *out, const char *meaning)
{
	if (meaning)
		terminal_printf(out, PAINT_DIM, ": %s", meaning);
	putc('\n', out);
}

static void print_note(FILE *out, const char *before, const char *text)
{
	if (!text)
		return;
	terminal_printf(out, PAINT_YELLOW, "note: ");
	fputs(before, out);
	terminal_string(out, text, 0);
	putc('\n', out);
}

static void print_stats(FILE *out, const struct snapshot *snapshot)
{
	fprintf(out, "%" PRIu64 " event%s recorded", snapshot->stats.recorded, snapshot->stats.recorded == 1 ? "" : "s");
	print_counter(out, snapshot->stats.overwritten, "overwritten by later ones");
	print_counter(out, snapshot->stats.dropped, "dropped");
	print_counter(out, snapshot->stats.truncated, "cut short");
	print_counter(out, snapshot->stats.torn, "torn");
	print_counter(out, snapshot->stats.redacted, "redacted");
	putc('\n', out);
	for (size_t i = 0; i < snapshot->agent.degradation_count; i++) {
		terminal_printf(out, PAINT_YELLOW, "note: ");
		terminal_string(out, snapshot->agent.degradations[i], 0);
		print_meaning(out, degradation_meaning(snapshot->agent.degradations[i]));
	}
	print_note(out, "", snapshot->agent.config_error);
	print_note(out, "", snapshot->agent.listener_error);
	print_note(out, "it died in a function of the listener ", snapshot->agent.listener);
}

/* The capture's own times, each since the signal arrived. */
static void print_stages(FILE *out, const struct snapshot *snapshot)
{
	char time[64];

	for (size_t i = 0; i < snapshot->agent.stage_count; i++) {
		describe_duration(snapshot->agent.stages[i].ns, time);
		fputs(i ? ", " : "captured: ", out);
		terminal_string(out, snapshot->agent.stages[i].name, 32);
		fprintf(out, " after %s", time);
	}
	if (snapshot->agent.stage_count)
		putc('\n', out);
}

/* The command that the user can paste; quoted where the shell would take the name apart. */
static void print_hint(FILE *out, const char *path)
{
	bool quote = strpbrk(path, " \t\n\"'$`\\*?<>|&;()") != NULL;

	terminal_paint(out, PAINT_DIM);
	fprintf(out, "more: ttlog view --threads --last 200 %s", quote ? "'" : "");
	terminal_string(out, path, 0);
	fprintf(out, "%s", quote ? "'" : "");
	terminal_paint(out, PAINT_NONE);
	putc('\n', out);
}

void view_head(const struct view *view)
{
	const struct snapshot *snapshot = view->snapshot;
	FILE *out = view->out;

	print_headline(out, snapshot);
	print_damage(view);
	print_when(view);
	print_process(out, snapshot);
	print_program(view);
	/* Who sent what its handler has sent again is of more interest than that. */
	print_sender(out, snapshot,
		     describe_after_fault(snapshot) && snapshot->first_signal.has_sender ? &snapshot->first_signal
											 : &snapshot->signal);
	print_abort_message(out, snapshot);
	print_first_signal(out, snapshot);
	print_memory(out, snapshot);
	if (view->options->all_threads)
		print_limits(out, snapshot);
	putc('\n', out);
}

void view_foot(const struct view *view)
{
	putc('\n', view->out);
	if (view->snapshot->stats.recorded || !view->damage.text[0])
		print_stats(view->out, view->snapshot);
	if (view->options->all_threads)
		print_stages(view->out, view->snapshot);
	if (!view->target->is_input)
		print_hint(view->out, bundle_origin(view->target->path) ? bundle_origin(view->target->path) : view->target->path);
}
