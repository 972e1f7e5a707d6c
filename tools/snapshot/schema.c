#include "schema.h"

#include "snapshot.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SCHEMA(label, type, table)                                                                                                 \
	{                                                                                                                          \
		.name = (label), .bytes = sizeof(type), .fields = (table), .count = COUNT(table)                                   \
	}

#define INLINE(member) offsetof(struct snapshot_inline, member)
static const struct field inline_fields[] = {
	{"function", FIELD_STRING, WHEN_SET, INLINE(function), 0, NULL},
	{"file", FIELD_STRING, WHEN_SET, INLINE(file), 0, NULL},
	{"line", FIELD_U32, WHEN_SET, INLINE(line), 0, NULL},
};
static const struct schema schema_inline = SCHEMA("inlined", struct snapshot_inline, inline_fields);

#define FRAME(member) offsetof(struct snapshot_frame, member)
static const struct field frame_fields[] = {
	{"pc", FIELD_U64, WHEN_ALWAYS, FRAME(pc), 0, NULL},
	{"module", FIELD_STRING, WHEN_SET, FRAME(module), 0, NULL},
	{"build_id", FIELD_STRING, WHEN_SET, FRAME(build_id), 0, NULL},
	{"offset", FIELD_U64, WHEN_POINTER, FRAME(offset), FRAME(module), NULL},
	{"function", FIELD_STRING, WHEN_SET, FRAME(function), 0, NULL},
	{"function_offset", FIELD_U64, WHEN_POINTER, FRAME(function_offset), FRAME(function), NULL},
	{"file", FIELD_STRING, WHEN_SET, FRAME(file), 0, NULL},
	{"line", FIELD_U32, WHEN_SET, FRAME(line), 0, NULL},
	{"inlined", FIELD_LIST, WHEN_SET, FRAME(inlined), FRAME(inlined_count), &schema_inline},
	{"source", FIELD_STRINGS, WHEN_SET, FRAME(source), FRAME(source_count), NULL},
	{"source_line", FIELD_U32, WHEN_SET, FRAME(source_line), 0, NULL},
	{"exact", FIELD_BOOL, WHEN_SET, FRAME(exact), 0, NULL},
	{"found", FIELD_STRING, WHEN_SET, FRAME(found), 0, NULL},
};
static const struct schema schema_frame = SCHEMA("frame", struct snapshot_frame, frame_fields);

#define THREAD(member) offsetof(struct snapshot_thread, member)
static const struct field thread_fields[] = {
	{"tid", FIELD_U32, WHEN_ALWAYS, THREAD(tid), 0, NULL},
	{"name", FIELD_STRING, WHEN_SET, THREAD(name), 0, NULL},
	{"crashed", FIELD_BOOL, WHEN_ALWAYS, THREAD(crashed), 0, NULL},
	{"state", FIELD_STRING, WHEN_SET, THREAD(state), 0, NULL},
	{"registers", FIELD_REGISTERS, WHEN_SET, THREAD(registers), THREAD(register_count), NULL},
	{"frames", FIELD_LIST, WHEN_ALWAYS, THREAD(frames), THREAD(frame_count), &schema_frame},
	{"frames_omitted", FIELD_U64, WHEN_SET, THREAD(frames_omitted), 0, NULL},
	{"frames_omitted_at", FIELD_U32, WHEN_SET, THREAD(frames_omitted_at), 0, NULL},
	{"frames_cut", FIELD_BOOL, WHEN_SET, THREAD(frames_cut), 0, NULL},
};
static const struct schema schema_thread = SCHEMA("thread", struct snapshot_thread, thread_fields);

#define MODULE(member) offsetof(struct snapshot_module, member)
static const struct field module_fields[] = {
	{"path", FIELD_STRING, WHEN_ALWAYS, MODULE(path), 0, NULL}, {"base", FIELD_U64, WHEN_ALWAYS, MODULE(base), 0, NULL},
	{"size", FIELD_U64, WHEN_ALWAYS, MODULE(size), 0, NULL},    {"build_id", FIELD_STRING, WHEN_SET, MODULE(build_id), 0, NULL},
	{"state", FIELD_STRING, WHEN_SET, MODULE(state), 0, NULL},
};
static const struct schema schema_module = SCHEMA("module", struct snapshot_module, module_fields);

