#include "full_snapshot.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A snapshot with something in every member. ------------------------------------------------------------------------------- */

static struct snapshot_limit limits[] = {{"core", true, false, 0, 0}, {"nofile", true, true, 1024, UINT64_MAX}, {.name = "as"}};
static struct snapshot_register registers[] = {{"rip", 0x401000}, {"rsp", UINT64_MAX}};
static struct snapshot_frame frames[] = {
	{.pc = 0x401234,
	 .module = "/bin/victim",
	 .build_id = "00ff",
	 .offset = 0x1234,
	 .function = "crash_here",
	 .function_offset = 4,
	 .file = "/src/victim.c",
	 .line = 17},
	{.pc = UINT64_MAX, .exact = true, .found = "scan"},
};
static struct snapshot_thread threads[] = {
	{.tid = 101,
	 .name = "worker",
	 .crashed = true,
	 .state = "running",
	 .registers = registers,
	 .register_count = COUNT(registers),
	 .frames = frames,
	 .frame_count = COUNT(frames),
	 .frames_omitted = 1ull << 40,
	 .frames_omitted_at = 1,
	 .frames_cut = true},
	{.tid = 100},
};
static struct snapshot_module modules[] = {{.path = "/bin/victim", .base = 0x400000, .size = 0x1000, .build_id = "00ff"},
					   {.path = "/lib/gone.so", .base = 0x500000, .size = 0x1000, .state = "deleted"},
					   {.path = "[vdso]", .base = 0x7fff00000000, .size = 8192}};
static struct snapshot_value values[] = {
	{"signed", {.type = VALUE_SIGNED, .number.i = INT64_MIN}},
	{"unsigned", {.type = VALUE_UNSIGNED, .number.u = UINT64_MAX}},
	{"double", {.type = VALUE_DOUBLE, .number.d = -0.1}},
	{"yes", {.type = VALUE_BOOL, .number.u = 1}},
	{"no", {.type = VALUE_BOOL, .number.u = 0}},
	{"string", {.type = VALUE_STRING, .string = "text", .string_bytes = 4}},
	{"empty", {.type = VALUE_STRING, .string = "", .string_bytes = 0}},
	{"null", {.type = VALUE_STRING, .string = NULL}},
	{"bytes", {.type = VALUE_STRING, .string = "\xff\xfe", .string_bytes = 2}},
	{"pointer", {.type = VALUE_POINTER, .number.u = 0xdeadbeef}},
};
static struct snapshot_event events[] = {
	{.timestamp = 1700000000000000001,
	 .level = LEVEL_WARN,
	 .source = SOURCE_MACRO,
	 .tid = 101,
	 .thread_name = "worker",
	 .target = "net",
	 .message = {"slow", 4},
	 .values = values,
	 .value_count = COUNT(values),
	 .file = "net.c",
	 .line = 12,
	 .column = 5,
	 .function = "serve"},
	{.timestamp = 1700000000000000002,
	 .level = LEVEL_INFO,
	 .source = SOURCE_STDOUT,
	 .tid = 100,
	 .message = {"a\0b\n", 4},
	 .caller = 0x401240,
	 .truncated = 77},
	{.timestamp = 1700000000000000003,
	 .level = LEVEL_ERROR,
	 .source = SOURCE_STDERR,
	 .tid = 100,
	 .message = {"\xff not UTF-8", 11}},
	{.timestamp = 1700000000000000004, .level = LEVEL_FATAL, .source = SOURCE_ABORT, .tid = 100, .message = {"", 0}},
	{.timestamp = UINT64_MAX, .level = LEVEL_TRACE, .source = SOURCE_AGENT, .tid = UINT32_MAX},
};
static const char *cmdline[] = {"victim", "", "--x=1"};
static const char *degradations[] = {"first", "second"};
static const char *confined[] = {"calls", "files"};

