/* Commands that read files, on a machine that has run out of something (shortage_trial.h). */
#include "shortage_trial.h"

#include <criterion/criterion.h>

TestSuite(shortage, .init = place_init, .fini = place_fini, .timeout = 864000);

enum { FOUND_NEW = 4 };

static const char *file, *other, *bundle;

static const char *copy_of(const char *path, const char *name)
{
	const char *copy = place_path(name);
	cr_assert(process_run(&(struct process_setup){.argv = LIST("cp", path, copy)}).status == 0);
	return copy;
}

/* Two deaths of one program; one of them in the storage. */
static void make_files(void)
{
	other = copy_of(make_snapshot(PROGRAM("die"), "abort"), "other.cbor.lz4");
	place_storage_clear();
	file = make_snapshot(PROGRAM("die"), "null_write");
}

static void make_bundle(void)
{
	bundle = place_path("deaths.tar.zst");
	const struct outcome made = ttlog(LIST("collect", "--bundle", bundle, file, other));
	cr_assert(made.status == 0, "%s", made.err.data);
}

#define SHORTAGE_AS(name_, alike, ...)                                                                                             \
	Test(shortage, name_)                                                                                                      \
	{                                                                                                                          \
		make_files();                                                                                                      \
		shortage_try(&(struct shortage){                                                                                   \
			.name = #name_, .program = "ttlog", .words = LIST(TTLOG, __VA_ARGS__), .output = alike});                  \
	}
#define SHORTAGE(name_, ...) SHORTAGE_AS(name_, SHORTAGE_SAME, __VA_ARGS__)

SHORTAGE(view, "view", file)
SHORTAGE(view_all, "view", "--threads", "--last", "all", "--numbers", file)
SHORTAGE(view_json, "view", "--json", file)
SHORTAGE(view_ndjson, "view", "--ndjson", "--grep", "a", file)
SHORTAGE(view_csv, "view", "--csv", "-o", "out", file)
SHORTAGE(view_perfetto, "view", "--perfetto", "-o", "out", file)
SHORTAGE(view_ttlog_rs, "view", "--ttlog-rs", file)
SHORTAGE(ls, "ls", place_storage())
SHORTAGE(grep, "grep", "said", file, other)
SHORTAGE(top, "top", file, other)
SHORTAGE(stats, "stats", file, other)
SHORTAGE_AS(html, SHORTAGE_SAME_SIZE, "html", "-o", "out", file)
SHORTAGE(symbolize, "symbolize", "-o", "out", file)
SHORTAGE(symbolize_embed, "symbolize", "--no-cache", "--embed-source", "-o", "out", file)
SHORTAGE(collect_markdown, "collect", file, other)
SHORTAGE(collect_junit, "collect", "--format", "junit", "-o", "out", file, other)
SHORTAGE(collect_json, "collect", "--format", "json", file, other)
SHORTAGE_AS(collect_html, SHORTAGE_SAME_SIZE, "collect", "--format", "html", "-o", "out", file, other)
SHORTAGE(collect_baseline, "collect", "--format", "github", "--write-baseline", "known", file, other)
SHORTAGE_AS(collect_bundle, SHORTAGE_VARIES, "collect", "--bundle", "out.tar.zst", file, other)
SHORTAGE(env, "env")
SHORTAGE(completion, "completion", "bash")
SHORTAGE(help, "help")

Test(shortage, diff)
{
	make_files();
	/* Of the last calls one is for the table that lines are aligned by. */
	shortage_try(&(struct shortage){.name = "diff", .program = "ttlog", .words = LIST(TTLOG, "diff", file, other), .also = -7});
}

Test(shortage, view_bundle)
{
	make_files();
	make_bundle();
	shortage_try(&(struct shortage){.name = "view_bundle", .program = "ttlog", .words = LIST(TTLOG, "view", bundle)});
}

Test(shortage, ls_bundle)
{
	make_files();
	make_bundle();
	/* Where it was unpacked to has another name each time. */
	shortage_try(&(struct shortage){
		.name = "ls_bundle", .program = "ttlog", .words = LIST(TTLOG, "ls", bundle), .output = SHORTAGE_SAME_SIZE});
}

Test(shortage, view_input)
{
	make_files();
	shortage_try(&(struct shortage){.name = "view_input",
					.program = "ttlog",
					.words = LIST("/bin/sh", "-c", "exec \"$0\" view - <\"$1\"", TTLOG, file)});
}

Test(shortage, collect_known)
{
	make_files();
	const char *known = place_path("known");
	cr_assert(ttlog(LIST("collect", "--write-baseline", known, file)).status == 0);
	shortage_try(&(struct shortage){.name = "collect_known",
					.program = "ttlog",
					.also = 2, /* for the first line of the baseline */
					.words = LIST(TTLOG, "collect", "--format", "github", "--baseline", known, file, other),
					.whole = FOUND_NEW << 8,
					.statuses = {FOUND_NEW}});
}
