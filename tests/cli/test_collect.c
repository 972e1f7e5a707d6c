/*
 * ttlog collect: groups, baselines, exit statuses, what cannot be read; and each format as its server reads it, with snapshots that want to
 * be taken for something else.
 */
#include "command.h"
#include "sample.h"
#include "terminal_session.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(collect, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define REPORTS      SOURCE_DIR "/tests/cli/reports/"
#define FOUND        4 /* exit status: deaths that --fail-on is about */

static const char *const formats_all[] = {"text", "markdown", "html", "github", "gitlab", "junit", "json", "sarif"};

/* Deaths that were never died ---------------------------------------------------------------------------------------------------- */

struct death {
	const char *function, *file, *message, *service;
	uint32_t line;
	unsigned seconds; /* after SAMPLE_END */
	const char *build_id;
};

/* Of SIGSEGV in `function`, called by main of shop.c, with an event that says `message`. */
static const char *write_death(const struct death *death)
{
	struct snapshot_frame frames[] = {{.pc = 0x1100,
					   .module = "/nowhere/shop",
					   .offset = 0x100,
					   .function = death->function,
					   .file = death->file,
					   .line = death->line,
					   .build_id = death->build_id},
					  {.pc = 0x1200,
					   .module = "/nowhere/shop",
					   .offset = 0x200,
					   .function = "main",
					   .file = "/build/src/shop.c",
					   .line = 7}};
	struct snapshot_thread thread = {.tid = 100, .crashed = true, .frames = frames, .frame_count = 2};
	struct snapshot_module module = {.path = "/nowhere/shop", .base = 0x1000, .size = 0x1000};
	const char *said = death->message ? death->message : "hello";
	struct snapshot_event event = {
		.timestamp = SAMPLE_END, .level = LEVEL_INFO, .source = SOURCE_STDOUT, .tid = 100, .message = {said, strlen(said)}};
	struct snapshot_error error = {.text = ""};
	struct snapshot snapshot;
	char path[512];
	snapshot_init(&snapshot);
	snapshot.service = death->service ? death->service : "shop";
	snapshot.hostname = "host";
	snapshot.pid = 4711;
	snapshot.created_at = SAMPLE_END + death->seconds * UINT64_C(1000000000);
	snapshot.reason = "SIGSEGV";
	snapshot.redact = "none";
	snapshot.signal = (struct snapshot_signal){
		.present = true, .number = SIGSEGV, .name = "SIGSEGV", .code = 1, .code_name = "SEGV_MAPERR", .has_address = true};
	if (death->message)
		snapshot.abort_message = (struct snapshot_text){said, strlen(said)};
	snapshot.threads = &thread;
	snapshot.thread_count = 1;
	snapshot.modules = &module;
	snapshot.module_count = 1;
	snapshot.events = &event;
	snapshot.event_count = 1;
	snapshot.stats.recorded = 1;
	cr_assert(snapshot_write(&snapshot, place_storage(), path, sizeof(path), &error) == 0, "%s", error.text);
	snapshot_fini(&snapshot);
	return strdup(path);
}

/* A repository: the files that places may be in. */
static const char *repository(void)
{
	const char *root = place_path("repository");
	cr_assert(mkdir(root, 0700) == 0);
	cr_assert(mkdir(place_path("repository/src"), 0700) == 0);
	place_file("repository/src/shop.c", "\n\n\n\n\n\nint main;\n\n\n", 18);
	place_file("repository/src/a,b:c%.c", "\n", 1);
	return root;
}