static void fill_process(struct snapshot *snapshot)
{
	snapshot->version = SNAPSHOT_VERSION;
	snapshot->service = "service";
	snapshot->hostname = "host";
	snapshot->pid = 100;
	snapshot->ppid = 1;
	snapshot->exe = "/bin/victim";
	snapshot->cwd = "/";
	snapshot->cmdline = cmdline;
	snapshot->cmdline_count = COUNT(cmdline);
	snapshot->created_at = 1700000000123456789;
	snapshot->uptime = 42;
}

static void fill_end(struct snapshot *snapshot)
{
	snapshot->reason = "SIGSEGV";
	snapshot->signal = (struct snapshot_signal){.present = true,
						    .number = 11,
						    .name = "SIGSEGV",
						    .code = 1,
						    .code_name = "SEGV_MAPERR",
						    .has_address = true,
						    .address = UINT64_MAX};
	snapshot->first_signal = (struct snapshot_signal){.present = true,
							  .timestamp = 1700000000123456000,
							  .number = 6,
							  .name = "SIGABRT",
							  .code = -6,
							  .code_name = "SI_TKILL",
							  .has_sender = true,
							  .sender_pid = 100,
							  .sender_uid = 65534,
							  .sender_command = "/usr/bin/pkill victim",
							  .has_value = true,
							  .value = -1,
							  .has_timer = true,
							  .timer = 0};
	snapshot->oom.present = true;
	snapshot->oom.scope = "cgroup";
	snapshot->oom.kills = 1;
	snapshot->oom.limit = 1 << 26;
	snapshot->oom.used = UINT64_MAX;
	snapshot->abort_message = (struct snapshot_text){"free(): invalid pointer\n", 24};
}

static void fill_lists(struct snapshot *snapshot)
{
	snapshot->threads = threads;
	snapshot->thread_count = COUNT(threads);
	snapshot->modules = modules;
	snapshot->module_count = COUNT(modules);
	snapshot->events = events;
	snapshot->event_count = COUNT(events);
	snapshot->stats.recorded = 1;
	snapshot->stats.overwritten = 2;
	snapshot->stats.dropped = 3;
	snapshot->stats.truncated = 4;
	snapshot->stats.torn = UINT64_MAX;
}

static void fill_system(struct snapshot *snapshot)
{
	snapshot->system.os = "Debian";
	snapshot->system.kernel = "6.1";
	snapshot->system.arch = "x86_64";
	snapshot->system.cpus = 2;
	snapshot->system.rss = 4096;
	snapshot->system.peak_rss = 8192;
	snapshot->system.memory_limit = 1ull << 40;
	snapshot->system.memory_used = 1ull << 39;
	snapshot->system.threads = 3;
	snapshot->system.fds = 1024;
	snapshot->system.limits = limits;
	snapshot->system.limit_count = COUNT(limits);
	snapshot->system.load = 0.5;
}

static void fill_agent(struct snapshot *snapshot)
{
	snapshot->agent.version = "0.1";
	snapshot->agent.degradations = degradations;
	snapshot->agent.degradation_count = COUNT(degradations);
	snapshot->agent.confined = confined;
	snapshot->agent.confined_count = COUNT(confined);
	snapshot->agent.config_error = "TTLOG_LEVEL: bad";
	snapshot->agent.listener_error = "listener file:/x: no";
	snapshot->agent.listener = "mine";
	snapshot->agent.altstack.present = true;
	snapshot->agent.altstack.size = 249856;
	snapshot->agent.altstack.used = 1984;
	snapshot->agent.stages[0].name = "saved";
	snapshot->agent.stages[0].ns = 1000;
	snapshot->agent.stages[1].name = "done";
	snapshot->agent.stages[1].ns = 2000000;
	snapshot->agent.stage_count = 2;
}

struct snapshot full_snapshot(void)
{
	struct snapshot snapshot;
	snapshot_init(&snapshot);
	fill_process(&snapshot);
	fill_end(&snapshot);
	fill_lists(&snapshot);
	fill_system(&snapshot);
	fill_agent(&snapshot);
	return snapshot;
}

