/*
 * ttlog html: the page in a real browser (tests/html/browser.js has the checks), and what it is made of.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(html, .init = place_init, .fini = place_fini, .timeout = 300);

static const char *page_of(const char *snapshot)
{
	const char *page = place_path("page.html");
	const struct outcome outcome = ttlog(LIST("html", "-o", page, snapshot));
	cr_assert(outcome.status == 0 && outcome.err.size == 0, "%s%s", status_text(outcome.status), outcome.err.data);
	return page;
}

static void browse(const char *page, const char *check)
{
	char modules[512];
	if (!is_executable("/usr/bin/chromium"))
		cr_skip_test("no /usr/bin/chromium: tools/deps/install test brings it");
	if (process_run(&(struct process_setup){
				.argv = LIST("node", "-e", "process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)")})
		    .status != 0)
		cr_skip_test("what drives the browser needs node 18");
	snprintf(modules, sizeof(modules), "NODE_PATH=%s", BUILT("node/node_modules"));
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("node", SOURCE_DIR "/tests/html/browser.js", page, check),
					.environment = LIST(modules),
					.limit_s = 240});
	cr_assert(outcome.status == 0 && outcome.out.size == 0, "%s\n%s%s", status_text(outcome.status), outcome.out.data,
		  outcome.err.data);
}

#define ORDERS(check)                                                                                                              \
	Test(html, check)                                                                                                          \
	{                                                                                                                          \
		browse(page_of(make_snapshot(PROGRAM("orders"), NULL)), #check);                                                   \
	}

ORDERS(shows)
ORDERS(search)
ORDERS(filters)
ORDERS(keys)
ORDERS(tabs)
ORDERS(addresses)
ORDERS(themes)
ORDERS(timeline)
ORDERS(narrow)

ORDERS(names)

Test(html, spans)
{
	browse(page_of(make_snapshot(PROGRAM("spans"), "die")), "spans");
}

Test(html, a_terminal_is_not_filled)
{
	const char *snapshot = make_snapshot(PROGRAM("orders"), NULL);
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST("python3", "-c", "import pty, sys; print(pty.spawn(sys.argv[1:]))", TTLOG, "html", snapshot),
		.limit_s = 60});
	cr_assert(outcome.status == 0 && strstr(outcome.out.data, "give -o PAGE"), "%s%s", outcome.out.data, outcome.err.data);
	cr_assert(!strstr(outcome.out.data, "<html"));
}

Test(html, hostile)
{
	browse(page_of(make_snapshot(PROGRAM("hostile"), NULL)), "hostile");
}

Test(html, many)
{
	struct snapshot snapshot;
	const char *path;
	process_run(&(struct process_setup){.argv = LIST(PROGRAM("many"), "200000"),
					    .environment = LIST("TTLOG_CAPACITY=262144", "TTLOG_CAPTURE_TIMEOUT=60000"),
					    .agent = true});
	snapshot_only(&snapshot, &path);
	browse(page_of(path), "many");
}

/* Small, with nothing in it that would be fetched. */
Test(html, self_contained)
{
	struct stat status;
	const char *page = page_of(make_snapshot(PROGRAM("orders"), NULL));
	cr_assert(stat(page, &status) == 0 && status.st_size < 64 * 1024, "%lld bytes", (long long)status.st_size);
	const struct outcome fetched = process_run(
		&(struct process_setup){.argv = LIST("grep", "-ciE", "src=|href=|url\\(|@import|https?:", page)});
	cr_assert(strcmp(fetched.out.data, "0\n") == 0, "%s lines", fetched.out.data);
}

Test(html, standard_output_and_errors)
{
	const char *snapshot = make_snapshot(PROGRAM("orders"), NULL), *missing = place_path("missing");
	const struct outcome outcome = ttlog(LIST("html", snapshot));
	expect_shown(&outcome, LIST("<!DOCTYPE html>", "Content-Security-Policy", "orders died of SIGSEGV", "</html>"));
	expect_error(USAGE, "no FILE", "html");
	expect_error(USAGE, "--source-dir /nowhere: No such file", "html", "--source-dir", "/nowhere", "x");
	expect_error(BAD_FILE, missing, "html", missing);
	expect_error(NOTHING, "missing/page", "html", "-o", place_path("missing/page"), snapshot);
	cr_assert(access(place_path("missing/page"), F_OK) != 0);
}

/* Of a file that breaks off, what can be read; said, and by the exit status. */
Test(html, damaged)
{
	char data[65536];
	FILE *file = fopen(make_snapshot(PROGRAM("orders"), NULL), "r");
	const size_t bytes = fread(data, 1, sizeof(data), file);
	fclose(file);
	const char *cut = place_file("cut", data, bytes - 5);
	const struct outcome outcome = ttlog(LIST("html", cut));
	cr_assert(WEXITSTATUS(outcome.status) == BAD_FILE && strstr(outcome.err.data, cut), "%s%s", status_text(outcome.status),
		  outcome.err.data);
	cr_assert(strstr(outcome.out.data, "</html>") && strstr(outcome.out.data, "orders died of"), "%s", outcome.out.data);
}