/* The report in that format, checked as its server would read it: a line for each group. */
static struct outcome report(const char *format, const char *root, const char *const *more)
{
	const char *arguments[32] = {"collect", "--format", format, "--source-root", root, "-o"};
	const bool html = !strcmp(format, "html");
	const char *path = place_path(html ? "report" : "report.out");
	size_t count = 6;
	arguments[count++] = path;
	while (more && *more)
		arguments[count++] = *more++;
	arguments[count++] = place_storage();
	const struct outcome made = ttlog(arguments);
	cr_assert(WIFEXITED(made.status) && WEXITSTATUS(made.status) != USAGE, "%s: %s", format, made.err.data);
	struct outcome checked = process_run(&(struct process_setup){
		.argv = LIST("/usr/bin/python3", REPORTS "check.py", format, html ? place_path("report/index.html") : path)});
	cr_assert(checked.status == 0, "%s: %s%s", format, checked.err.data, checked.out.data);
	checked.err = made.err;
	checked.status = made.status;
	return checked;
}

static void expect_lines(const struct outcome *outcome, const char *lines)
{
	cr_expect_str_eq(outcome->out.data, lines, "not\n%s\nbut\n%s", lines, outcome->out.data);
}

/* Groups ------------------------------------------------------------------------------------------------------------------------- */

static const struct death three[] = {
	{.function = "sell", .file = "/build/src/shop.c", .line = 42, .seconds = 1},
	{.function = "buy", .file = "/build/src/buy.c", .line = 17, .seconds = 2},
	{.function = "sell.part.0", .file = "/build/src/shop.c", .line = 43, .seconds = 3},
};

static void write_three(void)
{
	for (size_t i = 0; i < COUNT(three); i++)
		write_death(&three[i]);
}

/* Each format, the newest group first; places as the repository knows them, which buy.c is not in: its caller is. */
Test(collect, formats)
{
	static const struct {
		const char *format, *lines;
	} formats[] = {
		{"text", "src/shop.c:43 SIGSEGV in sell < main\nsrc/shop.c:7 SIGSEGV in buy < main\n"},
		{"markdown", "src/shop.c:43 SIGSEGV in sell < main\nsrc/shop.c:7 SIGSEGV in buy < main\n"},
		{"html", "src/shop.c:43 SIGSEGV in sell < main\nsrc/shop.c:7 SIGSEGV in buy < main\n"},
		{"github", "error src/shop.c:43 SIGSEGV in sell < main\nerror src/shop.c:7 SIGSEGV in buy < main\n"},
		{"gitlab",
		 "src/shop.c:43 SIGSEGV in sell < main: died of SIGSEGV: address not mapped (SEGV_MAPERR) at 0x0, a null pointer\n"
		 "src/shop.c:7 SIGSEGV in buy < main: died of SIGSEGV: address not mapped (SEGV_MAPERR) at 0x0, a null pointer\n"},
		{"junit", "failure SIGSEGV SIGSEGV in sell < main | died of SIGSEGV: address not mapped (SEGV_MAPERR) at 0x0, a "
			  "null pointer\n"
			  "failure SIGSEGV SIGSEGV in sell < main (2) | died of SIGSEGV: address not mapped (SEGV_MAPERR) at 0x0, "
			  "a null pointer\n"
			  "failure SIGSEGV SIGSEGV in buy < main | died of SIGSEGV: address not mapped (SEGV_MAPERR) at 0x0, a "
			  "null pointer\n"},
		{"json", "src/shop.c:43 SIGSEGV in sell < main\nsrc/shop.c:7 SIGSEGV in buy < main\n"},
		{"sarif", "src/shop.c:43 SIGSEGV in sell < main: shop died of SIGSEGV: address not mapped (SEGV_MAPERR) at 0x0, a "
			  "null pointer\n"
			  "src/shop.c:7 SIGSEGV in buy < main: shop died of SIGSEGV: address not mapped (SEGV_MAPERR) at 0x0, a "
			  "null pointer\n"},
	};
	const char *root = repository();
	write_three();
	for (size_t i = 0; i < COUNT(formats); i++) {
		const struct outcome outcome = report(formats[i].format, root, NULL);
		cr_expect(outcome.status == 0, "%s: %s", formats[i].format, status_text(outcome.status));
		expect_lines(&outcome, formats[i].lines);
		cr_expect_str_eq(outcome.err.data, "ttlog collect: 3 deaths in 2 groups\n", "%s", outcome.err.data);
	}
	/* What people look for: the stack with its source, and the last words. */
	const struct outcome text = ttlog(LIST("collect", "--source-root", root, place_storage()));
	expect_shown(&text, LIST("### 3 deaths in 2 groups", "| 2 |", "sell", "main", "int main;", "hello", "Fingerprint"));
}