struct snapshot empty_snapshot(void)
{
	struct snapshot snapshot;
	snapshot_init(&snapshot);
	snapshot.version = SNAPSHOT_VERSION;
	snapshot.service = "s";
	snapshot.reason = "request";
	snapshot.pid = 7;
	return snapshot;
}

/* Comparison --------------------------------------------------------------------------------------------------------------- */

#define SAME(member) cr_assert(a->member == b->member, #member ": %lld, %lld", (long long)a->member, (long long)b->member)
#define SAME_STRING(member)                                                                                                        \
	cr_assert((!a->member && !b->member) || (a->member && b->member && strcmp(a->member, b->member) == 0), #member ": %s, %s", \
		  a->member ? a->member : "(null)", b->member ? b->member : "(null)")

static void same_text(const struct snapshot_text *a, const struct snapshot_text *b)
{
	cr_assert((a->data == NULL) == (b->data == NULL), "text");
	cr_assert(!a->data || (a->bytes == b->bytes && memcmp(a->data, b->data, a->bytes) == 0 && b->data[b->bytes] == 0),
		  "text %s", a->data);
}

static void same_signal(const struct snapshot_signal *a, const struct snapshot_signal *b)
{
	SAME(present);
	if (!a->present)
		return;
	SAME(timestamp);
	SAME(number);
	SAME_STRING(name);
	SAME(code);
	SAME_STRING(code_name);
	SAME(has_address);
	SAME(has_sender);
	cr_assert(!a->has_address || a->address == b->address);
	cr_assert(!a->has_sender || (a->sender_pid == b->sender_pid && a->sender_uid == b->sender_uid));
	SAME_STRING(sender_command);
	SAME(has_value);
	SAME(value);
	SAME(has_timer);
	SAME(timer);
}

static void same_frame(const struct snapshot_frame *a, const struct snapshot_frame *b)
{
	SAME(pc);
	SAME_STRING(module);
	SAME_STRING(build_id);
	SAME(offset);
	SAME_STRING(function);
	SAME(function_offset);
	SAME_STRING(file);
	SAME(line);
}

static void same_thread(const struct snapshot_thread *a, const struct snapshot_thread *b)
{
	SAME(tid);
	SAME_STRING(name);
	SAME(crashed);
	SAME_STRING(state);
	SAME(frames_omitted);
	SAME(frames_omitted_at);
	SAME(frames_cut);
	SAME(register_count);
	for (size_t i = 0; i < a->register_count; i++) {
		cr_assert_str_eq(a->registers[i].name, b->registers[i].name);
		SAME(registers[i].value);
	}
	SAME(frame_count);
	for (size_t i = 0; i < a->frame_count; i++)
		same_frame(&a->frames[i], &b->frames[i]);
}

static void same_value(const struct snapshot_value *a, const struct snapshot_value *b)
{
	SAME_STRING(key);
	if (a->value.type == VALUE_POINTER) {
		/* CBOR has no pointers: they are written as text, which JSON can hold exactly. */
		char text[32];
		snprintf(text, sizeof(text), "0x%" PRIx64, a->value.number.u);
		cr_assert(b->value.type == VALUE_STRING && strcmp(b->value.string, text) == 0, "%s is not %s", a->key, text);
		return;
	}
	cr_assert(a->value.type == b->value.type, "type of %s: %u, %u", a->key, a->value.type, b->value.type);
	if (a->value.type != VALUE_STRING) {
		cr_assert(memcmp(&a->value.number, &b->value.number, sizeof(a->value.number)) == 0, "%s", a->key);
		return;
	}
	const struct snapshot_text left = {a->value.string, a->value.string_bytes},
				   right = {b->value.string, b->value.string_bytes};
	same_text(&left, &right);
}

