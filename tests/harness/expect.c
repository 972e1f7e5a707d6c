#include "expect.h"
#include "signal_names.h"

#include "describe.h"
#include "place.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SAY(where, format, ...) "%s%s:%d: " format, about, (where).file, (where).line, __VA_ARGS__

static const char *about = "";

void expect_about(const char *what)
{
	static char text[512];
	snprintf(text, sizeof(text), "%s\n", what);
	about = text;
}

/* "a|b" holds the name */
static bool among(const char *names, const char *name)
{
	const size_t bytes = strlen(name);
	for (const char *at = names; at; at = strchr(at, '|')) {
		at += *at == '|';
		if (strncmp(at, name, bytes) == 0 && (at[bytes] == 0 || at[bytes] == '|'))
			return true;
	}
	return false;
}

static size_t without_newline(const char *text, size_t bytes)
{
	return bytes && text[bytes - 1] == '\n' ? bytes - 1 : bytes;
}

static bool same_line(const struct snapshot_text *message, const char *text)
{
	if (!message->data)
		return false;
	const size_t bytes = without_newline(message->data, message->bytes);
	return bytes == without_newline(text, strlen(text)) && memcmp(message->data, text, bytes) == 0;
}

static bool holds(const struct snapshot_text *text, const char *part)
{
	return text->data && memmem(text->data, text->bytes, part, strlen(part)) != NULL;
}

static void expect_same_bytes(struct where where, const char *what, const struct bytes *plain, const struct bytes *agent)
{
	size_t at = 0;
	while (at < plain->size && at < agent->size && plain->data[at] == agent->data[at])
		at++;
	cr_assert(plain->size == agent->size && at == plain->size,
		  SAY(where, "%s differs at byte %zu\n--- without the agent (%zu bytes):\n%s\n--- with it (%zu bytes):\n%s", what,
		      at, plain->size, plain->data, agent->size, agent->data));
}

void expect_same_at(struct where where, const struct outcome *plain, const struct outcome *agent)
{
	cr_assert(plain->status == agent->status,
		  SAY(where, "%s without the agent, %s with it\nstandard error with it:\n%s%s", status_text(plain->status),
		      status_text(agent->status), agent->err.data, agent->agent.data));
	expect_same_bytes(where, "standard output", &plain->out, &agent->out);
	expect_same_bytes(where, "standard error", &plain->err, &agent->err);
}

void expect_same_death_at(struct where where, const struct outcome *plain, const struct outcome *agent,
			  const struct core_scrutiny *scrutiny)
{
	struct core without, with;
	expect_same_at(where, plain, agent);
	const bool left = core_in(plain->directory, &without), left_too = core_in(agent->directory, &with);
	cr_assert(left == left_too, SAY(where, "a core is left %d without the agent, %d with it", left, left_too));
	char *difference = left ? core_difference(&without, &with, scrutiny) : NULL;
	cr_assert(difference == NULL, SAY(where, "the cores differ, without the agent and with it: %s", difference));
}

/* By DWARF's names, as gdb's: both call them so. */
static const uint64_t *register_of(const struct core *core, const char *name)
{
	for (size_t i = 0; i < CORE_REGISTERS; i++)
		if (strcmp(core_register_name(i), name) == 0)
			return &core->registers[i];
	return NULL;
}

