/*
 * ttlog symbolize: source lines and inlined functions from debug information of every kind, of the right build only, kept for the
 * next time, and stored so that they travel.
 */
#include "command.h"
#include "describe.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(symbolize, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SOURCE       SOURCE_DIR "/tests/programs/inlined.c"

/* A program with debug information, which the test may move, strip and replace. */
static const char *copy_of(const char *program)
{
	char name[64];
	snprintf(name, sizeof(name), "%s", strrchr(program, '/') + 1);
	const char *copy = place_path(name);
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST("cp", program, copy)});
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
	return copy;
}

static void tool(const char *const *argv)
{
	const struct outcome outcome = process_run(&(struct process_setup){.argv = argv});
	cr_assert(outcome.status == 0, "%s: %s%s", argv[0], status_text(outcome.status), outcome.err.data);
}

/* The line that ends with the mark in a comment. */
static uint32_t line_of(const char *mark)
{
	char line[256], comment[64];
	FILE *source = fopen(SOURCE, "r");
	cr_assert(source != NULL);
	snprintf(comment, sizeof(comment), "/* %s */", mark);
	for (uint32_t number = 1; fgets(line, sizeof(line), source); number++) {
		if (strstr(line, comment)) {
			fclose(source);
			return number;
		}
	}
	cr_assert_fail("no %s in %s", comment, SOURCE);
	return 0;
}

static const struct snapshot_frame *frame_of(const struct snapshot *snapshot, const char *function)
{
	const struct snapshot_thread *thread = crashed_thread(HERE, snapshot);
	for (size_t i = 0; i < thread->frame_count; i++) {
		if (thread->frames[i].function && !strcmp(thread->frames[i].function, function))
			return &thread->frames[i];
	}
	cr_assert_fail("no frame of %s%s", function, snapshot_describe(snapshot));
	return NULL;
}

static bool is_place(const char *file, uint32_t line, const char *mark)
{
	return file && strcmp(strrchr(file, '/') + 1, "inlined.c") == 0 && line == line_of(mark);
}

/* All of the stack as the source says it, and the call that said "computing". */
static void expect_lines(const struct snapshot *snapshot)
{
	const struct snapshot_frame *compute = frame_of(snapshot, "compute"), *outermost = frame_of(snapshot, "main");
	cr_assert(compute->inlined_count == 2, "%zu inlined%s", compute->inlined_count, snapshot_describe(snapshot));
	cr_assert(strcmp(compute->inlined[0].function, "mark") == 0 && strcmp(compute->inlined[1].function, "sum") == 0);
	cr_assert(is_place(compute->inlined[0].file, compute->inlined[0].line, "store"), "line %u", compute->inlined[0].line);
	cr_assert(is_place(compute->inlined[1].file, compute->inlined[1].line, "inner call"), "line %u", compute->inlined[1].line);
	cr_assert(is_place(compute->file, compute->line, "outer call"), "line %u", compute->line);
	cr_assert(is_place(outermost->file, outermost->line, "call") && outermost->inlined_count == 0, "line %u", outermost->line);
	const struct snapshot_event *said = expect_event(snapshot, SOURCE_STDOUT, "computing");
	cr_assert(is_place(said->file, said->line, "said"), "line %u", said->line);
}

static void expect_no_lines(const struct snapshot *snapshot)
{
	const struct snapshot_frame *innermost = &crashed_thread(HERE, snapshot)->frames[0];
	cr_assert(!innermost->file && innermost->inlined_count == 0, "%s", snapshot_describe(snapshot));
}

static struct outcome symbolize(const char *const *arguments)
{
	const char *list[16] = {"symbolize"};
	for (size_t i = 0; arguments[i]; i++)
		list[i + 1] = arguments[i];
	const struct outcome outcome = ttlog(list);
	cr_assert(outcome.status == 0 && outcome.err.size == 0, "%s%s", status_text(outcome.status), outcome.err.data);
	return outcome;
}

/* Kinds of debug information ------------------------------------------------------------------------------------------------- */

static const char *const kinds[] = {
	PROGRAM("inlined_gcc"),    PROGRAM("inlined_clang"),  PROGRAM("inlined_dwarf4"), PROGRAM("inlined_compressed"),
	PROGRAM("inlined_split4"), PROGRAM("inlined_split5"), PROGRAM("inlined_fixed"),  PROGRAM("inlined_lto"),
};