/* Where people look, text for people; a pipe gets what summaries take. */
Test(collect, terminal)
{
	const char *root = repository();
	char line[2000];
	write_three();
	snprintf(line, sizeof(line), "cd %s; PAGER= TERM=dumb %s collect %s; echo status $?\n", root, TTLOG, place_storage());
	terminal_open();
	terminal_type(line);
	terminal_expect("3 deaths in 2 groups");
	terminal_expect("2 times: SIGSEGV in sell < main");
	terminal_expect("shop, src/shop.c:43, first ");
	terminal_expect("ttlog view ");
	terminal_expect("1 time: SIGSEGV in buy < main");
	terminal_expect("hello");
	terminal_expect("status 0");
	snprintf(line, sizeof(line), "%s collect %s | cat\n", TTLOG, place_storage());
	terminal_type(line);
	terminal_expect("### 3 deaths in 2 groups");
	terminal_close();
}

/* Who hangs waits for others: they are shown, too. */
Test(collect, hang)
{
	struct snapshot_frame waits = {.pc = 0x1100, .module = "/nowhere/shop", .function = "wait_for_all"},
			      holds = {.pc = 0x1200, .module = "/nowhere/shop", .function = "take_lock"};
	struct snapshot_thread threads[] = {{.tid = 100, .name = "main", .frames = &waits, .frame_count = 1},
					    {.tid = 101, .name = "worker", .frames = &holds, .frame_count = 1}};
	struct snapshot_error error;
	struct snapshot snapshot;
	char path[512];
	snapshot_init(&snapshot);
	snapshot.service = "shop";
	snapshot.pid = 100;
	snapshot.reason = "timeout";
	snapshot.threads = threads;
	snapshot.thread_count = 2;
	cr_assert(snapshot_write(&snapshot, place_storage(), path, sizeof(path), &error) == 0, "%s", error.text);
	snapshot_fini(&snapshot);
	const struct outcome outcome = ttlog(LIST("collect", place_storage()));
	expect_shown(&outcome,
		     LIST("timeout in wait_for_all", "still running", "#0  wait_for_all", "thread 101 worker", "#0  take_lock"));
}

Test(collect, fewer_groups_than_there_are)
{
	write_three();
	const struct outcome outcome = report("json", repository(), LIST("--max-groups", "1"));
	expect_lines(&outcome, "src/shop.c:43 SIGSEGV in sell < main\n");
	cr_expect_str_eq(outcome.err.data, "ttlog collect: 3 deaths in 2 groups; shown are the newest 1\n", "%s", outcome.err.data);
}

/* An optimised build in which sell is not to be told from its caller: one group, also for a baseline that knows but one of them. */
Test(collect, what_an_optimiser_parted)
{
	const char *root = repository(), *baseline = place_path("known.txt");
	write_death(&(struct death){.function = "main", .file = "/build/src/shop.c", .line = 7, .build_id = "0b", .seconds = 2});
	struct outcome outcome = report("json", root, LIST("--write-baseline", baseline));
	write_death(&(struct death){.function = "sell", .file = "/build/src/shop.c", .line = 42, .build_id = "0a", .seconds = 1});
	outcome = report("json", root, LIST("--baseline", baseline));
	cr_expect(outcome.status == 0, "%s", status_text(outcome.status));
	expect_lines(&outcome, "src/shop.c:7 SIGSEGV in sell < main\n");
	write_death(&(struct death){.function = "sell", .file = "/build/src/shop.c", .line = 42, .build_id = "0b", .seconds = 3});
	outcome = report("json", root, LIST("--baseline", baseline));
	cr_expect(WEXITSTATUS(outcome.status) == FOUND, "%s", status_text(outcome.status));
	expect_lines(&outcome, "src/shop.c:42 SIGSEGV in sell < main\nsrc/shop.c:7 SIGSEGV in main\n");
}

