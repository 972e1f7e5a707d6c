/*
 * ttlog collect --bundle: what opens elsewhere, with no program there; what has no room; and archives that are none of ours, or want out.
 */
#include "command.h"
#include "sample.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(bundle, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct outcome run_tool(const char *const *argv)
{
	const struct outcome outcome = process_run(&(struct process_setup){.argv = argv});
	cr_assert(outcome.status == 0, "%s: %s%s", argv[0], status_text(outcome.status), outcome.err.data);
	return outcome;
}

/* Where nothing was looked up before, and temporary files are seen: place/elsewhere. */
static struct outcome ttlog_elsewhere(const char *const *arguments)
{
	const char *argv[16] = {TTLOG};
	char cache[300], temporary[300];
	for (size_t i = 1; *arguments && i < COUNT(argv) - 1; i++)
		argv[i] = *arguments++;
	mkdir(place_path("elsewhere"), 0700);
	snprintf(cache, sizeof(cache), "XDG_CACHE_HOME=%s/cache-elsewhere", place_root());
	snprintf(temporary, sizeof(temporary), "TMPDIR=%s/elsewhere", place_root());
	return process_run(&(struct process_setup){.argv = argv, .environment = LIST(cache, temporary)});
}

/* A program that died, in a place of its own; its snapshot is the one in the storage. */
static const char *dead_program(void)
{
	const char *program = place_path("shop");
	run_tool(LIST("cp", PROGRAM("inlined_gcc"), program));
	const struct outcome died = process_run(&(struct process_setup){.argv = LIST(program), .agent = true});
	cr_assert(WIFSIGNALED(died.status), "%s", status_text(died.status));
	return program;
}

static const char *make_bundle(const char *message)
{
	const char *bundle = place_path("deaths.tar.zst");
	const struct outcome made = ttlog(LIST("collect", "--bundle", bundle, place_storage()));
	cr_assert(made.status == 0 && made.out.size == 0, "%s%s", made.err.data, made.out.data);
	cr_assert(strstr(made.err.data, message), "no %s in %s", message, made.err.data);
	return bundle;
}

static void expect_no_rest(void)
{
	const struct outcome listed = run_tool(LIST("ls", "-A", place_path("elsewhere")));
	cr_expect_str_eq(listed.out.data, "", "left in TMPDIR: %s", listed.out.data);
}

Test(bundle, opens_elsewhere)
{
	const char *program = dead_program(), *bundle = make_bundle("deaths.tar.zst: 1 snapshot, ");
	const struct outcome here = ttlog(LIST("collect", "--format", "gitlab", place_storage()));
	cr_assert(unlink(program) == 0);
	place_storage_clear();
	const struct outcome viewed = ttlog_elsewhere(LIST("view", bundle));
	expect_shown(&viewed, LIST("shop died of SIGSEGV", "mark", "inlined.c:", "[inlined]", "sum", "compute", "computing",
				   "more: ttlog view", bundle));
	const struct outcome there = ttlog_elsewhere(LIST("collect", "--format", "gitlab", bundle));
	cr_assert(there.status == 0, "%s", there.err.data);
	cr_expect_str_eq(there.out.data, here.out.data);
	cr_expect(strstr(there.out.data, "SIGSEGV in mark < sum < compute"), "%s", there.out.data);
	const struct outcome listed = ttlog_elsewhere(LIST("ls", bundle));
	const char *name = strstr(listed.out.data, bundle);
	cr_assert(listed.status == 0 && name, "%s%s", listed.out.data, listed.err.data);
	const struct outcome named = ttlog_elsewhere(LIST("view", strndup(name, strcspn(name, "\n"))));
	expect_shown(&named, LIST("shop died of SIGSEGV"));
	const struct outcome counted = ttlog_elsewhere(LIST("stats", bundle));
	expect_shown(&counted, LIST("1 snapshot,", "SIGSEGV"));
	expect_no_rest();
}

/* Nothing is left by a reader that dies, either: of a closed pipe here. What removes it then is not waited for by anybody. */
Test(bundle, reader_that_dies)
{
	static const char script[] = "mkdir $3; TMPDIR=$3 $1 view --last all $2 | true; for i in {1..1000}; do rmdir $3 "
				     "2>/dev/null && exit 0; sleep 0.02; done; ls $3; exit 1";
	for (size_t i = 0; i < 5; i++)
		sample_write_many(5000);
	const char *bundle = make_bundle("5 snapshots");
	run_tool(LIST("bash", "-c", script, "bash", TTLOG, bundle, place_path("closed")));
}

/* The newest is the one that died last, whatever the times of the files were. */
Test(bundle, newest)
{
	static struct snapshot_event events[] = {SAMPLE_EVENT(10, LEVEL_INFO, SOURCE_STDOUT, 100, "hello\n")};
	sample_write(events, 1);
	dead_program();
	run_tool(LIST("bash", "-c", "touch -d 2001-01-01 $0/ttlog-shop-*", place_storage()));
	const struct outcome viewed = ttlog_elsewhere(LIST("view", make_bundle("2 snapshots")));
	expect_shown(&viewed, LIST("shop died of SIGSEGV"));
}

