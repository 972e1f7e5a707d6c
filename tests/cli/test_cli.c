/*
 * The contract of every command: options, --help, exit codes, error lines.
 */
#include "command.h"

#include <criterion/criterion.h>

TestSuite(usage, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

Test(usage, unknown)
{
	expect_error(USAGE, "no command", NULL);
	expect_error(USAGE, "frobnicate", "frobnicate");
	expect_error(USAGE, "--frobnicate", "--frobnicate");
	static const char *const commands[] = {"run", "view", "ls", "recover", "env"};
	for (size_t i = 0; i < COUNT(commands); i++) {
		expect_error(USAGE, "--frobnicate", commands[i], "--frobnicate");
		expect_error(USAGE, "-x", commands[i], "-x");
	}
	expect_error(USAGE, "frobnicate", "help", "frobnicate");
	expect_error(USAGE, "FILE", "view");
	expect_error(USAGE, "CMD", "run");
	expect_error(USAGE, "CMD", "run", "--");
}

/* A slip of the finger; what nothing is like is like nothing. */
Test(usage, nearest)
{
	static const char *const slips[][2] = {{"vew", "view"},     {"veiw", "view"},      {"sl", "ls"},
					       {"statss", "stats"}, {"colect", "collect"}, {"snapshit", "snapshot"},
					       {"hlep", "help"},    {"rn", "run"}};
	for (size_t i = 0; i < COUNT(slips); i++) {
		char hint[64];
		snprintf(hint, sizeof(hint), "; `ttlog %s`? see `ttlog help`", slips[i][1]);
		expect_error(USAGE, hint, slips[i][0]);
	}
	static const char *const others[] = {"x", "frobnicate", "", "a-name-that-is-longer-than-any", "42"};
	for (size_t i = 0; i < COUNT(others); i++)
		expect_error(USAGE, "no such command; see `ttlog help`", others[i]);
}

/* Who is told what is wrong is told where to look. */
Test(usage, hints)
{
	static const char *const wrong[][4] = {{"frob"},
					       {"help", "frob"},
					       {"view"},
					       {"ls", "a", "b"},
					       {"recover", "a", "b"},
					       {"env", "a"},
					       {"level"},
					       {"completion"},
					       {"completion", "tcsh"},
					       {"grep"},
					       {"diff", "a"},
					       {"tail"},
					       {"db"},
					       {"db", "frob"},
					       {"collect", "--format", "pdf"},
					       {"top", "--by", "x"}};
	for (size_t i = 0; i < COUNT(wrong); i++) {
		const struct outcome outcome = ttlog(wrong[i]);
		char hint[64];
		const bool own = strcmp(wrong[i][0], "frob") != 0 && strcmp(wrong[i][0], "help") != 0;
		snprintf(hint, sizeof(hint), own ? "see `ttlog %s --help`" : "see `ttlog help`", wrong[i][0]);
		expect_error_at(HERE, &outcome, USAGE, hint);
	}
}

Test(usage, bad_arguments)
{
	expect_error(USAGE, "--last", "view", "--last", "many", "file");
	expect_error(USAGE, "--level", "view", "--level", "loud", "file");
	expect_error(USAGE, "--source", "view", "--source", "radio", "file");
	expect_error(USAGE, "--tid", "view", "--tid", "x", "file");
	expect_error(USAGE, "--grep", "view", "--grep", "(", "file");
	expect_error(USAGE, "--json", "view", "--json=1", "file");
	expect_error(USAGE, "--last", "view", "--last");
	expect_error(USAGE, "--timeout", "run", "--timeout", "soon", "--", "true");
	expect_error(USAGE, "--timeout", "run", "--timeout", "-1s", "--", "true");
	expect_error(USAGE, "--on-exit", "run", "--on-exit", "sometimes", "--", "true");
	expect_error(USAGE, "--keep", "run", "--keep", "x", "--", "true");
}

Test(usage, help)
{
	static const char *const commands[] = {"run", "view", "ls", "recover", "env", "help"};
	for (size_t i = 0; i < COUNT(commands); i++) {
		const struct outcome long_form = ttlog(LIST(commands[i], "--help")), word = ttlog(LIST("help", commands[i]));
		cr_assert(long_form.status == 0 && long_form.err.size == 0, "%s --help: %s", commands[i],
			  status_text(long_form.status));
		cr_assert(strstr(long_form.out.data, "usage: ttlog ") && strstr(long_form.out.data, "Examples:"), "%s",
			  long_form.out.data);
		cr_assert_str_eq(long_form.out.data, word.out.data);
	}
	const struct outcome overview = ttlog(LIST("--help")), version = ttlog(LIST("--version"));
	cr_assert(overview.status == 0 && version.status == 0 && strncmp(version.out.data, "ttlog ", 6) == 0);
	for (size_t i = 0; i < COUNT(commands); i++)
		cr_assert(strstr(overview.out.data, commands[i]), "%s is not in the overview", commands[i]);
	/* Each code that `ttlog run` ends with by itself stands in its help. */
	const struct outcome run = ttlog(LIST("run", "--help"));
	static const char *const codes[] = {"124", "126", "127"};
	for (size_t i = 0; i < COUNT(codes); i++)
		cr_assert(strstr(run.out.data, codes[i]), "exit code %s is not documented:\n%s", codes[i], run.out.data);
}

/* Each command that reads snapshots: a name that leads nowhere is a bad input; a directory without one, and a ./tmp never made, hold nothing. */
Test(usage, missing_and_empty)
{
	static const struct {
		const char *words[4];
		bool has_default;
	} readers[] = {
		{{"view"}, false}, {{"ls"}, true},      {{"grep", "x"}, true},  {{"top"}, true},
		{{"stats"}, true}, {{"collect"}, true}, {{"symbolize"}, false}, {{"html", "-o", "page.html"}, false},
	};
	const char *empty = place_directory();
	for (size_t i = 0; i < COUNT(readers); i++) {
		const char *arguments[6] = {TTLOG};
		size_t count = 1;
		for (const char *const *word = readers[i].words; *word; word++)
			arguments[count++] = *word;
		if (readers[i].has_default) {
			const struct outcome outcome = process_run(&(struct process_setup){.argv = arguments});
			expect_error_at(HERE, &outcome, NOTHING, "./tmp: no such directory");
		}
		arguments[count] = "/nowhere";
		const struct outcome missing = process_run(&(struct process_setup){.argv = arguments});
		expect_error_at(HERE, &missing, BAD_FILE, "/nowhere: No such file or directory");
		arguments[count] = empty;
		const struct outcome nothing = process_run(&(struct process_setup){.argv = arguments});
		expect_error_at(HERE, &nothing, NOTHING, empty);
	}
}

Test(usage, closed_stdout)
{
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST(TTLOG, "env"), .stdout_closed = true});
	cr_assert(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == NOTHING &&
			  strstr(outcome.err.data, "standard output"),
		  "%s %s", status_text(outcome.status), outcome.err.data);
}

Test(usage, env)
{
	static const char *const names[] = {"SERVICE", "STORAGE",         "CAPACITY", "LEVEL", "CAPTURE", "SIGNALS",
					    "ON_EXIT", "CAPTURE_TIMEOUT", "KEEP",     "QUIET", "DISABLE", "DEBUG"};
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "env"), .environment = LIST("TTLOG_CAPACITY=4711")});
	cr_assert(outcome.status == 0 && outcome.err.size == 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		char name[64];
		snprintf(name, sizeof(name), "TTLOG_%s", names[i]);
		cr_assert(strstr(outcome.out.data, name), "%s is missing", name);
	}
	cr_assert(strstr(outcome.out.data, "4711") && strstr(outcome.out.data, "8192"), "value and default\n%s", outcome.out.data);
}