static void same_event(const struct snapshot_event *a, const struct snapshot_event *b)
{
	SAME(timestamp);
	SAME(level);
	SAME(source);
	SAME(tid);
	SAME_STRING(thread_name);
	SAME_STRING(target);
	same_text(&a->message, &b->message);
	SAME_STRING(file);
	SAME(line);
	SAME(column);
	SAME_STRING(function);
	SAME(caller);
	SAME(truncated);
	SAME(value_count);
	for (size_t i = 0; i < a->value_count; i++)
		same_value(&a->values[i], &b->values[i]);
}

static void same_agent(const struct snapshot *a, const struct snapshot *b)
{
	SAME_STRING(agent.version);
	SAME_STRING(agent.config_error);
	SAME_STRING(agent.listener_error);
	SAME_STRING(agent.listener);
	SAME(agent.altstack.present);
	SAME(agent.altstack.size);
	SAME(agent.altstack.used);
	SAME(agent.degradation_count);
	for (size_t i = 0; i < a->agent.degradation_count; i++)
		SAME_STRING(agent.degradations[i]);
	SAME(agent.confined_count);
	for (size_t i = 0; i < a->agent.confined_count; i++)
		SAME_STRING(agent.confined[i]);
	SAME(agent.stage_count);
	for (size_t i = 0; i < a->agent.stage_count; i++) {
		SAME_STRING(agent.stages[i].name);
		SAME(agent.stages[i].ns);
	}
}

void same_snapshot(const struct snapshot *a, const struct snapshot *b)
{
	SAME(version);
	SAME_STRING(service);
	SAME_STRING(hostname);
	SAME(pid);
	SAME(ppid);
	SAME_STRING(exe);
	SAME_STRING(cwd);
	SAME(cmdline_count);
	for (size_t i = 0; i < a->cmdline_count; i++)
		SAME_STRING(cmdline[i]);
	SAME(created_at);
	SAME(uptime);
	SAME_STRING(reason);
	same_signal(&a->signal, &b->signal);
	same_signal(&a->first_signal, &b->first_signal);
	same_text(&a->abort_message, &b->abort_message);
	SAME(thread_count);
	for (size_t i = 0; i < a->thread_count; i++)
		same_thread(&a->threads[i], &b->threads[i]);
	SAME(module_count);
	for (size_t i = 0; i < a->module_count; i++) {
		SAME_STRING(modules[i].path);
		SAME(modules[i].base);
		SAME(modules[i].size);
		SAME_STRING(modules[i].build_id);
		SAME_STRING(modules[i].state);
	}
	SAME(event_count);
	for (size_t i = 0; i < a->event_count; i++)
		same_event(&a->events[i], &b->events[i]);
	cr_assert(memcmp(&a->stats, &b->stats, sizeof(a->stats)) == 0, "stats");
	SAME_STRING(system.os);
	SAME_STRING(system.kernel);
	SAME_STRING(system.arch);
	SAME(system.cpus);
	SAME(system.rss);
	SAME(system.peak_rss);
	SAME(system.memory_limit);
	SAME(system.memory_used);
	SAME(system.threads);
	SAME(system.fds);
	SAME(system.limit_count);
	for (size_t i = 0; i < a->system.limit_count; i++) {
		SAME_STRING(system.limits[i].name);
		SAME(system.limits[i].has_soft);
		SAME(system.limits[i].soft);
		SAME(system.limits[i].has_hard);
		SAME(system.limits[i].hard);
	}
	SAME(oom.present);
	SAME_STRING(oom.scope);
	SAME(oom.kills);
	SAME(oom.limit);
	SAME(oom.used);
	cr_assert(a->system.load == b->system.load);
	same_agent(a, b);
}

unsigned char *encode_snapshot(const struct snapshot *snapshot, size_t *bytes)
{
	struct snapshot_error error = {.text = ""};
	unsigned char *cbor = NULL;
	const int result = snapshot_encode(snapshot, &cbor, bytes, &error);
	cr_assert(result == 0 && cbor && *bytes, "%d %s", result, error.text);
	return cbor;
}
