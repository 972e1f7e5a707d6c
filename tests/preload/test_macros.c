/*
 * ttlog.h: it builds everywhere, changes nothing without the agent, and records every form and type with it.
 */
#include "describe.h"
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

TestSuite(builds, .init = place_init, .fini = place_fini, .timeout = 200);
TestSuite(macros, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PROGRAMS     SOURCE_DIR "/tests/programs"
#define INCLUDE      "-I" SOURCE_DIR "/include"

static void expect_done(struct where where, const struct outcome *outcome)
{
	cr_assert(outcome->status == 0, "%s:%d: %s\n%s%s", where.file, where.line, status_text(outcome->status), outcome->out.data,
		  outcome->err.data);
}

/* compiler standard optimisation source -o output and one more option, or two */
static const char *compile(const char *compiler, const char *standard, const char *level, const char *source,
			   const char *const *more)
{
	static unsigned count;
	char name[32];
	snprintf(name, sizeof(name), "program-%u", count++);
	const char *output = place_path(name);
	const char *argv[24] = {compiler, standard, level, "-Wall", "-Wextra", "-Werror", "-g", INCLUDE, source, "-o", output};
	for (size_t i = 11; more && *more; i++)
		argv[i] = *more++;
	const struct outcome outcome = process_run(&(struct process_setup){.argv = argv, .limit_s = 60});
	cr_assert(outcome.status == 0, "%s %s %s: %s", compiler, standard, level, outcome.err.data);
	return output;
}

/* The value is a number that stands for the integer: CBOR does not tell a signed 5 from an unsigned one. */
static bool is_integer(const struct event_value *value, int64_t number)
{
	return (value->type == VALUE_SIGNED || value->type == VALUE_UNSIGNED) && value->number.i == number;
}

static void expect_integer(const struct snapshot *snapshot, const struct snapshot_event *event, const char *key, int64_t number)
{
	const struct snapshot_value *value = find_value(event, key);
	cr_assert(value && is_integer(&value->value, number), "%s is not %" PRId64 "%s", key, number, snapshot_describe(snapshot));
	cr_assert(number < 0 ? value->value.type == VALUE_SIGNED : true, "%s lost its sign", key);
}

static void expect_unsigned(const struct snapshot_event *event, const char *key, uint64_t number)
{
	const struct snapshot_value *value = find_value(event, key);
	cr_assert(value && value->value.type == VALUE_UNSIGNED && value->value.number.u == number, "%s is not %" PRIu64, key,
		  number);
}

static void expect_double(const struct snapshot_event *event, const char *key, double number)
{
	const struct snapshot_value *value = find_value(event, key);
	cr_assert(value && value->value.type == VALUE_DOUBLE && value->value.number.d == number, "%s is not %f", key, number);
}

static void expect_bool(const struct snapshot_event *event, const char *key, bool yes)
{
	const struct snapshot_value *value = find_value(event, key);
	cr_assert(value && value->value.type == VALUE_BOOL && value->value.number.u == yes, "%s is not a bool, %d", key, yes);
}

/* NULL: the null pointer */
static void expect_string(const struct snapshot_event *event, const char *key, const char *text)
{
	const struct snapshot_value *value = find_value(event, key);
	cr_assert(value && value->value.type == VALUE_STRING, "%s is not a string", key);
	cr_assert(text ? value->value.string && value->value.string_bytes == strlen(text) &&
				  memcmp(value->value.string, text, strlen(text)) == 0
		       : value->value.string == NULL,
		  "%s is not \"%s\" but \"%.*s\"", key, text ? text : "(null)", (int)value->value.string_bytes,
		  value->value.string ? value->value.string : "");
}

static void run_and_die(const char *program, const char *const *environment, struct snapshot *snapshot)
{
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(program, "die")});
	const struct outcome agent = process_run(
		&(struct process_setup){.argv = LIST(program, "die"), .environment = environment, .agent = true});
	expect_same(plain, agent);
	expect_one_snapshot(agent, snapshot);
	expect_sound(snapshot, agent.pid);
	expect_no_degradations(snapshot);
}