/* What is not taken along is said. */
Test(bundle, left_out)
{
	const char *program = dead_program(), *bundle = place_path("small.tar.zst");
	struct outcome made = ttlog(LIST("collect", "--bundle", bundle, "--bundle-size", "10KB", place_storage()));
	cr_expect(made.status == 0, "%s", made.err.data);
	cr_expect(strstr(made.err.data, "/shop: no room in --bundle-size") && strstr(made.err.data, "1 snapshot, 0 files"), "%s",
		  made.err.data);
	made = ttlog(LIST("collect", "--bundle", bundle, "--bundle-size", "10", place_storage()));
	cr_expect(strstr(made.err.data, "cbor.lz4: no room in --bundle-size") && strstr(made.err.data, "0 snapshots"), "%s",
		  made.err.data);
	run_tool(LIST("cp", PROGRAM("inlined_clang"), program));
	made = ttlog(LIST("collect", "--bundle", bundle, place_storage()));
	cr_expect(strstr(made.err.data, "/shop: another build is there now"), "%s", made.err.data);
	cr_assert(unlink(program) == 0);
	place_file("storage/bad.cbor.lz4", "nonsense", 8);
	made = ttlog(LIST("collect", "--bundle", bundle, place_storage()));
	cr_expect(WEXITSTATUS(made.status) == BAD_FILE, "%s", status_text(made.status));
	cr_expect(strstr(made.err.data, "/shop: it is not here") && strstr(made.err.data, "bad.cbor.lz4: it cannot be read"), "%s",
		  made.err.data);
	const struct outcome still = ttlog_elsewhere(LIST("collect", "--format", "json", bundle));
	cr_expect(still.status == 0 && strstr(still.out.data, "\"deaths\": 1,"), "%s%s", still.out.data, still.err.data);
}

Test(bundle, bad_usage)
{
	dead_program();
	static const char *const sizes[] = {"", "x", "-1", "10XB", "99999999999G", "1MBB"};
	for (size_t i = 0; i < COUNT(sizes); i++)
		expect_error(USAGE, "not a size like 200MB", "collect", "--bundle", "x", "--bundle-size", sizes[i]);
	expect_error(NOTHING, "/nowhere/x.tar.zst: No such file", "collect", "--bundle", "/nowhere/x.tar.zst", place_storage());
	const char *fifo = place_path("fifo");
	struct stat status;
	cr_assert(mkfifo(fifo, 0600) == 0);
	expect_error(NOTHING, "fifo: not a regular file", "collect", "--bundle", fifo, place_storage());
	cr_assert(lstat(fifo, &status) == 0 && S_ISFIFO(status.st_mode));
}

/* Archives of others ------------------------------------------------------------------------------------------------------------- */

/* Members: name, kind (file, symlink, hardlink, fifo), content. */
static const char *archive_of(const char *members)
{
	static const char script[] = "import io, subprocess, sys, tarfile\n"
				     "raw = io.BytesIO()\n"
				     "tar = tarfile.open(fileobj=raw, mode='w')\n"
				     "for line in sys.argv[2].split(';'):\n"
				     "    name, kind, content = line.split('|')\n"
				     "    member = tarfile.TarInfo(name)\n"
				     "    member.type = {'file': tarfile.REGTYPE, 'symlink': tarfile.SYMTYPE, 'hardlink': "
				     "tarfile.LNKTYPE, 'fifo': tarfile.FIFOTYPE}[kind]\n"
				     "    member.linkname = content if 'link' in kind else ''\n"
				     "    data = content.encode() if kind == 'file' else b''\n"
				     "    member.size = len(data)\n"
				     "    tar.addfile(member, io.BytesIO(data))\n"
				     "tar.close()\n"
				     "open(sys.argv[1], 'wb').write(subprocess.run(['zstd', '-c'], input=raw.getvalue(), "
				     "stdout=subprocess.PIPE, check=True).stdout)\n";
	const char *path = place_path("foreign.tar.zst");
	run_tool(LIST("/usr/bin/python3", "-c", script, path, members));
	return path;
}

Test(bundle, archives_that_want_out)
{
	static const char *const archives[] = {
		"../escaped|file|x",
		"/tmp/ttlog-escaped|file|x",
		"snapshots/../../escaped.cbor.lz4|file|x",
		"snapshots/.hidden.cbor.lz4|file|x",
		"snapshots/a.cbor.lz4|symlink|/etc/passwd",
		"snapshots/a.cbor.lz4|hardlink|/etc/passwd",
		"snapshots/a.cbor.lz4|fifo|",
		"snapshots|symlink|/tmp;snapshots/a.cbor.lz4|file|x",
		"snapshots/a.cbor.lz4|file|x;snapshots/a.cbor.lz4|file|y",
		"debug/.build-id/../../x|file|x",
		"debug/.build-id/ab/cdef/x|file|x",
		"debug/.build-id/ab/|file|x",
		"readme.txt|file|x",
	};
	for (size_t i = 0; i < COUNT(archives); i++) {
		const char *path = archive_of(archives[i]);
		const struct outcome outcome = ttlog_elsewhere(LIST("view", path));
		expect_error_at(HERE, &outcome, BAD_FILE, "foreign.tar.zst");
		cr_expect(access(place_path("escaped"), F_OK) != 0 && access(place_path("elsewhere/escaped"), F_OK) != 0 &&
				  access("/tmp/ttlog-escaped", F_OK) != 0,
			  "%s", archives[i]);
	}
	expect_no_rest();
}

/* Cut off anywhere, and no archive at all: one line, and nothing is left. */
Test(bundle, damaged)
{
	dead_program();
	const char *bundle = make_bundle("1 snapshot"), *cut = place_path("cut.tar.zst");
	static const char *const bytes[] = {"4", "10", "100", "2000", "20000"};
	for (size_t i = 0; i < COUNT(bytes); i++) {
		run_tool(LIST("bash", "-c", "head -c $0 $1 >$2", bytes[i], bundle, cut));
		const struct outcome outcome = ttlog_elsewhere(LIST("collect", cut));
		expect_error_at(HERE, &outcome, BAD_FILE, "cut.tar.zst");
	}
	expect_no_rest();
}
