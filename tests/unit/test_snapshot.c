/*
 * The snapshot file: what is written is read, damaged input gives an error, and files appear whole or not at all.
 */
#include "place.h"
#include "process.h"
#include "snapshot.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(snapshot, .init = place_init, .fini = place_fini, .timeout = 120);

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

static struct snapshot full_snapshot(void)
{
	struct snapshot snapshot;
	snapshot_init(&snapshot);
	snapshot.version = SNAPSHOT_VERSION;
	snapshot.service = "service";
	snapshot.hostname = "host";
	snapshot.pid = 100;
	snapshot.ppid = 1;
	snapshot.exe = "/bin/victim";
	snapshot.cwd = "/";
	snapshot.cmdline = cmdline;
	snapshot.cmdline_count = COUNT(cmdline);
	snapshot.created_at = 1700000000123456789;
	snapshot.uptime = 42;
	snapshot.reason = "SIGSEGV";
	snapshot.signal = (struct snapshot_signal){.present = true,
						   .number = 11,
						   .name = "SIGSEGV",
						   .code = 1,
						   .code_name = "SEGV_MAPERR",
						   .has_address = true,
						   .address = UINT64_MAX};
	snapshot.first_signal = (struct snapshot_signal){.present = true,
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
	snapshot.oom.present = true;
	snapshot.oom.scope = "cgroup";
	snapshot.oom.kills = 1;
	snapshot.oom.limit = 1 << 26;
	snapshot.oom.used = UINT64_MAX;
	snapshot.abort_message = (struct snapshot_text){"free(): invalid pointer\n", 24};
	snapshot.threads = threads;
	snapshot.thread_count = COUNT(threads);
	snapshot.modules = modules;
	snapshot.module_count = COUNT(modules);
	snapshot.events = events;
	snapshot.event_count = COUNT(events);
	snapshot.stats.recorded = 1;
	snapshot.stats.overwritten = 2;
	snapshot.stats.dropped = 3;
	snapshot.stats.truncated = 4;
	snapshot.stats.torn = UINT64_MAX;
	snapshot.system.os = "Debian";
	snapshot.system.kernel = "6.1";
	snapshot.system.arch = "x86_64";
	snapshot.system.cpus = 2;
	snapshot.system.rss = 4096;
	snapshot.system.peak_rss = 8192;
	snapshot.system.memory_limit = 1ull << 40;
	snapshot.system.memory_used = 1ull << 39;
	snapshot.system.threads = 3;
	snapshot.system.fds = 1024;
	snapshot.system.limits = limits;
	snapshot.system.limit_count = COUNT(limits);
	snapshot.system.load = 0.5;
	snapshot.agent.version = "0.1";
	snapshot.agent.degradations = degradations;
	snapshot.agent.degradation_count = COUNT(degradations);
	snapshot.agent.config_error = "TTLOG_LEVEL: bad";
	snapshot.agent.listener_error = "listener file:/x: no";
	snapshot.agent.listener = "mine";
	snapshot.agent.altstack.present = true;
	snapshot.agent.altstack.size = 249856;
	snapshot.agent.altstack.used = 1984;
	snapshot.agent.stages[0].name = "saved";
	snapshot.agent.stages[0].ns = 1000;
	snapshot.agent.stages[1].name = "done";
	snapshot.agent.stages[1].ns = 2000000;
	snapshot.agent.stage_count = 2;
	return snapshot;
}

static struct snapshot empty_snapshot(void)
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
	SAME(agent.stage_count);
	for (size_t i = 0; i < a->agent.stage_count; i++) {
		SAME_STRING(agent.stages[i].name);
		SAME(agent.stages[i].ns);
	}
}

static void same_snapshot(const struct snapshot *a, const struct snapshot *b)
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

static unsigned char *encode(const struct snapshot *snapshot, size_t *bytes)
{
	struct snapshot_error error = {.text = ""};
	unsigned char *cbor = NULL;
	const int result = snapshot_encode(snapshot, &cbor, bytes, &error);
	cr_assert(result == 0 && cbor && *bytes, "%d %s", result, error.text);
	return cbor;
}