/* What is in every snapshot of macros.h at the level error. */
static void expect_error_events(const struct snapshot *snapshot)
{
	const struct snapshot_event *event = expect_event(snapshot, SOURCE_MACRO, "integers");
	cr_assert(event->level == LEVEL_ERROR && event->caller == 0 && event->line > 0 && event->target &&
		  strcmp(event->target, "macros") == 0);
	cr_assert(event->file && strstr(event->file, "macros.h") && event->function && strstr(event->function, "record_values"));
	expect_integer(snapshot, event, "int", -5);
	expect_integer(snapshot, event, "short", -6);
	expect_integer(snapshot, event, "long", INT64_MIN);
	expect_integer(snapshot, event, "long_long", INT64_MAX);
	expect_integer(snapshot, event, "schar", -7);
	expect_unsigned(event, "size", 8);
	expect_unsigned(event, "uchar", 200);
	expect_unsigned(event, "u64", UINT64_MAX);
	event = expect_event(snapshot, SOURCE_MACRO, "others");
	expect_double(event, "double", 1.5);
	expect_double(event, "float", 0.25);
	expect_bool(event, "yes", true);
	expect_bool(event, "no", false);
	expect_string(event, "string", "a literal");
	expect_string(event, "array", "modifiable");
	expect_string(event, "null", NULL);
	expect_string(event, "pointer", "0x1234");
	event = expect_event(snapshot, SOURCE_MACRO, "commas (in), the message");
	expect_integer(snapshot, event, "sum", 3);
	expect_string(event, "empty", "");
	event = expect_event(snapshot, SOURCE_MACRO, "eight");
	cr_assert(event->value_count == 8, "%zu values", event->value_count);
	static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
	for (size_t i = 0; i < 8; i++) {
		cr_assert_str_eq(event->values[i].key, keys[i], "the keys' order");
		expect_integer(snapshot, event, keys[i], (int64_t)i + 1);
	}
	expect_event(snapshot, SOURCE_MACRO, "in a branch without braces");
	expect_no_event_holding(snapshot, "never");
	expect_integer(snapshot, expect_event(snapshot, SOURCE_MACRO, "keeps errno"), "n", 1);
	expect_event(snapshot, SOURCE_MACRO, "format error");
	expect_event(snapshot, SOURCE_MACRO, "format fatal 42 2.50");
	expect_event(snapshot, SOURCE_MACRO, "format without arguments");
	expect_event_holding(snapshot, "long 0000000000");
}

static void expect_forms_without_message(const struct snapshot *snapshot)
{
	size_t bare = 0, one = 0, two = 0, loops = 0;
	for (size_t i = 0; i < snapshot->event_count; i++) {
		const struct snapshot_event *event = &snapshot->events[i];
		if (event->source != SOURCE_MACRO)
			continue;
		const bool silent = !event->message.data || event->message.bytes == 0;
		bare += silent && event->value_count == 0;
		one += silent && event->value_count == 1 && find_value(event, "only") != NULL;
		two += silent && event->value_count == 2 && find_value(event, "first") && find_value(event, "second");
		if (event->value_count == 1 && strcmp(event->values[0].key, "i") == 0)
			expect_integer(snapshot, event, "i", (int64_t)loops++);
	}
	cr_assert(bare == 1 && one == 1 && two == 1 && loops == 3, "%zu bare, %zu of one, %zu of two values, %zu of a loop%s", bare,
		  one, two, loops, snapshot_describe(snapshot));
}

/* The compile matrix -------------------------------------------------------------------------------------------------------- */

static void check_matrix(const char *compiler, const char *standard, const char *source)
{
	static const char *const levels[] = {"-O0", "-O1", "-O2", "-O3"};
	struct bytes first = {.data = NULL};
	for (size_t i = 0; i < COUNT(levels); i++) {
		const char *program = compile(compiler, standard, levels[i], source,
					      i % 2 ? LIST("-fPIE", "-pie") : LIST("-fno-pie", "-no-pie"));
		const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(program)});
		const struct outcome agent = process_run(&(struct process_setup){.argv = LIST(program), .agent = true});
		expect_done(HERE, &plain);
		expect_same(plain, agent);
		expect_no_snapshot(agent);
		cr_assert(!first.data || strcmp(first.data, plain.out.data) == 0, "%s prints other things", levels[i]);
		first = plain.out;
		struct snapshot snapshot;
		char setting[512];
		const struct outcome died = process_run(&(struct process_setup){
			.argv = LIST(program, "die"),
			.agent = true,
			.environment = LIST(
				(snprintf(setting, sizeof(setting), "TTLOG_STORAGE=%s", place_path(levels[i])), setting))});
		const char *path;
		cr_assert(snapshots_in(place_path(levels[i]), &path) == 1, "%s %s %s: no snapshot of %s", compiler, standard,
			  levels[i], status_text(died.status));
		snapshot_at(&snapshot, path);
		expect_error_events(&snapshot);
	}
}

#define MATRIX(name, compiler, standard, source)                                                                                   \
	Test(builds, name)                                                                                                         \
	{                                                                                                                          \
		check_matrix(compiler, "-std=" standard, PROGRAMS "/" source);                                                     \
	}