/* Snapshots of the living are counted. */
Test(collect, only_deaths)
{
	struct snapshot snapshot;
	struct snapshot_error error;
	char path[512];
	static const char *const reasons[] = {"request", "interval", "exit 0", "exited"};
	for (size_t i = 0; i < COUNT(reasons); i++) {
		snapshot_init(&snapshot);
		snapshot.service = "shop";
		snapshot.reason = reasons[i];
		cr_assert(snapshot_write(&snapshot, place_storage(), path, sizeof(path), &error) == 0, "%s", error.text);
		snapshot_fini(&snapshot);
	}
	const struct outcome outcome = report("junit", repository(), NULL);
	expect_lines(&outcome, "");
	cr_expect_str_eq(outcome.err.data, "ttlog collect: 0 deaths in 0 groups; 4 snapshots of no death left out\n", "%s",
			 outcome.err.data);
}

/* One snapshot is in memory at a time: a thousand take what fifty take. */
Test(collect, memory_is_bounded)
{
	static const char script[] =
		"import glob, os, resource, subprocess, sys\n"
		"first = glob.glob(sys.argv[2] + '/*')\n"
		"def peak(count):\n"
		"    for i in range(count):\n"
		"        os.link(first[i % len(first)], f'{sys.argv[2]}/more-{count}-{i}.cbor.lz4')\n"
		"    subprocess.run([sys.argv[1], 'collect', '--format', 'json', '-o', '/dev/null', sys.argv[2]], check=True)\n"
		"    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n"
		"small = peak(50)\n"
		"print(peak(1000) - small)\n";
	for (size_t i = 0; i < 3; i++)
		sample_write_many(400); /* 100 KB each, decoded */
	write_three();
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", script, TTLOG, place_storage()), .limit_s = 90});
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
	cr_expect(atoi(outcome.out.data) < 4096, "%s KB more", outcome.out.data);
	cr_expect(strstr(outcome.err.data, "1056 deaths in 3 groups"), "%s", outcome.err.data);
}

/* Baseline ----------------------------------------------------------------------------------------------------------------------- */

Test(collect, baseline)
{
	const char *root = repository(), *baseline = place_path("known.txt");
	write_death(&three[0]);
	struct outcome outcome = report("github", root, LIST("--write-baseline", baseline));
	cr_expect(outcome.status == 0, "%s", outcome.err.data);
	outcome = report("github", root, LIST("--baseline", baseline));
	cr_expect(outcome.status == 0, "%s", outcome.err.data);
	expect_lines(&outcome, "warning src/shop.c:42 SIGSEGV in sell < main\n");
	write_death(&three[1]);
	outcome = report("github", root, LIST("--baseline", baseline));
	cr_expect(WEXITSTATUS(outcome.status) == FOUND, "%s", status_text(outcome.status));
	expect_lines(&outcome, "error src/shop.c:7 SIGSEGV in buy < main\nwarning src/shop.c:42 SIGSEGV in sell < main\n");
	cr_expect_str_eq(outcome.err.data, "ttlog collect: 2 deaths in 2 groups, 1 of them new\n", "%s", outcome.err.data);
	outcome = report("github", root, LIST("--baseline", baseline, "--fail-on", "never"));
	cr_expect(outcome.status == 0, "%s", status_text(outcome.status));
	outcome = report("github", root, LIST("--fail-on", "any"));
	cr_expect(WEXITSTATUS(outcome.status) == FOUND, "%s", status_text(outcome.status));
	/* What is known stays known when it does not come again. */
	place_storage_clear();
	write_death(&three[1]);
	report("github", root, LIST("--baseline", baseline, "--write-baseline", baseline));
	write_death(&three[2]);
	outcome = report("github", root, LIST("--baseline", baseline));
	cr_expect(outcome.status == 0, "%s", outcome.err.data);
}