void expect_snapshot_of_core_at(struct where where, const struct snapshot *snapshot, const struct core *core, bool registers)
{
	const struct snapshot_signal *signal = &snapshot->signal;
	cr_assert(signal->present && signal->number == core->signal.si_signo && signal->code == core->signal.si_code,
		  SAY(where, "the core's signal is %d, code %d%s", core->signal.si_signo, core->signal.si_code,
		      snapshot_describe(snapshot)));
	cr_assert(!signal->has_address || signal->address == (uintptr_t)core->signal.si_addr,
		  SAY(where, "the core's address is %p%s", core->signal.si_addr, snapshot_describe(snapshot)));
	cr_assert(!signal->has_sender ||
			  (signal->sender_pid == core->signal.si_pid && signal->sender_uid == (int64_t)core->signal.si_uid),
		  SAY(where, "the core's sender is %d%s", core->signal.si_pid, snapshot_describe(snapshot)));
	if (snapshot->first_signal.present)
		return; /* the thread is shown where the fault was, not where it died */
	const struct snapshot_thread *thread = crashed_thread(where, snapshot);
	cr_assert(thread->tid == (uint32_t)core->tid,
		  SAY(where, "the core's thread is %d%s", core->tid, snapshot_describe(snapshot)));
	for (size_t i = 0; registers && i < thread->register_count; i++) {
		const uint64_t *value = register_of(core, thread->registers[i].name);
		cr_assert(!value || *value == thread->registers[i].value,
			  SAY(where, "the core's %s is %#" PRIx64 "%s", thread->registers[i].name, *value,
			      snapshot_describe(snapshot)));
	}
}

void expect_signal_at(struct where where, const struct snapshot *snapshot, int number, int code)
{
	char name[16];
	snprintf(name, sizeof(name), "SIG%s", short_signal_name(number));
	cr_assert(snapshot->signal.present && snapshot->signal.number == number && snapshot->signal.name &&
			  strcmp(snapshot->signal.name, name) == 0 && snapshot->reason && strcmp(snapshot->reason, name) == 0,
		  SAY(where, "signal and reason are not %s%s", name, snapshot_describe(snapshot)));
	cr_assert(snapshot->signal.code == code && snapshot->signal.code_name,
		  SAY(where, "code is not %d or has no name%s", code, snapshot_describe(snapshot)));
}

void expect_sender_at(struct where where, const struct snapshot *snapshot, pid_t pid)
{
	cr_assert(snapshot->signal.has_sender && snapshot->signal.sender_pid == pid &&
			  snapshot->signal.sender_uid == (int64_t)getuid(),
		  SAY(where, "sender is not process %d of user %u%s", (int)pid, (unsigned)getuid(), snapshot_describe(snapshot)));
}

const struct snapshot_thread *crashed_thread(struct where where, const struct snapshot *snapshot)
{
	size_t crashed = 0;
	for (size_t i = 0; i < snapshot->thread_count; i++)
		crashed += snapshot->threads[i].crashed;
	cr_assert(crashed == 1 && snapshot->threads[0].crashed,
		  SAY(where, "%zu crashed threads instead of one, the first%s", crashed, snapshot_describe(snapshot)));
	return &snapshot->threads[0];
}

const struct snapshot_thread *thread_named(const struct snapshot *snapshot, const char *name)
{
	for (size_t i = 0; i < snapshot->thread_count; i++)
		if (snapshot->threads[i].name && strcmp(snapshot->threads[i].name, name) == 0)
			return &snapshot->threads[i];
	return NULL;
}

const struct snapshot_frame *frame_named(const struct snapshot_thread *thread, const char *name)
{
	for (size_t i = 0; i < thread->frame_count; i++)
		if (thread->frames[i].function && strcmp(thread->frames[i].function, name) == 0)
			return &thread->frames[i];
	cr_assert_fail("no frame of %s", name);
	return NULL;
}

void expect_shown_in_order_at(struct where where, const struct snapshot_thread *thread, const char *names)
{
	char copy[256], *rest = copy;
	size_t at = 0;
	snprintf(copy, sizeof(copy), "%s", names);
	for (const char *name; (name = strsep(&rest, " "));) {
		while (at < thread->frame_count && !(thread->frames[at].function && strcmp(thread->frames[at].function, name) == 0))
			at++;
		cr_assert(at < thread->frame_count, "%s:%d: %s is missing, or not behind the others of \"%s\"", where.file,
			  where.line, name, names);
		at++;
	}
}

bool stack_has(const struct snapshot_thread *thread, const char *names)
{
	for (size_t i = 0; i < thread->frame_count; i++)
		if (thread->frames[i].function && among(names, thread->frames[i].function))
			return true;
	return false;
}