/* Decoding gives -EBADMSG with a reason, or a snapshot that can be looked at; never anything else. */
static int decode_damaged(const unsigned char *cbor, size_t bytes)
{
	struct snapshot_error error = {.text = ""};
	struct snapshot back;
	snapshot_init(&back);
	/* malloc'ed to the byte, so that a sanitizer or valgrind sees a read behind the end */
	unsigned char *exact = malloc(bytes ? bytes : 1);
	memcpy(exact, cbor, bytes);
	const int result = snapshot_decode(&back, exact, bytes, &error);
	cr_assert(result == 0 || (result == -EBADMSG && error.text[0] && !strchr(error.text, '\n')), "result %d, \"%s\"", result,
		  error.text);
	free(exact);
	snapshot_fini(&back);
	return result;
}

Test(snapshot, round_trip)
{
	struct snapshot before[] = {full_snapshot(), empty_snapshot()};
	for (size_t i = 0; i < COUNT(before); i++) {
		struct snapshot_error error = {.text = ""};
		struct snapshot after;
		size_t bytes, again;
		unsigned char *cbor = encode(&before[i], &bytes);
		snapshot_init(&after);
		cr_assert(snapshot_decode(&after, cbor, bytes, &error) == 0, "%s at %" PRIu64, error.text, error.offset);
		same_snapshot(&before[i], &after);
		unsigned char *second = encode(&after, &again);
		cr_assert(again == bytes && memcmp(second, cbor, bytes) == 0, "decoded and encoded again it is another file");
		snapshot_fini(&after);
		free(second);
		free(cbor);
	}
}

Test(snapshot, truncated_at_every_byte)
{
	const struct snapshot snapshot = full_snapshot();
	size_t bytes;
	unsigned char *cbor = encode(&snapshot, &bytes);
	for (size_t cut = 0; cut < bytes; cut++)
		cr_assert(decode_damaged(cbor, cut) == -EBADMSG, "%zu of %zu bytes are a snapshot", cut, bytes);
	free(cbor);
}

Test(snapshot, something_behind_the_end)
{
	const struct snapshot snapshot = empty_snapshot();
	size_t bytes;
	unsigned char *cbor = encode(&snapshot, &bytes);
	cbor = realloc(cbor, bytes + 1);
	cbor[bytes] = 0;
	cr_assert(decode_damaged(cbor, bytes + 1) == -EBADMSG);
	free(cbor);
}

Test(snapshot, every_bit_flipped)
{
	const struct snapshot snapshot = full_snapshot();
	size_t bytes, refused = 0;
	unsigned char *cbor = encode(&snapshot, &bytes);
	for (size_t i = 0; i < bytes * 8; i++) {
		cbor[i / 8] ^= (unsigned char)(1u << i % 8);
		refused += decode_damaged(cbor, bytes) != 0;
		cbor[i / 8] ^= (unsigned char)(1u << i % 8);
	}
	cr_assert(refused > bytes, "only %zu of %zu flips were noticed", refused, bytes * 8);
	free(cbor);
}