Test(collect, bad_baseline)
{
	write_three();
	const char *bad = place_file("bad.txt", "# fine\n\n1:abc0  title\nnonsense\n", 32);
	expect_error(BAD_FILE, "bad.txt:4: no fingerprint", "collect", "--baseline", bad, place_storage());
	expect_error(BAD_FILE, "nowhere.txt: No such file or directory; --write-baseline FILE makes one", "collect", "--baseline",
		     "/nowhere.txt", place_storage());
	const struct outcome outcome = ttlog(LIST("collect", "--write-baseline", "/nowhere/known.txt", place_storage()));
	cr_expect(WEXITSTATUS(outcome.status) == NOTHING && strstr(outcome.err.data, "/nowhere/known.txt: No such file"), "%s",
		  outcome.err.data);
}

/* What cannot be read ------------------------------------------------------------------------------------------------------------ */

Test(collect, nothing_there)
{
	const char *empty = place_directory(), *old = place_file("old.json", "of yesterday", 12);
	expect_error(NOTHING, "no snapshot in this directory", "collect", empty);
	expect_error(BAD_FILE, "/nowhere", "collect", "/nowhere");
	/* No report of yesterday is left to be taken for today's. */
	const struct outcome outcome = ttlog(LIST("collect", "--format", "gitlab", "-o", old, empty));
	char text[16] = "";
	FILE *in = fopen(old, "r");
	cr_assert(in && fgets(text, sizeof(text), in) && fclose(in) == 0);
	cr_expect(WEXITSTATUS(outcome.status) == NOTHING, "%s", status_text(outcome.status));
	cr_expect_str_eq(text, "[]\n");
}

/* Cut off at every kind of place, and files that are none: named each, and the rest is there. */
Test(collect, damaged_files)
{
	const char *root = repository();
	char path[600], data[4096];
	write_three();
	const char *sound = write_death(&three[0]);
	FILE *in = fopen(sound, "r");
	const size_t bytes = fread(data, 1, sizeof(data), in);
	fclose(in);
	static const size_t cuts[] = {0, 1, 7, 100};
	for (size_t i = 0; i < COUNT(cuts); i++) {
		snprintf(path, sizeof(path), "%s/cut-%zu.cbor.lz4", place_storage(), cuts[i]);
		FILE *out = fopen(path, "w");
		cr_assert(out && fwrite(data, 1, cuts[i] < bytes ? cuts[i] : bytes / 2, out) <= bytes && fclose(out) == 0);
	}
	for (size_t i = 0; i < COUNT(formats_all); i++) {
		const struct outcome outcome = report(formats_all[i], root, NULL);
		cr_expect(WEXITSTATUS(outcome.status) == BAD_FILE, "%s: %s", formats_all[i], status_text(outcome.status));
		cr_expect(strstr(outcome.out.data, "SIGSEGV in sell < main") && strstr(outcome.out.data, "SIGSEGV in buy < main"),
			  "%s: %s", formats_all[i], outcome.out.data);
		cr_expect(strstr(outcome.err.data, "4 deaths in 2 groups; 4 files could not be read"), "%s", outcome.err.data);
		for (size_t j = 0; j < COUNT(cuts); j++) {
			snprintf(path, sizeof(path), "cut-%zu.cbor.lz4", cuts[j]);
			cr_expect(strstr(outcome.err.data, path), "%s: %s not in %s", formats_all[i], path, outcome.err.data);
		}
	}
}

Test(collect, bad_usage)
{
	write_three();
	expect_error(USAGE, "--format yaml: none of text markdown github gitlab junit html json sarif", "collect", "--format",
		     "yaml");
	expect_error(USAGE, "--fail-on later: none of new any never", "collect", "--fail-on", "later");
	expect_error(USAGE, "--max-groups -1: not a number", "collect", "--max-groups", "-1");
	expect_error(USAGE, "--source-root /nowhere: No such file", "collect", "--source-root", "/nowhere");
	expect_error(USAGE, "--debug-dir /nowhere: No such file", "collect", "--debug-dir", "/nowhere");
	expect_error(USAGE, "--fail-on new: needs --baseline FILE", "collect", "--fail-on", "new");
	expect_error(USAGE, "-: standard input cannot be read twice", "collect", "-");
	expect_error(USAGE, "--format html: writes a directory", "collect", "--format", "html");
}