Test(symbolize, debug_information_of_all_kinds)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct snapshot snapshot;
		expect_about(kinds[i]);
		place_storage_clear();
		const char *path = make_snapshot(kinds[i], NULL);
		symbolize(LIST(path));
		snapshot_at(&snapshot, path);
		expect_lines(&snapshot);
		snapshot_fini(&snapshot);
	}
}

/* Inlined functions that have no linkage name are named as they would be if they were called: clang gives them one, gcc does not. */
Test(symbolize, inlined_names_of_cpp)
{
	static const struct {
		const char *kind, *names[2];
	} cases[] = {
		{"0", {"shop::sell<int>", "shop::Stock<int>::take"}},
		{"2", {"shop::crash_in_lambda::{lambda}::operator()", NULL}},
		{"3", {"shop::(anonymous namespace)::Ledger::balance", "shop::(anonymous namespace)::Ledger::report"}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct snapshot snapshot;
		place_storage_clear();
		const char *path = make_snapshot(PROGRAM("kinds_cpp_gcc2"), cases[i].kind);
		symbolize(LIST(path));
		snapshot_at(&snapshot, path);
		const struct snapshot_thread *thread = crashed_thread(HERE, &snapshot);
		for (size_t name = 0; name < 2 && cases[i].names[name]; name++) {
			bool found = false;
			for (size_t j = 0; j < thread->frame_count; j++) {
				for (size_t k = 0; k < thread->frames[j].inlined_count; k++) {
					const char *function = thread->frames[j].inlined[k].function;
					found |= function &&
						 strncmp(function, cases[i].names[name], strlen(cases[i].names[name])) == 0;
				}
			}
			cr_expect(found, "no %s%s", cases[i].names[name], snapshot_describe(&snapshot));
		}
		snapshot_fini(&snapshot);
	}
}

/* The program's debug information in a file of its own, the program without any. */
static const char *separate(const char *program, const char *debug, bool compressed)
{
	tool(LIST("objcopy", "--only-keep-debug", compressed ? "--compress-debug-sections" : "--decompress-debug-sections", program,
		  debug));
	tool(LIST("objcopy", "--strip-all", program));
	return debug;
}

Test(symbolize, debug_link)
{
	struct snapshot snapshot;
	const char *program = copy_of(PROGRAM("inlined_gcc"));
	char debug[512], link[600];
	snprintf(debug, sizeof(debug), "%s.debug", program);
	snprintf(link, sizeof(link), "--add-gnu-debuglink=%s", separate(program, debug, true));
	tool(LIST("objcopy", link, program));
	const char *path = make_snapshot(program, NULL);
	symbolize(LIST(path));
	snapshot_at(&snapshot, path);
	expect_lines(&snapshot);
	snapshot_fini(&snapshot);
}

/* DIRECTORY/.build-id/xx/yyy.debug */
static const char *build_id_directory(const char *debug, const char *build_id)
{
	char folder[512], file[640];
	const char *directory = place_path("symbols");
	snprintf(folder, sizeof(folder), "%s/.build-id/%.2s", directory, build_id);
	snprintf(file, sizeof(file), "%s/%s.debug", folder, build_id + 2);
	tool(LIST("mkdir", "-p", folder));
	tool(LIST("cp", debug, file));
	return directory;
}

/* On another machine: neither the program nor its source is there. */
Test(symbolize, elsewhere)
{
	struct snapshot snapshot;
	const char *program = copy_of(PROGRAM("inlined_gcc")), *debug = place_path("debug");
	separate(program, debug, false);
	const char *path = make_snapshot(program, NULL), *out = place_path("out.cbor.lz4");
	snapshot_at(&snapshot, path);
	const char *directory = build_id_directory(debug, snapshot.threads[0].frames[0].build_id);
	expect_no_lines(&snapshot);
	snapshot_fini(&snapshot);
	cr_assert(unlink(program) == 0);
	symbolize(LIST("--debug-dir", directory, "--embed-source", "-o", out, path));
	snapshot_at(&snapshot, path);
	expect_no_lines(&snapshot); /* it was left as it is */
	snapshot_fini(&snapshot);
	snapshot_at(&snapshot, out);
	expect_lines(&snapshot);
	cr_assert(snapshot.threads[0].frames[0].source_count == 5, "%zu lines", snapshot.threads[0].frames[0].source_count);
	snapshot_fini(&snapshot);
	const struct outcome shown = ttlog(LIST("view", out));
	expect_shown(&shown, LIST("mark", "[inlined]", "sum", "compute", "/* store */", "main"));
}

Test(symbolize, source_that_has_moved)
{
	const char *program = copy_of(PROGRAM("inlined_gcc")), *directory = place_path("moved");
	tool(LIST("sed", "-i", "s,inlined[.]c,outside.c,g", program)); /* before DWARF 5 the folder stands elsewhere */
	tool(LIST("mkdir", "-p", place_path("moved/programs")));
	tool(LIST("cp", SOURCE, place_path("moved/programs/outside.c")));
	const char *path = make_snapshot(program, NULL);
	const struct outcome without = ttlog(LIST("view", path));
	expect_shown(&without, LIST("mark", "outside.c"));
	cr_assert(!strstr(without.out.data, "/* store */"), "%s", without.out.data);
	symbolize(LIST("--no-cache", "--source-dir", directory, "--embed-source", path));
	const struct outcome with = ttlog(LIST("view", path));
	expect_shown(&with, LIST("mark", "/* store */"));
}

/* The right build only ------------------------------------------------------------------------------------------------------- */

Test(symbolize, another_build)
{
	struct snapshot snapshot;
	const char *program = copy_of(PROGRAM("inlined_gcc")), *path = make_snapshot(program, NULL);
	tool(LIST("cp", PROGRAM("inlined_clang"), program));
	const struct outcome outcome = symbolize(LIST(path));
	snapshot_at(&snapshot, path);
	expect_no_lines(&snapshot);
	cr_assert(strstr(outcome.out.data, program) && strstr(outcome.out.data, "not used: its build-id is") &&
			  strstr(outcome.out.data, snapshot.threads[0].frames[0].build_id),
		  "%s", outcome.out.data);
	snapshot_fini(&snapshot);
	/* Where the right one lies elsewhere, that one is taken. */
	tool(LIST("mkdir", place_path("right")));
	tool(LIST("cp", PROGRAM("inlined_gcc"), place_path("right")));
	symbolize(LIST("--debug-dir", place_path("right"), path));
	snapshot_at(&snapshot, path);
	expect_lines(&snapshot);
	snapshot_fini(&snapshot);
}

/* Kept for the next time ----------------------------------------------------------------------------------------------------- */

static const char *cache_directory(void)
{
	return place_path("cache/ttlog/symbols");
}

/* Without the program only what was kept can know its lines. */
static bool is_known_without(const char *program, const char *path)
{
	struct snapshot snapshot;
	char away[512];
	const char *out = place_path("again.cbor.lz4");
	snprintf(away, sizeof(away), "%s.away", program);
	cr_assert(rename(program, away) == 0);
	symbolize(LIST("-o", out, path));
	cr_assert(rename(away, program) == 0);
	snapshot_at(&snapshot, out);
	const bool known = snapshot.threads[0].frames[0].file != NULL;
	if (known)
		expect_lines(&snapshot);
	snapshot_fini(&snapshot);
	return known;
}

Test(symbolize, cache)
{
	const char *program = copy_of(PROGRAM("inlined_gcc")), *path = make_snapshot(program, NULL),
		   *out = place_path("out.cbor.lz4");
	symbolize(LIST("--no-cache", "-o", out, path));
	cr_assert(!is_known_without(program, path));
	symbolize(LIST("-o", out, path));
	cr_assert(is_known_without(program, path));
}

Test(symbolize, cache_that_is_damaged)
{
	static const char *const contents[] = {"",
					       "ttlog-symbols 1\n",
					       "ttlog-symbols 2\n1\t2\n",
					       "ttlog-symbols 2\nx\t0\ta\tb\t1\n",
					       "ttlog-symbols 2\n1\t0\ta\tb\t1\tc\n",
					       "ttlog-symbols 2\n1\t0\ta\tb\t99999999999\n"};
	struct snapshot snapshot;
	const char *program = copy_of(PROGRAM("inlined_gcc")), *path = make_snapshot(program, NULL),
		   *out = place_path("out.cbor.lz4");
	char file[600];
	symbolize(LIST("-o", out, path));
	snapshot_at(&snapshot, path);
	snprintf(file, sizeof(file), "%s/%s", cache_directory(), snapshot.threads[0].frames[0].build_id);
	snapshot_fini(&snapshot);
	struct stat status;
	cr_assert(stat(file, &status) == 0 && (status.st_mode & 0777) == 0600);
	for (size_t i = 0; i < COUNT(contents); i++) {
		FILE *stream = fopen(file, "w");
		cr_assert(stream && fputs(contents[i], stream) >= 0 && fclose(stream) == 0);
		cr_assert(!is_known_without(program, path), "%s", contents[i]);
		symbolize(LIST("-o", out, path)); /* and is made anew */
		cr_assert(is_known_without(program, path), "%s", contents[i]);
	}
}

/* Lines of a file that others may write would be shown as ours. */
Test(symbolize, cache_that_others_may_write)
{
	const char *program = copy_of(PROGRAM("inlined_gcc")), *path = make_snapshot(program, NULL),
		   *out = place_path("out.cbor.lz4");
	symbolize(LIST("-o", out, path));
	cr_assert(chmod(cache_directory(), 0777) == 0);
	cr_assert(!is_known_without(program, path));
	cr_assert(chmod(cache_directory(), 0700) == 0 && is_known_without(program, path));
}

/* Servers -------------------------------------------------------------------------------------------------------------------- */

/* A debuginfod of one build: it prints its port, then each path that it is asked for. */
static const char server[] = "import http.server, sys\n"
			     "files = {'executable': sys.argv[2], 'debuginfo': sys.argv[3]}\n"
			     "class Handler(http.server.BaseHTTPRequestHandler):\n"
			     "    def do_GET(self):\n"
			     "        print(self.path, flush=True)\n"
			     "        parts = self.path.split('/')\n"
			     "        known = len(parts) == 4 and parts[2] == sys.argv[1] and parts[3] in files\n"
			     "        data = open(files[parts[3]], 'rb').read() if known else b''\n"
			     "        self.send_response(200 if known else 404)\n"
			     "        self.send_header('Content-Length', str(len(data)))\n"
			     "        self.end_headers()\n"
			     "        self.wfile.write(data)\n"
			     "    def log_message(self, *arguments): pass\n"
			     "with http.server.HTTPServer(('127.0.0.1', 0), Handler) as server:\n"
			     "    open(sys.argv[4], 'w').write(f'http://127.0.0.1:{server.server_port}')\n"
			     "    print('ready', flush=True)\n"
			     "    server.serve_forever()\n";

Test(symbolize, debuginfod)
{
	struct snapshot snapshot;
	char url[128] = "DEBUGINFOD_URLS=", cache[512];
	const char *program = copy_of(PROGRAM("inlined_gcc")), *debug = place_path("debug"), *stripped = place_path("stripped"),
		   *address = place_path("address");
	separate(program, debug, false);
	const char *path = make_snapshot(program, NULL);
	snapshot_at(&snapshot, path);
	struct process *process = process_start(&(struct process_setup){
		.argv = LIST("/usr/bin/python3", "-c", server, snapshot.threads[0].frames[0].build_id, stripped, debug, address)});
	snapshot_fini(&snapshot);
	cr_assert(rename(program, stripped) == 0);
	process_await(process, "ready\n");
	FILE *file = fopen(address, "r");
	const size_t used = strlen(url);
	cr_assert(file && fgets(url + used, (int)(sizeof(url) - used), file));
	fclose(file);
	snprintf(cache, sizeof(cache), "DEBUGINFOD_CACHE_PATH=%s", place_path("downloads"));
	/* The viewer asks nobody. */
	const struct outcome view = process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "view", path), .environment = LIST(url, cache)});
	cr_assert(view.status == 0 && !strstr(view.out.data, "mark"), "%s", view.out.data);
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "symbolize", path), .environment = LIST(url, cache)});
	cr_assert(outcome.status == 0, "%s%s", status_text(outcome.status), outcome.err.data);
	kill(process_pid(process), SIGTERM);
	const struct outcome asked = process_finish(process);
	cr_assert(strstr(asked.out.data, "/debuginfo"), "%s%s", asked.out.data, outcome.out.data);
	snapshot_at(&snapshot, path);
	expect_lines(&snapshot);
	snapshot_fini(&snapshot);
}