#define EVENT(member) offsetof(struct snapshot_event, member)
static const struct field event_fields[] = {
	{"timestamp", FIELD_U64, WHEN_ALWAYS, EVENT(timestamp), 0, NULL},
	{"level", FIELD_LEVEL, WHEN_ALWAYS, EVENT(level), 0, NULL},
	{"tid", FIELD_U32, WHEN_ALWAYS, EVENT(tid), 0, NULL},
	{"thread_name", FIELD_STRING, WHEN_SET, EVENT(thread_name), 0, NULL},
	{"source", FIELD_SOURCE, WHEN_ALWAYS, EVENT(source), 0, NULL},
	{"target", FIELD_STRING, WHEN_SET, EVENT(target), 0, NULL},
	{"message", FIELD_TEXT, WHEN_POINTER, EVENT(message), EVENT(message.data), NULL},
	{"kv", FIELD_VALUES, WHEN_SET, EVENT(values), EVENT(value_count), NULL},
	{"file", FIELD_STRING, WHEN_SET, EVENT(file), 0, NULL},
	{"line", FIELD_U32, WHEN_SET, EVENT(line), 0, NULL},
	{"column", FIELD_U32, WHEN_SET, EVENT(column), 0, NULL},
	{"function", FIELD_STRING, WHEN_SET, EVENT(function), 0, NULL},
	{"caller", FIELD_U64, WHEN_SET, EVENT(caller), 0, NULL},
	{"truncated", FIELD_U64, WHEN_SET, EVENT(truncated), 0, NULL},
	{"span", FIELD_STRING, WHEN_SET, EVENT(span), 0, NULL},
	{"span_id", FIELD_U64, WHEN_SET, EVENT(span_id), 0, NULL},
	{"span_parent", FIELD_U64, WHEN_SET, EVENT(span_parent), 0, NULL},
	{"duration", FIELD_U64, WHEN_FLAG, EVENT(duration), EVENT(has_duration), NULL},
};
const struct schema schema_event = SCHEMA("event", struct snapshot_event, event_fields);

#define SIGNAL(member) offsetof(struct snapshot_signal, member)
static const struct field signal_fields[] = {
	{"timestamp", FIELD_U64, WHEN_SET, SIGNAL(timestamp), 0, NULL},
	{"number", FIELD_INT, WHEN_ALWAYS, SIGNAL(number), 0, NULL},
	{"name", FIELD_STRING, WHEN_SET, SIGNAL(name), 0, NULL},
	{"code", FIELD_INT, WHEN_ALWAYS, SIGNAL(code), 0, NULL},
	{"code_name", FIELD_STRING, WHEN_SET, SIGNAL(code_name), 0, NULL},
	{"address", FIELD_U64, WHEN_FLAG, SIGNAL(address), SIGNAL(has_address), NULL},
	{"sender_pid", FIELD_I64, WHEN_FLAG, SIGNAL(sender_pid), SIGNAL(has_sender), NULL},
	{"sender_uid", FIELD_I64, WHEN_FLAG, SIGNAL(sender_uid), SIGNAL(has_sender), NULL},
	{"sender_command", FIELD_STRING, WHEN_SET, SIGNAL(sender_command), 0, NULL},
	{"value", FIELD_I64, WHEN_FLAG, SIGNAL(value), SIGNAL(has_value), NULL},
	{"timer", FIELD_I64, WHEN_FLAG, SIGNAL(timer), SIGNAL(has_timer), NULL},
};
static const struct schema schema_signal = SCHEMA("signal", struct snapshot_signal, signal_fields);

#define LIMIT(member) offsetof(struct snapshot_limit, member)
static const struct field limit_fields[] = {
	{"name", FIELD_STRING, WHEN_ALWAYS, LIMIT(name), 0, NULL},
	{"soft", FIELD_U64, WHEN_FLAG, LIMIT(soft), LIMIT(has_soft), NULL},
	{"hard", FIELD_U64, WHEN_FLAG, LIMIT(hard), LIMIT(has_hard), NULL},
};
static const struct schema schema_limit = SCHEMA("limit", struct snapshot_limit, limit_fields);

/* These structs have no name in C: their members are counted from the snapshot, and the records begin at 0. */
#define TOP(member) offsetof(struct snapshot, member)
static const struct field stats_fields[] = {
	{"recorded", FIELD_U64, WHEN_ALWAYS, TOP(stats.recorded), 0, NULL},
	{"overwritten", FIELD_U64, WHEN_ALWAYS, TOP(stats.overwritten), 0, NULL},
	{"dropped", FIELD_U64, WHEN_ALWAYS, TOP(stats.dropped), 0, NULL},
	{"truncated", FIELD_U64, WHEN_ALWAYS, TOP(stats.truncated), 0, NULL},
	{"torn", FIELD_U64, WHEN_ALWAYS, TOP(stats.torn), 0, NULL},
	{"redacted", FIELD_U64, WHEN_SET, TOP(stats.redacted), 0, NULL},
};
static const struct schema schema_stats = SCHEMA("stats", struct snapshot, stats_fields);

static const struct field oom_fields[] = {
	{"scope", FIELD_STRING, WHEN_SET, TOP(oom.scope), 0, NULL},
	{"kills", FIELD_U64, WHEN_ALWAYS, TOP(oom.kills), 0, NULL},
	{"limit", FIELD_U64, WHEN_SET, TOP(oom.limit), 0, NULL},
	{"used", FIELD_U64, WHEN_SET, TOP(oom.used), 0, NULL},
};
static const struct schema schema_oom = SCHEMA("oom", struct snapshot, oom_fields);