Test(snapshot, hostile_lengths)
{
	/* An array, a map and strings that claim more than there is, nesting without end, wrong types at the top. */
	static const struct {
		const char *what, *cbor;
		size_t bytes;
	} hostile[] = {
		{"map of 2^64-1", "\xbb\xff\xff\xff\xff\xff\xff\xff\xff", 9},
		{"map of 2^32-1", "\xba\xff\xff\xff\xff", 5},
		{"array", "\x80", 1},
		{"number", "\x01", 1},
		{"nothing", "", 0},
		{"empty map", "\xa0", 1},
		{"huge key", "\xa1\x7b\xff\xff\xff\xff\xff\xff\xff\xff", 10},
		{"events of 2^62",
		 "\xa1\x66"
		 "events"
		 "\x9b\x40\x00\x00\x00\x00\x00\x00\x00",
		 17},
		{"threads of 2^31",
		 "\xa1\x67"
		 "threads"
		 "\x9a\x7f\xff\xff\xff",
		 14},
		{"events is a map",
		 "\xa2\x67"
		 "version\x01\x66"
		 "events\xa0",
		 18},
		{"version is text",
		 "\xa1\x67"
		 "version\x61"
		 "1",
		 11},
		{"endless map", "\xbf", 1},
		{"break", "\xff", 1},
		{"reserved",
		 "\xa1\x67"
		 "version\x1c",
		 10},
	};
	for (size_t i = 0; i < COUNT(hostile); i++)
		cr_assert(decode_damaged((const unsigned char *)hostile[i].cbor, hostile[i].bytes) == -EBADMSG, "%s was taken",
			  hostile[i].what);
	enum { DEPTH = 1000000 };
	unsigned char *nested = malloc(DEPTH + 16);
	memcpy(nested, "\xa1\x63xyz", 5);
	memset(nested + 5, 0x81, DEPTH);
	nested[5 + DEPTH] = 0;
	cr_assert(decode_damaged(nested, 6 + DEPTH) == -EBADMSG, "a million levels");
	free(nested);
}

/* Keys of the future ("nothing is removed without a version step") are passed over, whatever they hold. */
Test(snapshot, unknown_keys_are_ignored)
{
	const struct snapshot snapshot = empty_snapshot();
	size_t bytes;
	unsigned char *cbor = encode(&snapshot, &bytes);
	cr_assert((cbor[0] & 0xe0) == 0xa0 && (cbor[0] & 0x1f) < 23, "a short map: %#x", cbor[0]);
	static const unsigned char extra[] = {0x66, 'f', 'u', 't', 'u', 'r', 'e',  0xa2, 0x01, 0x82, 0xf6, 0xfb, 0, 0,
					      0,    0,   0,   0,   0,   0,   0x61, 'k',  0xc1, 0x1a, 0,    0,    0, 1};
	unsigned char *longer = malloc(bytes + sizeof(extra));
	longer[0] = cbor[0] + 1;
	memcpy(longer + 1, extra, sizeof(extra));
	memcpy(longer + 1 + sizeof(extra), cbor + 1, bytes - 1);
	struct snapshot after;
	struct snapshot_error error = {.text = ""};
	snapshot_init(&after);
	cr_assert(snapshot_decode(&after, longer, bytes + sizeof(extra), &error) == 0, "%s at %" PRIu64, error.text, error.offset);
	same_snapshot(&snapshot, &after);
	snapshot_fini(&after);
	free(longer);
	free(cbor);
}

/* Files -------------------------------------------------------------------------------------------------------------------- */

static const char *write_snapshot(struct snapshot *snapshot)
{
	static char path[4096];
	struct snapshot_error error = {.text = ""};
	const int result = snapshot_write(snapshot, place_storage(), path, sizeof(path), &error);
	cr_assert(result == 0, "%s: %s", strerror(-result), error.text);
	return path;
}

Test(snapshot, file_round_trip)
{
	struct snapshot before = full_snapshot();
	struct snapshot after;
	const char *path = write_snapshot(&before), *found;
	cr_assert(strncmp(path, place_storage(), strlen(place_storage())) == 0 && strstr(path, "/ttlog-service-100-"), "%s", path);
	cr_assert(strstr(path, "-20231114T221320.123Z-SIGSEGV" SNAPSHOT_SUFFIX), "%s does not hold time and reason", path);
	cr_assert(snapshots_in(place_storage(), &found) == 1, "one file, mode 0600");
	snapshot_at(&after, path);
	same_snapshot(&before, &after);
	struct snapshot_error error;
	unsigned char *cbor = NULL, *encoded;
	size_t bytes, expected;
	encoded = encode(&before, &expected);
	cr_assert(snapshot_load(path, &cbor, &bytes, &error) == 0 && bytes == expected && memcmp(cbor, encoded, bytes) == 0);
}