/* Hostile snapshots -------------------------------------------------------------------------------------------------------------- */

/* All that the formats, their servers and terminals give a meaning to. */
static const char *const hostile[] = {
	"\n::error file=a.c,line=1::mine\n::stop-commands::x\n",
	"a%0A::error::b%0D%3A%2C",
	"##[error]old ##[endgroup]",
	"x\r\n::set-output name=a::b",
	"<script>alert(1)</script><img src=x onerror=alert(1)>",
	"</code></summary></details></td></table><script>",
	"]]></failure></testcase><testcase name=\"ok\"/>&amp;&lt;",
	"`code` ``` ```` ![x](http://x.example/y) [a](javascript:alert(1)) **b** _c_ ~~d~~ | e | $f$",
	"```\n# heading\n```\n- [ ] item\nhttps://x.example www.x.example",
	("\033[31mred\033]0;title\007\x9b"
	 "1m\x7f\b"),
	"\xff\xfe\xc0\x80 not UTF-8",
	"\xe2\x80\xae turned \xe2\x81\xa6 \xef\xbf\xbe\xef\xbf\xbf \xe2\x80\xa8",
	"\", \"fingerprint\": \"x\"}\\",
	"@everyone #1 :tada:",
	"a\tb|c\\|d",
	"one, two: three",
	" \t ",
};

ParameterizedTestParameters(collect, hostile_text)
{
	static size_t numbers[] = {0, 1, 2, 3, 4, 5, 6, 7};
	return cr_make_param_array(size_t, numbers, COUNT(numbers));
}

/* In the names of functions, files, programs, messages and events. That nothing was taken for markup the checks of report() find out. */
ParameterizedTest(size_t *number, collect, hostile_text, .init = place_init, .fini = place_fini)
{
	const char *format = formats_all[*number], *root = repository();
	for (size_t i = 0; i < COUNT(hostile); i++) {
		char function[300];
		snprintf(function, sizeof(function), "f%zu%s", i, hostile[i]);
		write_death(&(struct death){.function = function,
					    .file = hostile[i],
					    .line = 3,
					    .message = hostile[i],
					    .service = hostile[i],
					    .seconds = (unsigned)i});
	}
	write_death(
		&(struct death){.function = "in_file", .file = "/build/src/a,b:c%.c", .line = 3, .message = "x", .seconds = 99});
	const struct outcome outcome = report(format, root, NULL);
	size_t lines = 0;
	for (const char *at = outcome.out.data; (at = strchr(at, '\n')); at++)
		lines++;
	cr_expect(outcome.status == 0, "%s", outcome.err.data);
	cr_expect(lines == COUNT(hostile) + 1, "%s: %zu groups: %s", format, lines, outcome.out.data);
	cr_expect(strstr(outcome.out.data, !strcmp(format, "sarif")   ? "src/a%2Cb%3Ac%25.c:3"
					   : !strcmp(format, "junit") ? "in_file"
								      : "src/a,b:c%.c:3"),
		  "%s: %s", format, outcome.out.data);
}

/* In the terminal of who looks at errors, too. */
Test(collect, hostile_file_names)
{
	char path[600];
	snprintf(path, sizeof(path), "%s/\n::error::x ##[error] <b>\033[31m.cbor.lz4", place_storage());
	write_three();
	FILE *out = fopen(path, "w");
	cr_assert(out && fputs("nonsense", out) >= 0 && fclose(out) == 0);
	const char *root = repository();
	for (size_t i = 0; i < COUNT(formats_all); i++)
		cr_expect(WEXITSTATUS(report(formats_all[i], root, NULL).status) == BAD_FILE, "%s", formats_all[i]);
}