MATRIX(gcc_c11, "gcc", "c11", "macros.c")
MATRIX(gcc_gnu11, "gcc", "gnu11", "macros.c")
MATRIX(clang_c11, "clang", "c11", "macros.c")
MATRIX(clang_gnu11, "clang", "gnu11", "macros.c")
MATRIX(gcc_cpp11, "g++", "c++11", "macros.cpp")
MATRIX(gcc_cpp20, "g++", "c++20", "macros.cpp")
MATRIX(clang_cpp11, "clang++", "c++11", "macros.cpp")
MATRIX(clang_cpp20, "clang++", "c++20", "macros.cpp")

Test(builds, strict_warnings)
{
	static const char *const strict[] = {"-Wpedantic", "-Wshadow", "-Wconversion", "-Wcast-qual", "-Wundef", NULL};
	static const char *const compilers[][3] = {{"gcc", "-std=c11", "minimum.c"}, {"clang", "-std=c11", "minimum.c"}};
	for (size_t i = 0; i < COUNT(compilers); i++) {
		char source[512];
		snprintf(source, sizeof(source), PROGRAMS "/%s", compilers[i][2]);
		compile(compilers[i][0], compilers[i][1], "-O2", source, strict);
	}
}

Test(builds, static_program)
{
	const char *program = compile("gcc", "-std=c11", "-O2", PROGRAMS "/macros.c", LIST("-static"));
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(program)});
	const struct outcome agent = process_run(&(struct process_setup){.argv = LIST(program), .agent = true});
	expect_done(HERE, &plain);
	expect_same(plain, agent);
	expect_no_snapshot(agent);
}

/* -lttlog_agent in the place of the preload */
Test(builds, linked_with_the_agent)
{
	const char *program = compile("gcc", "-std=c11", "-O2", PROGRAMS "/macros.c",
				      LIST("-Wl,--no-as-needed", "-L" BUILD_DIR, "-lttlog_agent", "-Wl,-rpath," BUILD_DIR));
	struct snapshot snapshot;
	char setting[512];
	snprintf(setting, sizeof(setting), "TTLOG_STORAGE=%s", place_storage());
	process_run(&(struct process_setup){.argv = LIST(program, "die"), .environment = LIST(setting)});
	snapshot_only(&snapshot, NULL);
	expect_error_events(&snapshot);
}

/* Many files of one program, and a shared object with macros of its own */
Test(builds, several_objects)
{
	static const char library[] =
		"#include <ttlog.h>\nvoid say(void);\nvoid say(void) { ttlog_error(\"from the library\"); }\n";
	static const char first[] =
		"#include <ttlog.h>\nvoid more(void);\nvoid more(void) { ttlog_error(\"from the second file\"); }\n";
	static const char second[] = "#include <stdlib.h>\n#include <ttlog.h>\nvoid say(void);\nvoid more(void);\n"
				     "int main(void) { say(); more(); ttlog_error(\"from main\"); abort(); }\n";
	const char *a = place_file("library.c", library, sizeof(library) - 1), *b = place_file("first.c", first, sizeof(first) - 1),
		   *c = place_file("second.c", second, sizeof(second) - 1), *object = place_path("library.so");
	const struct outcome made = process_run(
		&(struct process_setup){.argv = LIST("gcc", "-O2", INCLUDE, "-shared", "-fPIC", a, "-o", object)});
	expect_done(HERE, &made);
	const char *program = compile("gcc", "-std=c11", "-O2", b, LIST(c, object));
	struct snapshot snapshot;
	run_and_die(program, NULL, &snapshot);
	expect_event(&snapshot, SOURCE_MACRO, "from the library");
	expect_event(&snapshot, SOURCE_MACRO, "from the second file");
	expect_event(&snapshot, SOURCE_MACRO, "from main");
}

/* The texts below TTLOG_MIN_LEVEL are not in the binary. */
Test(builds, minimum_level)
{
	for (int i = 0; i < 2; i++) {
		const char *program = compile(i ? "clang" : "gcc", "-std=c11", "-O1", PROGRAMS "/minimum.c",
					      LIST("-DTTLOG_MIN_LEVEL=TTLOG_LEVEL_WARN"));
		const struct outcome strings = process_run(&(struct process_setup){.argv = LIST("strings", "-a", program)});
		cr_assert(!strstr(strings.out.data, "removed text of"), "%s", strstr(strings.out.data, "removed text of"));
		cr_assert(strstr(strings.out.data, "kept text of warn") && strstr(strings.out.data, "kept text of errorf"));
		program = compile(i ? "clang" : "gcc", "-std=c11", "-O1", PROGRAMS "/minimum.c", NULL);
		const struct outcome all = process_run(&(struct process_setup){.argv = LIST("strings", "-a", program)});
		cr_assert(strstr(all.out.data, "removed text of info"), "without it they are");
	}
}

