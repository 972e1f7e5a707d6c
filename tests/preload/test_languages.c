/*
 * The languages of unmodified programs: each says something through every channel it has (print, standard error, system calls, its
 * logger) and ends with what it prints of an error that nobody catches. What is recorded are the bytes that came out, none twice, and the
 * viewer shows whole lines, however many pieces they came in.
 */
#include "describe.h"
#include "heard.h"
#include "place.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

TestSuite(languages, .init = place_init, .fini = place_fini, .timeout = 120);

#define SOURCE(name)  SOURCE_DIR "/tests/programs/languages/" name
#define RUNTIME(name) PROGRAM("runtimes/" name)

/* Each of the lines stands in what `ttlog view` prints, as one line. The longest are cut there, and tabs are blanks. */
static void expect_lines_shown(const struct bytes *said, const struct bytes *shown, const char *what)
{
	enum { SHOWN_BYTES = 300 };
	for (char *rest = strdup(said->data), *line; (line = strsep(&rest, "\n"));) {
		line += strspn(line, "\t");
		if (strlen(line) < SHOWN_BYTES)
			cr_expect(strstr(shown->data, line), "%s: no line \"%s\" in\n%s", what, line, shown->data);
	}
}

static void check(const char *const *argv, const char *last)
{
	struct snapshot snapshot;
	const char *path;
	cr_assert(expect_heard(argv, place_directory(), &snapshot));
	const struct bytes out = heard_text(&snapshot, SOURCE_STDOUT, SOURCE_WRITE1),
			   err = heard_text(&snapshot, SOURCE_STDERR, SOURCE_WRITE2);
	cr_expect(strstr(err.data, last), "%s: \"%s\" is missing in\n%s", argv[0], last, err.data);
	cr_assert(snapshots_in(place_storage(), &path) == 1);
	const struct outcome view = process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "view", "--full", "--last", "1000", path),
					.environment = LIST("LC_ALL=C.UTF-8", "COLUMNS=400")});
	cr_assert(view.status == 0, "%s", view.err.data);
	expect_lines_shown(&out, &view.out, argv[0]);
	expect_lines_shown(&err, &view.out, argv[0]);
}

static void need(const char *path, const char *package)
{
	if (!is_executable(path))
		cr_skip_test("%s is missing: package %s", path, package);
}

#define LANGUAGE(name, program, package, last, ...)                                                                                \
	Test(languages, name)                                                                                                      \
	{                                                                                                                          \
		need(program, package);                                                                                            \
		check(LIST(program, __VA_ARGS__), last);                                                                           \
	}

LANGUAGE(cpp, PROGRAM("languages_cpp"), "g++", "terminate 6", NULL)
LANGUAGE(cpp_unsynced, PROGRAM("languages_cpp"), "g++", "terminate 6", "unsynced")
LANGUAGE(python, "/usr/bin/python3", "python3", "ValueError: traceback 7", SOURCE("speak.py"))
LANGUAGE(python_unbuffered, "/usr/bin/python3", "python3", "ValueError: traceback 7", "-u", SOURCE("speak.py"))
LANGUAGE(perl, "/usr/bin/perl", "perl", "die 6 at ", SOURCE("speak.pl"))
LANGUAGE(ruby, "/usr/bin/ruby", "ruby", "backtrace 7", SOURCE("speak.rb"))
LANGUAGE(node, "/usr/bin/node", "nodejs", "Error: stack 6", SOURCE("speak.js"))
LANGUAGE(java, "/usr/bin/java", "default-jdk-headless", "IllegalStateException: stack trace 6", "-Xint", "-cp", PROGRAM("runtimes"),
	 "Speak")
LANGUAGE(rust, RUNTIME("speak_rust"), "rustc", "panic 5", NULL)