/* Who would be asked, and answers nothing. */
static int listen_at(char url[64])
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t bytes = sizeof(at);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert(fd >= 0 && bind(fd, (struct sockaddr *)&at, bytes) == 0 && listen(fd, 8) == 0);
	cr_assert(getsockname(fd, (struct sockaddr *)&at, &bytes) == 0);
	snprintf(url, 64, "DEBUGINFOD_URLS=http://127.0.0.1:%u", ntohs(at.sin_port));
	return fd;
}

/* Others learn of what one looks at where it is symbolized, and nowhere else. */
Test(symbolize, nobody_else_asks_servers)
{
	char url[64];
	struct pollfd asked = {.fd = listen_at(url), .events = POLLIN};
	const char *program = copy_of(PROGRAM("inlined_gcc")), *debug = place_path("debug");
	separate(program, debug, true);
	cr_assert(unlink(debug) == 0);
	const char *path = make_snapshot(program, NULL);
	const char *const *readers[] = {LIST(TTLOG, "view", path), LIST(TTLOG, "html", path), LIST(TTLOG, "view", "--json", path)};
	for (size_t i = 0; i < COUNT(readers); i++) {
		const struct outcome outcome = process_run(&(struct process_setup){
			.argv = readers[i], .environment = LIST(url, "DEBUGINFOD_TIMEOUT=1", "DEBUGINFOD_MAXTIME=1")});
		cr_assert(outcome.status == 0, "%s", outcome.err.data);
	}
	cr_assert(poll(&asked, 1, 0) == 0, "somebody asked the server");
	struct process *process = process_start(
		&(struct process_setup){.argv = LIST(TTLOG, "symbolize", path), .environment = LIST(url)});
	cr_assert(poll(&asked, 1, 20000) == 1, "nobody would have asked it");
	close(asked.fd); /* then it has its answer */
	process_finish(process);
}

