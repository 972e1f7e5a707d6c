#include "diff_sections.h"

#include "describe.h"
#include "placeholders.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NEAR_NULL 0x10000u /* an address below it is an offset that says something; one above it is chance */

static const char *or_dash(const char *string)
{
	return string ? string : "-";
}

/* Process, end ---------------------------------------------------------------------------------------------------------------- */

static void fill_process(struct diff_list *list, const struct diff_side *side)
{
	const struct snapshot *snapshot = side->snapshot;
	char line[2048] = "";

	for (size_t i = 0, used = 0; i < snapshot->cmdline_count && used < sizeof(line) - 1; used = strlen(line), i++)
		snprintf(line + used, sizeof(line) - used, "%s%s", i ? " " : "", snapshot->cmdline[i]);
	diff_list_format(list, NULL, "service   %.200s", or_dash(snapshot->service));
	diff_list_format(list, NULL, "program   %.1000s", or_dash(snapshot->exe));
	diff_list_format(list, NULL, "command   %s", *line ? line : "-");
}

static void add_signal(struct diff_list *list, const char *what, const struct snapshot_signal *signal)
{
	const bool is_near = signal->has_address && signal->address < NEAR_NULL;
	char text[DESCRIBE_BYTES], key[320];

	if (!signal->present)
		return;
	describe_signal(signal, text);
	snprintf(key, sizeof(key), "%s %.100s %.100s %" PRIx64, what, or_dash(signal->name), or_dash(signal->code_name),
		 is_near ? signal->address : 0);
	diff_list_format(list, key, "%s%s", what, text);
}

static void fill_end(struct diff_list *list, const struct diff_side *side)
{
	const struct snapshot *snapshot = side->snapshot;
	const struct snapshot_text *message = &snapshot->abort_message;
	char key[PLACEHOLDERS_BYTES];

	diff_list_format(list, NULL, "reason    %.200s", or_dash(snapshot->reason));
	add_signal(list, "signal    ", &snapshot->signal);
	add_signal(list, "first     ", &snapshot->first_signal);
	if (message->data) {
		placeholders_put(message->data, message->bytes, key);
		diff_list_format(list, side->exact ? NULL : key, "message   %.*s",
				 (int)(message->bytes < 1000 ? message->bytes : 1000), message->data);
	}
	if (snapshot->oom.present)
		diff_list_format(list, NULL, "memory    out of memory (%.100s)", or_dash(snapshot->oom.scope));
}

/* Stack ----------------------------------------------------------------------------------------------------------------------- */

/* By function; where there is none by its place in the module, which is the same wherever that was loaded. */
static void add_frame(struct diff_list *list, const struct snapshot_frame *frame)
{
	const char *module = frame->module ? describe_base_name(frame->module) : "?";
	char key[1200], place[400] = "";

	if (frame->file)
		snprintf(place, sizeof(place), "  %.300s:%u", describe_base_name(frame->file), frame->line);
	if (!frame->function) {
		snprintf(key, sizeof(key), "%.300s+0x%" PRIx64, module, frame->module ? frame->offset : frame->pc);
		diff_list_format(list, frame->module ? key : "?", "%s", key);
		return;
	}
	snprintf(key, sizeof(key), "%.*s", (int)describe_function_bytes(frame->function), frame->function);
	diff_list_format(list, key, "%s+0x%" PRIx64 "%s  (%.300s)", key, frame->function_offset, place, module);
}

static void fill_stack(struct diff_list *list, const struct diff_side *side)
{
	const struct snapshot *snapshot = side->snapshot;
	const struct snapshot_thread *thread = describe_crashed(snapshot);

	if (!thread && snapshot->thread_count)
		thread = &snapshot->threads[0];
	for (size_t i = 0; thread && i < thread->frame_count; i++) {
		if (thread->frames_omitted && i == thread->frames_omitted_at)
			diff_list_format(list, "omitted", "(%" PRIu64 " frames of a recursion)", thread->frames_omitted);
		add_frame(list, &thread->frames[i]);
	}
}

/* Modules, surroundings ---------------------------------------------------------------------------------------------------------- */