Test(snapshot, any_lz4_reads_it)
{
	struct snapshot before = full_snapshot();
	static const char script[] =
		"import sys, lz4.frame, cbor2; s = cbor2.loads(lz4.frame.decompress(open(sys.argv[1], 'rb').read()));"
		"print(s['reason'], s['events'][0]['kv']['unsigned'], s['threads'][0]['frames'][0]['function'])";
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", script, write_snapshot(&before))});
	cr_assert(outcome.status == 0 && strcmp(outcome.out.data, "SIGSEGV 18446744073709551615 crash_here\n") == 0, "%s%s",
		  outcome.out.data, outcome.err.data);
	const struct outcome valid = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", SOURCE_DIR "/tests/cddl/validate.py",
						     SOURCE_DIR "/tools/snapshot/snapshot.cddl", write_snapshot(&before))});
	cr_assert(valid.status == 0, "%s%s", valid.out.data, valid.err.data);
}

/* Same service, pid, millisecond and reason: each gets a file of its own. */
Test(snapshot, names_collide)
{
	struct snapshot snapshot = full_snapshot();
	const char *found;
	for (int i = 0; i < 20; i++)
		write_snapshot(&snapshot);
	cr_assert(snapshots_in(place_storage(), &found) == 20, "%zu files of 20", snapshots_in(place_storage(), &found));
}

/* Nothing that a program can put into its name or its reason leads out of the directory. */
Test(snapshot, hostile_names)
{
	static const char *const names[] = {"../../x",   "a/b",      "",    ".",        "..",
					    "new\nline", "\x1b[31m", "-rf", "\xff\xfe", "\xc3\xa4"};
	struct snapshot snapshot = full_snapshot();
	const char *found;
	for (size_t i = 0; i < COUNT(names); i++) {
		snapshot.service = names[i];
		snapshot.reason = names[i];
		const char *path = write_snapshot(&snapshot);
		for (const char *c = path + strlen(place_storage()) + 1; *c; c++)
			cr_assert(*c > ' ' && *c != '/' && *c < 127, "%s holds %#x", path, (unsigned char)*c);
		struct snapshot after;
		snapshot_at(&after, path);
		cr_assert_str_eq(after.service, names[i]);
	}
	char longest[5000];
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = 0;
	snapshot.service = longest;
	snapshot.reason = "request";
	write_snapshot(&snapshot);
	cr_assert(snapshots_in(place_storage(), &found) == COUNT(names) + 1);
}

static void expect_no_file(const char *directory, int expected)
{
	struct snapshot snapshot = full_snapshot();
	struct snapshot_error error = {.text = ""};
	char path[4096];
	const int result = snapshot_write(&snapshot, directory, path, sizeof(path), &error);
	cr_assert(result == expected && error.text[0], "%s: %s, not %s; \"%s\"", directory, strerror(-result), strerror(-expected),
		  error.text);
}