void expect_innermost_at(struct where where, const struct snapshot *snapshot, const char *names)
{
	const struct snapshot_thread *thread = crashed_thread(where, snapshot);
	const char *innermost = NULL;
	for (size_t i = 0; i < thread->frame_count && !innermost; i++)
		innermost = thread->frames[i].function;
	cr_assert(innermost && among(names, innermost), SAY(where, "innermost named function is %s, not %s%s",
							    innermost ? innermost : "missing", names, snapshot_describe(snapshot)));
}

void expect_in_crashed_stack_at(struct where where, const struct snapshot *snapshot, const char *names)
{
	cr_assert(stack_has(crashed_thread(where, snapshot), names),
		  SAY(where, "%s is not in the crashed thread's stack%s", names, snapshot_describe(snapshot)));
}

const struct snapshot_event *find_event(const struct snapshot *snapshot, int source, const char *text)
{
	for (size_t i = 0; i < snapshot->event_count; i++) {
		const struct snapshot_event *event = &snapshot->events[i];
		if ((source == ANY_SOURCE || event->source == (unsigned)source) && same_line(&event->message, text))
			return event;
	}
	return NULL;
}

const struct snapshot_value *find_value(const struct snapshot_event *event, const char *key)
{
	for (size_t i = 0; i < event->value_count; i++)
		if (event->values[i].key && strcmp(event->values[i].key, key) == 0)
			return &event->values[i];
	return NULL;
}

static const char *source_text(int source)
{
	return source == ANY_SOURCE ? "any source" : source_name((unsigned)source);
}

const struct snapshot_event *expect_event_at(struct where where, const struct snapshot *snapshot, int source, const char *text)
{
	const struct snapshot_event *event = find_event(snapshot, source, text);
	cr_assert(event != NULL, SAY(where, "no event \"%s\" of %s%s", text, source_text(source), snapshot_describe(snapshot)));
	return event;
}

static bool has_event_holding(const struct snapshot *snapshot, const char *part)
{
	for (size_t i = 0; i < snapshot->event_count; i++)
		if (holds(&snapshot->events[i].message, part))
			return true;
	return false;
}

void expect_event_holding_at(struct where where, const struct snapshot *snapshot, const char *part)
{
	cr_assert(has_event_holding(snapshot, part), SAY(where, "no event holds \"%s\"%s", part, snapshot_describe(snapshot)));
}

void expect_no_event_holding_at(struct where where, const struct snapshot *snapshot, const char *part)
{
	cr_assert(!has_event_holding(snapshot, part), SAY(where, "an event holds \"%s\"%s", part, snapshot_describe(snapshot)));
}

void expect_events_in_order_at(struct where where, const struct snapshot *snapshot, const struct expected_event *events,
			       size_t count)
{
	size_t at = 0;
	for (size_t i = 0; i < count; i++) {
		const struct expected_event *wanted = &events[i];
		while (at < snapshot->event_count &&
		       !((wanted->source == ANY_SOURCE || snapshot->events[at].source == (unsigned)wanted->source) &&
			 same_line(&snapshot->events[at].message, wanted->text)))
			at++;
		cr_assert(at < snapshot->event_count, SAY(where, "event %zu, \"%s\" of %s, is missing or out of order%s", i,
							  wanted->text, source_text(wanted->source), snapshot_describe(snapshot)));
		at++;
	}
}

void expect_abort_message_at(struct where where, const struct snapshot *snapshot, const char *part)
{
	cr_assert(holds(&snapshot->abort_message, part),
		  SAY(where, "the abort message does not hold \"%s\"%s", part, snapshot_describe(snapshot)));
}

void expect_no_degradations_at(struct where where, const struct snapshot *snapshot)
{
	cr_assert(snapshot->agent.degradation_count == 0, SAY(where, "degraded%s", snapshot_describe(snapshot)));
}