static void fill_modules(struct diff_list *list, const struct diff_side *side)
{
	for (size_t i = 0; i < side->snapshot->module_count; i++) {
		const struct snapshot_module *module = &side->snapshot->modules[i];
		diff_list_format(list, NULL, "%.1000s  build-id %.100s%s%.100s", or_dash(module->path), or_dash(module->build_id),
				 module->state ? "  " : "", module->state ? module->state : "");
	}
	diff_list_sort(list);
}

static const char *limit(bool has, uint64_t value, char room[24])
{
	snprintf(room, 24, "%" PRIu64, value);
	return has ? room : "unlimited";
}

static void fill_limits(struct diff_list *list, const struct diff_side *side)
{
	for (size_t i = 0; i < side->snapshot->system.limit_count; i++) {
		const struct snapshot_limit *each = &side->snapshot->system.limits[i];
		char soft[24], hard[24];
		diff_list_format(list, NULL, "%-10.100s soft %s, hard %s", or_dash(each->name),
				 limit(each->has_soft, each->soft, soft), limit(each->has_hard, each->hard, hard));
	}
	if (side->snapshot->system.memory_limit)
		diff_list_format(list, NULL, "%-10s %" PRIu64, "cgroup", side->snapshot->system.memory_limit);
}

static void fill_surroundings(struct diff_list *list, const struct diff_side *side)
{
	const struct snapshot *snapshot = side->snapshot;

	diff_list_format(list, NULL, "agent     %.100s", or_dash(snapshot->agent.version));
	diff_list_format(list, NULL, "system    %.200s, %.200s, %.50s, %u processors", or_dash(snapshot->system.os),
			 or_dash(snapshot->system.kernel), or_dash(snapshot->system.arch), snapshot->system.cpus);
	for (size_t i = 0; i < snapshot->agent.degradation_count; i++)
		diff_list_format(list, NULL, "without   %.300s", snapshot->agent.degradations[i]);
	if (snapshot->agent.config_error)
		diff_list_format(list, NULL, "variable  %.500s", snapshot->agent.config_error);
}

/* Events ---------------------------------------------------------------------------------------------------------------------- */

static void add_event(struct diff_list *list, const struct diff_side *side, const struct snapshot_event *event)
{
	const uint64_t end = side->snapshot->created_at, time = event->timestamp, apart = time > end ? time - end : end - time;
	const char *level = or_dash(level_name(event->level)), *source = or_dash(source_name(event->source));
	const struct snapshot_text text = event->message.data ? event->message : (struct snapshot_text){"", 0};
	size_t bytes = text.bytes < 2000 ? text.bytes : 2000;
	char message[PLACEHOLDERS_BYTES], key[PLACEHOLDERS_BYTES + 2400];

	placeholders_put(text.data, text.bytes, message);
	while (bytes && text.data[bytes - 1] == '\n')
		bytes--;
	if (side->exact)
		snprintf(key, sizeof(key), "%s %s %.200s %.*s", level, source, or_dash(event->target), (int)bytes, text.data);
	else
		snprintf(key, sizeof(key), "%s %s %.200s %s", level, source, or_dash(event->target), message);
	diff_list_format(list, key, "%c%" PRIu64 ".%06" PRIu64 " %-5s %-6s %.200s%s%.*s", time > end ? '+' : '-',
			 apart / 1000000000u, apart % 1000000000u / 1000, level, source, event->target ? event->target : "",
			 event->target ? ": " : "", (int)bytes, text.data);
}

static void fill_events(struct diff_list *list, const struct diff_side *side)
{
	for (size_t i = 0; i < side->rows->count; i++)
		add_event(list, side, &rows_at(side->rows, i)->event);
}

const struct diff_section diff_sections[DIFF_SECTIONS] = {
	{"process", 0, fill_process},           {"end", 0, fill_end},       {"stack", SIZE_MAX, fill_stack},
	{"modules", 0, fill_modules},           {"limits", 0, fill_limits}, {"events", 3, fill_events},
	{"surroundings", 0, fill_surroundings},
};