Test(snapshot, directory_cannot_be_used)
{
	const char *file = place_file("file", "x", 1), *deep = place_path("file/storage"), *locked = place_path("locked");
	expect_no_file(deep, -ENOTDIR);
	expect_no_file(file, -ENOTDIR);
	cr_assert(mkdir(locked, 0500) == 0);
	if (getuid() == 0) {
		cr_assert(chown(locked, 65534, 65534) == 0 && setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
	}
	expect_no_file(locked, -EACCES);
}

/* The file system is full in the middle: nothing remains. */
Test(snapshot, no_room)
{
	struct snapshot snapshot = full_snapshot();
	struct snapshot_error error = {.text = ""};
	char path[4096];
	signal(SIGXFSZ, SIG_IGN);
	const struct rlimit small = {64, 64};
	cr_assert(mkdir(place_storage(), 0700) == 0 && setrlimit(RLIMIT_FSIZE, &small) == 0);
	const int result = snapshot_write(&snapshot, place_storage(), path, sizeof(path), &error);
	const char *found;
	const size_t left = snapshots_in(place_storage(), &found);
	cr_assert(result == -EFBIG && left == 0, "%s, %zu files left", strerror(-result), left);
}

static int read_bytes(const void *data, size_t bytes)
{
	struct snapshot snapshot;
	struct snapshot_error error = {.text = ""};
	snapshot_init(&snapshot);
	const int result = snapshot_read(&snapshot, place_file("damaged", data, bytes), &error);
	cr_assert(result == 0 || (error.text[0] && !strchr(error.text, '\n')), "%s without a reason", strerror(-result));
	snapshot_fini(&snapshot);
	return result;
}

Test(snapshot, damaged_files)
{
	struct snapshot before = full_snapshot();
	FILE *file = fopen(write_snapshot(&before), "r");
	static unsigned char data[65536];
	const size_t bytes = fread(data, 1, sizeof(data), file);
	cr_assert(bytes > 100 && bytes < sizeof(data));
	for (size_t cut = 0; cut < bytes; cut++)
		cr_assert(read_bytes(data, cut) == -EBADMSG, "%zu of %zu bytes are a snapshot", cut, bytes);
	size_t refused = 0;
	for (size_t i = 0; i < bytes; i++) {
		data[i] ^= 0x10;
		const int result = read_bytes(data, bytes);
		cr_assert(result == 0 || result == -EBADMSG, "%s", strerror(-result));
		refused += result != 0;
		data[i] ^= 0x10;
	}
	cr_assert(refused == bytes, "the checksums of the frame let %zu of %zu changed bytes pass", bytes - refused, bytes);
	cr_assert(read_bytes("hello\n", 6) == -EBADMSG);
	cr_assert(read_bytes("", 0) == -EBADMSG);
	cr_assert(read_bytes(data, bytes) == 0);
	data[bytes] = 0;
	cr_assert(read_bytes(data, bytes + 1) == -EBADMSG, "something behind the frame");
	struct snapshot snapshot;
	struct snapshot_error error = {.text = ""};
	snapshot_init(&snapshot);
	cr_assert(snapshot_read(&snapshot, place_path("missing"), &error) == -ENOENT && error.text[0]);
	cr_assert(snapshot_read(&snapshot, place_root(), &error) < 0 && error.text[0], "a directory");
}

/* JSON --------------------------------------------------------------------------------------------------------------------- */

Test(snapshot, json)
{
	struct snapshot before = full_snapshot();
	size_t bytes;
	unsigned char *cbor = encode(&before, &bytes);
	struct snapshot_error error = {.text = ""};
	FILE *out = fopen(place_path("json"), "w");
	cr_assert(snapshot_print_json(out, cbor, bytes, &error) == 0 && fclose(out) == 0, "%s", error.text);
	static const char script[] =
		"import json, sys; s = json.load(open(sys.argv[1], encoding='utf-8')); e = s['events'];"
		"assert s['reason'] == 'SIGSEGV' and s['signal']['address'] == 2**64 - 1 and s['cmdline'] == ['victim', '', "
		"'--x=1'], "
		"s;"
		"assert e[0]['kv']['signed'] == -2**63 and e[0]['kv']['yes'] is True and e[0]['kv']['null'] is None and "
		"e[0]['kv']['double'] == -0.1, e[0];"
		"assert e[1]['message'] == 'a\\0b\\n' and e[1]['level'] == 'info' and e[1]['source'] == 'stdout', e[1];"
		"assert e[2]['message'] == '\\ufffd not UTF-8', e[2];"
		"assert 'message' not in e[4], e[4]";
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", script, place_path("json"))});
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
	for (size_t cut = 0; cut < bytes; cut++) {
		out = fopen("/dev/null", "w");
		cr_assert(snapshot_print_json(out, cbor, cut, &error) == -EBADMSG, "%zu of %zu bytes printed", cut, bytes);
		fclose(out);
	}
	free(cbor);
}

/* Modules ------------------------------------------------------------------------------------------------------------------ */

Test(snapshot, modules_of_maps)
{
	static const char maps[] = "00400000-00401000 r--p 00000000 08:01 11                         /bin/with space\n"
				   "00401000-00403000 r-xp 00001000 08:01 11                         /bin/with space\n"
				   "01000000-01021000 rw-p 00000000 00:00 0                          [heap]\n"
				   "7f0000000000-7f0000001000 r-xp 00000000 08:01 12                 /lib/libx.so (deleted)\n"
				   "7f0000001000-7f0000002000 rw-p 00000000 00:00 0 \n"
				   "7ffc00000000-7ffc00001000 r-xp 00000000 00:00 0                  [vdso]\n";
	struct snapshot snapshot;
	snapshot_init(&snapshot);
	cr_assert(snapshot_add_maps(&snapshot, maps, strlen(maps)) == 0);
	const struct snapshot_module *module = snapshot_module_at(&snapshot, 0x402fff);
	cr_assert(module && strcmp(module->path, "/bin/with space") == 0 && module->base == 0x400000 && module->size == 0x3000);
	cr_assert(snapshot_module_at(&snapshot, 0x403000) == NULL && snapshot_module_at(&snapshot, 0x3fffff) == NULL);
	cr_assert(snapshot_module_at(&snapshot, 0) == NULL && snapshot_module_at(&snapshot, UINT64_MAX) == NULL);
	module = snapshot_module_at(&snapshot, 0x7f0000000010);
	cr_assert(module && strcmp(module->path, "/lib/libx.so") == 0 && strcmp(module->state, "deleted") == 0);
	cr_assert(snapshot_module_at(&snapshot, 0x400000)->state == NULL);
	snapshot_fini(&snapshot);
	/* Any prefix, as a hostile recorder file may hold it */
	for (size_t bytes = 0; bytes < strlen(maps); bytes++) {
		snapshot_init(&snapshot);
		snapshot_add_maps(&snapshot, maps, bytes);
		snapshot_fini(&snapshot);
	}
}

/* A program that maps its own file again, to read it; a library in two copies, the older of them deleted; a file without a name. */
Test(snapshot, modules_mapped_twice)
{
	static const char maps[] = "00400000-00401000 r--p 00000000 08:01 11                         /bin/x\n"
				   "00401000-00403000 r-xp 00001000 08:01 11                         /bin/x\n"
				   "00403000-00404000 r--p 00003000 08:01 11                         /bin/x\n"
				   "00404000-00405000 r--p 00003000 08:01 11                         /bin/x\n"
				   "7f0000000000-7f0000001000 r-xp 00000000 08:01 12                 /lib/y (deleted)\n"
				   "7f0000001000-7f0000002000 r-xp 00000000 08:01 12                 /lib/y (deleted)\n"
				   "7f0000002000-7f0000003000 r-xp 00000000 08:01 13                 /lib/y\n"
				   "7f0000010000-7f0000011000 r--p 00000000 08:01 11                 /bin/x\n"
				   "7f0000020000-7f0000021000 r-xp 00000000 00:01 14                 /memfd:z (deleted)\n";
	struct snapshot snapshot;
	snapshot_init(&snapshot);
	cr_assert(snapshot_add_maps(&snapshot, maps, strlen(maps)) == 0);
	cr_assert(snapshot.module_count == 4, "%zu modules", snapshot.module_count);
	cr_assert(snapshot.modules[0].base == 0x400000 && snapshot.modules[0].size == 0x5000, "the copy to be read counts");
	cr_assert(snapshot.modules[1].size == 0x2000 && strcmp(snapshot.modules[1].state, "deleted") == 0);
	cr_assert(snapshot.modules[2].base == 0x7f0000002000 && !snapshot.modules[2].state);
	cr_assert(strcmp(snapshot.modules[3].path, "/memfd:z") == 0 && strcmp(snapshot.modules[3].state, "memory") == 0);
	snapshot_fini(&snapshot);
}
