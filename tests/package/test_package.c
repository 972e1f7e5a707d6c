/*
 * What `make install`, `make uninstall` and `make dist-tarball` make, used where it lies.
 */
#include "command.h"
#include "describe.h"
#include "expect.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(package, .init = place_init, .fini = place_fini, .timeout = 600);

#define MAKE(...) LIST("make", "-s", "-C", SOURCE_DIR, "BUILD=" BUILD_DIR, __VA_ARGS__)

static struct outcome in(const char *directory, const char *const *argv)
{
	return process_run(&(struct process_setup){
		.argv = argv, .directory = directory, .environment = LIST("MAKEFLAGS", "MAKELEVEL", "MFLAGS"), .limit_s = 500});
}

static struct outcome good(const char *directory, const char *const *argv)
{
	const struct outcome outcome = in(directory, argv);
	cr_assert(outcome.status == 0, "%s: %s\n%s%s", argv[0], status_text(outcome.status), outcome.out.data, outcome.err.data);
	return outcome;
}

static char *text(const char *format, const char *value)
{
	char *made;
	cr_assert(asprintf(&made, format, value) >= 0);
	return made;
}

/* Runs what dies under this ttlog, and reads what it left. */
static void expect_records(const char *directory, const char *ttlog)
{
	struct snapshot snapshot;
	const char *path;
	const struct outcome outcome = in(directory,
					  LIST(ttlog, "run", "--storage", place_storage(), "--", PROGRAM("die"), "null_write"));
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGSEGV, "%s\n%s%s", status_text(outcome.status),
		  outcome.out.data, outcome.err.data);
	snapshot_only(&snapshot, &path);
	expect_innermost(&snapshot, "death_null_write");
	expect_no_degradations(&snapshot);
	cr_assert(strstr(good(directory, LIST(ttlog, "view", path)).out.data, "death_null_write"));
}

/* Each in a place of its own below the test's, as a package is made. */
static const char *installed(const char *libdir, const char *libexecdir)
{
	const char *root = place_directory();
	good(root, MAKE("PREFIX=/usr", text("LIBDIR=%s", libdir), text("LIBEXECDIR=%s", libexecdir), text("DESTDIR=%s", root),
			"install"));
	return root;
}

Test(package, as_debian_lays_it_out)
{
	const char *root = installed("/usr/lib/x86_64-linux-gnu", "/usr/libexec");
	expect_records(root, text("%s/usr/bin/ttlog", root));
}

Test(package, without_libexec)
{
	const char *root = installed("/usr/lib", "/usr/lib");
	expect_records(root, text("%s/usr/bin/ttlog", root));
}

Test(package, libraries_far_away)
{
	const char *root = installed("/opt/other/lib64", "/usr/libexec");
	expect_records(root, text("%s/usr/bin/ttlog", root));
}

/* Where SQLite and libmd are missing, all else is as ever: the page of ttlog db, too, and a clear word. */
Test(package, without_database)
{
	const char *root = place_directory(), *pages = place_directory();
	good(root, MAKE("PREFIX=/usr", "SQLITE_HEADER=", "LIBMD_HEADER=", text("DESTDIR=%s", root), "install"));
	cr_assert_str_eq(good(root, LIST("find", ".", "-name", "ttlog-db", "-o", "-name", "*sqlite*")).out.data, "");
	const char *ttlog = text("%s/usr/bin/ttlog", root);
	cr_assert(strstr(good(root, LIST(ttlog, "db", "--help")).out.data, "usage: ttlog db "));
	const struct outcome outcome = in(root, LIST(ttlog, "db", "groups"));
	cr_assert(WEXITSTATUS(outcome.status) == 127 && strstr(outcome.err.data, "ttlog-db: not installed"), "%s",
		  outcome.err.data);
	good(pages, LIST("ln", "-s", ttlog, "ttlog"));
	good(pages, LIST(SOURCE_DIR "/tools/man/build", pages, "2000-01-01", "1"));
	good(pages, LIST("test", "-s", "man/ttlog-db.1"));
}

/* What nothing would find is not installed at all. */
Test(package, helpers_far_away)
{
	const char *root = place_directory();
	const struct outcome outcome = in(root,
					  MAKE("PREFIX=/usr", "LIBEXECDIR=/opt/helpers", text("DESTDIR=%s", root), "install"));
	cr_assert(outcome.status != 0 && strstr(outcome.err.data, "LIBEXECDIR=/opt/helpers"), "%s", outcome.err.data);
	cr_assert_str_eq(good(root, LIST("find", ".", "-mindepth", "1")).out.data, "");
}

