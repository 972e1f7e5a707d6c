/*
 * What is left to whoever takes a command over by a file that it reads: the calls that he would make, made by the command itself when it is
 * through; and what it needs for its work all the same.
 */
#include "command.h"
#include "sample.h"
#include "talker.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool kernel_confines_files(void)
{
	enum { CREATE_RULESET = 444, VERSION = 1 };
	return syscall(CREATE_RULESET, NULL, 0, VERSION) > 0;
}

static void need_kernel(void)
{
	place_init();
	if (!kernel_confines_files())
		cr_skip_test("this kernel has no Landlock: files cannot be kept from a reader");
}

TestSuite(readers, .init = need_kernel, .fini = place_fini, .timeout = 100);

static struct outcome read_it(const char *const *arguments)
{
	const char *argv[16] = {TTLOG}, *precious = place_file("precious", "content", 7);
	char file[600], cache[600];
	for (size_t i = 1; *arguments && i < 15; i++)
		argv[i] = *arguments++;
	snprintf(file, sizeof(file), "REACHES_OUT_FILE=%s", precious);
	snprintf(cache, sizeof(cache), "XDG_CACHE_HOME=%s/cache", place_root());
	mkdir(place_path("cache"), 0700);
	return process_run(
		&(struct process_setup){.argv = argv, .environment = LIST(file, cache, "LD_PRELOAD=" PROGRAM("reaches_out.so"))});
}

static const char *write_another(void)
{
	static struct snapshot_event events[] = {SAMPLE_EVENT(1000, LEVEL_INFO, SOURCE_STDOUT, 100, "second\n")};
	return sample_write(events, 1);
}

static void expect_confined(const char *const *arguments)
{
	const struct outcome outcome = read_it(arguments);
	cr_expect(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) <= 1, "%s: %s", arguments[0],
		  status_text(outcome.status));
	cr_expect_str_eq(outcome.err.data, "tried\n", "%s", arguments[0]);
	cr_expect(outcome.out.size > 0 || strcmp(arguments[1], "-o") == 0, "%s says nothing", arguments[0]);
}

Test(readers, of_files)
{
	const char *path = make_snapshot(PROGRAM("die"), "null_write"), *directory = place_storage();
	expect_confined(LIST("view", path));
	expect_confined(LIST("view", directory));
	expect_confined(LIST("view", path, path));
	expect_confined(LIST("view", "--threads", path));
	expect_confined(LIST("view", "--json", path));
	expect_confined(LIST("view", "--ndjson", "--grep", "a", path));
	expect_confined(LIST("html", path));
	expect_confined(LIST("diff", path, write_another()));
	expect_confined(LIST("top", directory));
	expect_confined(LIST("top", "--by=site", path));
	expect_confined(LIST("stats", directory));
	expect_confined(LIST("ls", directory));
	expect_confined(LIST("ls", path));
}

/* The file that is written appears as ever, with its mode, and what was looked up is kept. */
Test(readers, that_write)
{
	const char *path = make_snapshot(PROGRAM("die"), "null_write"), *out = place_path("out"),
		   *page = place_path("out/page.html");
	const char *kept;
	struct stat status;
	cr_assert(mkdir(out, 0700) == 0);
	umask(022);
	expect_confined(LIST("html", "-o", page, path));
	cr_assert(stat(page, &status) == 0 && (status.st_mode & 07777) == 0644 && status.st_size > 1000, "mode %o", status.st_mode);
	expect_confined(LIST("view", "-o", page, path));
	cr_assert(stat(page, &status) == 0 && (status.st_mode & 07777) == 0644, "mode %o", status.st_mode);
	cr_assert(files_matching(place_path("out/*"), NULL) == 1);
	cr_assert(files_matching(place_path("cache/ttlog/symbols/*"), &kept) > 0);
}

/* A living process is looked for, an archive unpacked, standard input copied before. */
Test(readers, of_what_takes_more)
{
	const char *path = make_snapshot(PROGRAM("die"), "null_write"), *bundle = place_path("deaths.tar.zst");
	const struct outcome made = ttlog(LIST("collect", "--bundle", bundle, place_storage()));
	cr_assert(made.status == 0, "%s", made.err.data);
	expect_confined(LIST("view", bundle));
	expect_confined(LIST("ls", bundle));
	expect_confined(LIST("stats", bundle));
	expect_confined(LIST("diff", write_another(), bundle));
	struct talker *talker = talker_start("talks");
	expect_confined(LIST("view", pid_text(talker->pid)));
	expect_confined(LIST("html", pid_text(talker->pid)));
	expect_confined(LIST("top", pid_text(talker->pid)));
	expect_confined(LIST("stats", path, pid_text(talker->pid)));
	expect_confined(LIST("diff", path, pid_text(talker->pid)));
	talker_finish(talker);
}