static void expect_sound_threads(struct where where, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->thread_count; i++) {
		const struct snapshot_thread *thread = &snapshot->threads[i];
		/* What could not be stopped was not seen either. */
		const bool unseen = snapshot->agent.degradation_count;
		cr_assert(thread->tid && (unseen || (thread->frame_count && thread->name && thread->name[0])),
			  SAY(where, "thread %zu has no tid, name or frames%s", i, snapshot_describe(snapshot)));
	}
}

static void expect_sound_events(struct where where, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->event_count; i++) {
		const struct snapshot_event *event = &snapshot->events[i];
		cr_assert(level_name(event->level) && source_name(event->source) && event->tid != 0,
			  SAY(where, "event %zu has level %u, source %u, tid %u%s", i, event->level, event->source, event->tid,
			      snapshot_describe(snapshot)));
		cr_assert(i == 0 || event->timestamp >= snapshot->events[i - 1].timestamp,
			  SAY(where, "event %zu is older than the one before it%s", i, snapshot_describe(snapshot)));
		cr_assert(event->timestamp <= snapshot->created_at &&
				  snapshot->created_at - event->timestamp < 3600ull * 1000000000,
			  SAY(where, "event %zu is not of the hour before %" PRIu64 "%s", i, snapshot->created_at,
			      snapshot_describe(snapshot)));
	}
	/* Each of the other threads may have been stopped in the middle of a record. */
	const size_t others = snapshot->thread_count ? snapshot->thread_count - 1 : 0;
	cr_assert(snapshot->stats.recorded >= snapshot->event_count && snapshot->stats.torn <= others &&
			  snapshot->stats.dropped == 0,
		  SAY(where, "counters do not fit %zu events%s", snapshot->event_count, snapshot_describe(snapshot)));
}

void expect_sound_at(struct where where, const struct snapshot *snapshot, pid_t pid)
{
	cr_assert(snapshot->version == SNAPSHOT_VERSION && snapshot->pid == pid,
		  SAY(where, "version is not %u or pid not %d%s", SNAPSHOT_VERSION, (int)pid, snapshot_describe(snapshot)));
	cr_assert(snapshot->service && snapshot->hostname && snapshot->exe && snapshot->cwd && snapshot->cmdline_count > 0 &&
			  snapshot->reason && snapshot->created_at && snapshot->agent.version && snapshot->system.kernel &&
			  snapshot->system.arch,
		  SAY(where, "the snapshot does not say whose it is%s", snapshot_describe(snapshot)));
	for (size_t i = 0; i < snapshot->module_count; i++) {
		const struct snapshot_module *module = &snapshot->modules[i];
		cr_assert(module->path && module->size && (i == 0 || module[-1].base + module[-1].size <= module->base),
			  SAY(where, "module %zu (%s) is not sorted or overlaps%s", i, module->path ? module->path : "?",
			      snapshot_describe(snapshot)));
	}
	expect_sound_threads(where, snapshot);
	expect_sound_events(where, snapshot);
}

void expect_one_snapshot_at(struct where where, const struct outcome *outcome, struct snapshot *snapshot)
{
	const char *path;
	const size_t count = snapshots_in(place_storage(), &path);
	cr_assert(count == 1, SAY(where, "%zu snapshots instead of one; %s; standard error:\n%s%s", count,
				  status_text(outcome->status), outcome->err.data, outcome->agent.data));
	snapshot_at(snapshot, path);
	cr_assert(outcome->agent_lines == 1 && strstr(outcome->agent.data, path),
		  SAY(where, "not one line that names %s, but %zu:\n%s", path, outcome->agent_lines, outcome->agent.data));
}

void expect_no_snapshot_at(struct where where, const struct outcome *outcome)
{
	const char *path;
	const size_t count = snapshots_in(place_storage(), &path);
	cr_assert(count == 0, SAY(where, "%zu snapshots instead of none: %s", count, path));
	cr_assert(outcome->agent_lines == 0, SAY(where, "the agent spoke:\n%s", outcome->agent.data));
	const char *left = recorder_of(outcome->pid);
	cr_assert(left == NULL, SAY(where, "%s is left (%s)", left, status_text(outcome->status)));
}