static const struct field system_fields[] = {
	{"os", FIELD_STRING, WHEN_SET, TOP(system.os), 0, NULL},
	{"kernel", FIELD_STRING, WHEN_SET, TOP(system.kernel), 0, NULL},
	{"arch", FIELD_STRING, WHEN_SET, TOP(system.arch), 0, NULL},
	{"cpus", FIELD_U32, WHEN_SET, TOP(system.cpus), 0, NULL},
	{"rss", FIELD_U64, WHEN_SET, TOP(system.rss), 0, NULL},
	{"peak_rss", FIELD_U64, WHEN_SET, TOP(system.peak_rss), 0, NULL},
	{"memory_limit", FIELD_U64, WHEN_SET, TOP(system.memory_limit), 0, NULL},
	{"memory_used", FIELD_U64, WHEN_SET, TOP(system.memory_used), 0, NULL},
	{"threads", FIELD_U32, WHEN_SET, TOP(system.threads), 0, NULL},
	{"fds", FIELD_U32, WHEN_SET, TOP(system.fds), 0, NULL},
	{"limits", FIELD_LIST, WHEN_SET, TOP(system.limits), TOP(system.limit_count), &schema_limit},
	{"load", FIELD_DOUBLE, WHEN_SET, TOP(system.load), 0, NULL},
};
static const struct schema schema_system = SCHEMA("system", struct snapshot, system_fields);

static const struct field altstack_fields[] = {
	{"size", FIELD_U64, WHEN_ALWAYS, TOP(agent.altstack.size), 0, NULL},
	{"used", FIELD_U64, WHEN_ALWAYS, TOP(agent.altstack.used), 0, NULL},
};
static const struct schema schema_altstack = SCHEMA("altstack", struct snapshot, altstack_fields);

static const struct field agent_fields[] = {
	{"version", FIELD_STRING, WHEN_SET, TOP(agent.version), 0, NULL},
	{"stages", FIELD_STAGES, WHEN_SET, TOP(agent.stages), TOP(agent.stage_count), NULL},
	{"degradations", FIELD_STRINGS, WHEN_ALWAYS, TOP(agent.degradations), TOP(agent.degradation_count), NULL},
	{"confined", FIELD_STRINGS, WHEN_SET, TOP(agent.confined), TOP(agent.confined_count), NULL},
	{"config_error", FIELD_STRING, WHEN_SET, TOP(agent.config_error), 0, NULL},
	{"listener_error", FIELD_STRING, WHEN_SET, TOP(agent.listener_error), 0, NULL},
	{"listener", FIELD_STRING, WHEN_SET, TOP(agent.listener), 0, NULL},
	{"altstack", FIELD_RECORD, WHEN_FLAG, 0, TOP(agent.altstack.present), &schema_altstack},
};
static const struct schema schema_agent = SCHEMA("agent", struct snapshot, agent_fields);

static const struct field snapshot_fields[] = {
	{"version", FIELD_U32, WHEN_ALWAYS, TOP(version), 0, NULL},
	{"service", FIELD_STRING, WHEN_SET, TOP(service), 0, NULL},
	{"hostname", FIELD_STRING, WHEN_SET, TOP(hostname), 0, NULL},
	{"run", FIELD_STRING, WHEN_SET, TOP(run), 0, NULL},
	{"pid", FIELD_I64, WHEN_ALWAYS, TOP(pid), 0, NULL},
	{"ppid", FIELD_I64, WHEN_SET, TOP(ppid), 0, NULL},
	{"exe", FIELD_STRING, WHEN_SET, TOP(exe), 0, NULL},
	{"cmdline", FIELD_STRINGS, WHEN_ALWAYS, TOP(cmdline), TOP(cmdline_count), NULL},
	{"cwd", FIELD_STRING, WHEN_SET, TOP(cwd), 0, NULL},
	{"created_at", FIELD_U64, WHEN_ALWAYS, TOP(created_at), 0, NULL},
	{"uptime", FIELD_U64, WHEN_SET, TOP(uptime), 0, NULL},
	{"reason", FIELD_STRING, WHEN_SET, TOP(reason), 0, NULL},
	{"signal", FIELD_RECORD, WHEN_FLAG, TOP(signal), TOP(signal.present), &schema_signal},
	{"first_signal", FIELD_RECORD, WHEN_FLAG, TOP(first_signal), TOP(first_signal.present), &schema_signal},
	{"abort_message", FIELD_TEXT, WHEN_POINTER, TOP(abort_message), TOP(abort_message.data), NULL},
	{"oom", FIELD_RECORD, WHEN_FLAG, 0, TOP(oom.present), &schema_oom},
	{"threads", FIELD_LIST, WHEN_ALWAYS, TOP(threads), TOP(thread_count), &schema_thread},
	{"modules", FIELD_LIST, WHEN_ALWAYS, TOP(modules), TOP(module_count), &schema_module},
	{"events", FIELD_LIST, WHEN_ALWAYS, TOP(events), TOP(event_count), &schema_event},
	{"stats", FIELD_RECORD, WHEN_ALWAYS, 0, 0, &schema_stats},
	{"system", FIELD_RECORD, WHEN_ALWAYS, 0, 0, &schema_system},
	{"agent", FIELD_RECORD, WHEN_ALWAYS, 0, 0, &schema_agent},
};
const struct schema schema_snapshot = SCHEMA("snapshot", struct snapshot, snapshot_fields);