/* With the agent ------------------------------------------------------------------------------------------------------------ */

Test(macros, forms_and_types_c)
{
	struct snapshot snapshot;
	run_and_die(PROGRAM("macros"), NULL, &snapshot);
	expect_error_events(&snapshot);
	expect_forms_without_message(&snapshot);
	const struct expected_event order[] = {{SOURCE_STDOUT, "macros begin"},
					       {SOURCE_MACRO, "level info"},
					       {SOURCE_MACRO, "eight"},
					       {SOURCE_MACRO, "integers"},
					       {SOURCE_STDERR, "macros end"}};
	expect_events_in_order(&snapshot, order, COUNT(order));
}

Test(macros, forms_and_types_cpp)
{
	struct snapshot snapshot;
	run_and_die(PROGRAM("macros_cpp"), NULL, &snapshot);
	expect_error_events(&snapshot);
	expect_forms_without_message(&snapshot);
	const struct snapshot_event *event = expect_event(&snapshot, SOURCE_MACRO, "c++");
	expect_string(event, "string", "a std::string");
	expect_string(event, "temporary", "a std::string!");
	expect_integer(&snapshot, event, "enum", 5);
	expect_integer(&snapshot, event, "scoped", 3);
	expect_string(event, "nullptr", "0x0");
	expect_string(expect_event(&snapshot, SOURCE_MACRO, "in a lambda"), "text", "a std::string");
	size_t templates = 0;
	for (size_t i = 0; i < snapshot.event_count; i++)
		templates += snapshot.events[i].message.data && strcmp(snapshot.events[i].message.data, "in a template") == 0;
	cr_assert(templates == 2, "%zu of 2 instances", templates);
}

static void check_level(const char *value, unsigned level)
{
	static const char *const names[] = {"trace", "debug", "info", "warn", "error", "fatal"};
	struct snapshot snapshot;
	char setting[64], text[64];
	snprintf(setting, sizeof(setting), "TTLOG_LEVEL=%s", value);
	run_and_die(PROGRAM("macros"), LIST(setting), &snapshot);
	for (unsigned i = 0; i < COUNT(names); i++) {
		static const char *const prefixes[] = {"level", "format"};
		for (unsigned k = 0; k < 2; k++) {
			snprintf(text, sizeof(text), "%s %s%s", prefixes[k], names[i], k && i == LEVEL_FATAL ? " 42 2.50" : "");
			const struct snapshot_event *event = find_event(&snapshot, SOURCE_MACRO, text);
			cr_assert((event != NULL) == (i >= level), "%s: \"%s\" is %s%s", setting, text, event ? "there" : "missing",
				  snapshot_describe(&snapshot));
			cr_assert(!event || event->level == i, "\"%s\" has level %u", text, event ? event->level : 0);
		}
	}
	/* What the program prints is not filtered. */
	expect_event(&snapshot, SOURCE_STDOUT, "macros begin");
}

Test(macros, level_default)
{
	check_level("info", LEVEL_INFO);
}

Test(macros, level_trace)
{
	check_level("trace", LEVEL_TRACE);
}

Test(macros, level_error)
{
	check_level("error", LEVEL_ERROR);
}

Test(macros, level_off)
{
	check_level("off", LEVEL_OFF);
}

Test(macros, disabled)
{
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(PROGRAM("macros"), "die")});
	const struct outcome agent = process_run(&(struct process_setup){
		.argv = LIST(PROGRAM("macros"), "die"), .environment = LIST("TTLOG_DISABLE=1"), .agent = true});
	expect_same(plain, agent);
	expect_no_snapshot(agent);
}

/* A formatted text longer than a record is cut, and says so. */
Test(macros, truncated)
{
	struct snapshot snapshot;
	run_and_die(PROGRAM("macros"), NULL, &snapshot);
	size_t bytes = 0;
	uint64_t truncated = 0;
	for (size_t i = 0; i < snapshot.event_count; i++) {
		const struct snapshot_event *event = &snapshot.events[i];
		if (event->source == SOURCE_MACRO && event->message.data && strncmp(event->message.data, "long 0", 6) == 0) {
			bytes += event->message.bytes;
			truncated += event->truncated;
		}
	}
	cr_assert(bytes + truncated == 1505, "%zu bytes there and %" PRIu64 " cut, of 1505%s", bytes, truncated,
		  snapshot_describe(&snapshot));
	cr_assert(truncated == 0 || snapshot.stats.truncated == 1, "counted %" PRIu64, snapshot.stats.truncated);
}