/* What is not done ----------------------------------------------------------------------------------------------------------- */

Test(symbolize, keys_of_a_later_version)
{
	static const char script[] = "import sys, lz4.frame, cbor2\n"
				     "snapshot = cbor2.loads(lz4.frame.decompress(open(sys.argv[1], 'rb').read()))\n"
				     "snapshot['threads'][0]['mood'] = 'bad'\n"
				     "open(sys.argv[2], 'wb').write(lz4.frame.compress(cbor2.dumps(snapshot)))\n";
	const char *path = make_snapshot(PROGRAM("inlined_gcc"), NULL), *later = place_path("later.cbor.lz4");
	tool(LIST("/usr/bin/python3", "-c", script, path, later));
	struct stat before, after;
	cr_assert(stat(later, &before) == 0);
	expect_error(BAD_FILE, later, "symbolize", "--quiet", later);
	cr_assert(stat(later, &after) == 0 && after.st_ino == before.st_ino && after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
}

/* A device or a pipe in the place of -o stays what it is: a file of that name would be a harm to the machine. */
Test(symbolize, output_that_is_no_file)
{
	const char *path = make_snapshot(PROGRAM("inlined_gcc"), NULL), *fifo = place_path("fifo");
	struct stat status;
	cr_assert(mkfifo(fifo, 0600) == 0);
	expect_error(BAD_FILE, "fifo: not a regular file", "symbolize", "--quiet", "-o", fifo, path);
	cr_assert(lstat(fifo, &status) == 0 && S_ISFIFO(status.st_mode));
}

Test(symbolize, bad_usage)
{
	const char *path = make_snapshot(PROGRAM("inlined_gcc"), NULL), *missing = place_path("missing");
	expect_error(USAGE, "no FILE", "symbolize");
	expect_error(USAGE, missing, "symbolize", "--debug-dir", missing, path);
	expect_error(USAGE, "Not a directory", "symbolize", "--source-dir", path, path);
	expect_error(BAD_FILE, missing, "symbolize", missing);
	expect_error(BAD_FILE, "missing/out", "symbolize", "--quiet", "-o", place_path("missing/out"), path);
	expect_error(USAGE, "--output", "symbolize", "-o", missing, path, path);
}