Test(package, relative_directory)
{
	const struct outcome outcome = in(place_directory(), MAKE("PREFIX=here", "install"));
	cr_assert(outcome.status != 0 && strstr(outcome.err.data, "BINDIR=here/bin: not an absolute path"), "%s", outcome.err.data);
}

/* A program finds the headers wherever they were moved to. */
Test(package, pkg_config)
{
	static const char script[] = "echo '#include <ttlog.h>\nint main(void) { ttlog_info(\"said\"); return 0; }' >said.c && "
				     "export PKG_CONFIG_PATH=$PWD/usr/lib/x86_64-linux-gnu/pkgconfig && cc -o said said.c "
				     "$(pkg-config --cflags ttlog) && "
				     "test -e \"$(pkg-config --variable=agent ttlog)\" && pkg-config --modversion ttlog && ./said";
	const char *root = installed("/usr/lib/x86_64-linux-gnu", "/usr/libexec");
	cr_assert(strncmp(good(root, LIST("sh", "-c", script)).out.data, "0.", 2) == 0);
}

/* Somebody else's files stay, whatever stands around them. */
Test(package, uninstall_leaves_nothing_of_ours)
{
	const char *root = installed("/opt/lib", "/usr/libexec");
	good(root, LIST("sh", "-c", "test -e usr/bin/ttlog && echo mine >usr/share/ttlog/recipes/mine"));
	good(root, MAKE("PREFIX=/usr", "LIBDIR=/opt/lib", "LIBEXECDIR=/usr/libexec", text("DESTDIR=%s", root), "uninstall"));
	cr_assert_str_eq(good(root, LIST("find", ".", "!", "-type", "d")).out.data, "./usr/share/ttlog/recipes/mine\n");
	cr_assert_str_eq(good(root, LIST("find", ".", "-path", "*/ttlog*", "-type", "d")).out.data,
			 "./usr/share/ttlog\n./usr/share/ttlog/recipes\n");
}

/* Unpacks what `make dist-tarball` made into a directory of this name. */
static char *unpacked(const char *name)
{
	static const char script[] = "mkdir \"$2\" && tar --zstd -x -C \"$2\" --strip-components=1 -f \"$1\"/ttlog-*.tar.zst";
	const char *directory = place_directory();
	char *home = text("%s", place_path(name));
	good(directory, MAKE(text("DISTDIR=%s", directory), "dist-tarball"));
	good(directory, LIST("sh", "-c", script, "sh", directory, home));
	return home;
}

/* /tmp is everybody's: the link to a place that will not be there any more must go. Its path. */
static char *link_to(const char *home, const char *action)
{
	static const char script[] =
		"find /tmp -maxdepth 1 -lname \"$1\" \"$2\" 2>/dev/null; true"; /* others' files may go meanwhile */
	return good(place_directory(), LIST("sh", "-c", script, "sh", text("%s/lib", home), action)).out.data;
}

Test(package, tarball)
{
	expect_records(place_directory(), text("%s/bin/ttlog", unpacked("moved")));
}

/* LD_PRELOAD knows no quoting. */
Test(package, tarball_in_a_path_with_blanks)
{
	const char *home = unpacked("a path: with blanks");
	expect_records(place_directory(), text("%s/bin/ttlog", home));
	link_to(home, "-delete");
}

/* Who was there first must not get his own library into our programs. */
Test(package, link_that_leads_elsewhere)
{
	const char *home = unpacked("a path with blanks");
	good(place_directory(), LIST(text("%s/bin/ttlog", home), "run", "true"));
	char *link = link_to(home, "-print");
	link[strcspn(link, "\n")] = '\0';
	good(place_directory(), LIST("ln", "-sfn", "/nowhere", link));
	const struct outcome outcome = in(place_directory(), LIST(text("%s/bin/ttlog", home), "run", "echo", "ran"));
	unlink(link);
	cr_assert(outcome.status != 0 && !strstr(outcome.out.data, "ran"), "%s%s", outcome.out.data, outcome.err.data);
	cr_assert(strstr(outcome.err.data, link), "%s", outcome.err.data);
}
