/*
 * How the binaries are built, as tools/check/hardening sees it; which has to see where one is built otherwise.
 */
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

TestSuite(hardening, .init = place_init, .fini = place_fini, .timeout = 100);

static struct outcome look_at(const char *directory)
{
	return process_run(&(struct process_setup){.argv = LIST(SOURCE_DIR "/tools/check/hardening", directory)});
}

static void expect_row(const struct outcome *outcome, const char *name)
{
	char *row;
	cr_assert(asprintf(&row, "\n%s ", name) > 0);
	cr_expect(strstr(outcome->out.data, row), "%s is not looked at", name);
	free(row);
}

Test(hardening, binaries)
{
	const struct outcome outcome = look_at(BUILD_DIR);
	cr_assert(outcome.status == 0, "%s%s", outcome.out.data, outcome.err.data);
	expect_row(&outcome, "ttlog");
	expect_row(&outcome, "ttlog-capture");
	expect_row(&outcome, "ttlog-db");
	expect_row(&outcome, "libttlog_agent.so");
	expect_row(&outcome, "libttlog_sqlite.so");
	expect_row(&outcome, "libttlog_postgresql.so");
	expect_row(&outcome, "libttlog_test.so");
}

#define BRANCHES (strcmp(machine(), "x86_64") == 0 ? "-fcf-protection=full" : "-mbranch-protection=standard")

static const char *machine(void)
{
	static struct utsname name;
	uname(&name);
	return name.machine;
}

/* A program as it should be, and with one thing less each time. */
static struct outcome build_and_look(const char *name, const char *flags)
{
	static const char code[] = "#include <stdio.h>\n#include <string.h>\n"
				   "int main(int n, char **a) { char b[64]; (void)n; strcpy(b, a[0]); puts(b); return b[1]; }\n";
	const char *file = place_file("program.c", code, sizeof(code) - 1), *directory = place_directory();
	const struct outcome made = process_run(&(struct process_setup){
		.argv = LIST("/bin/sh", "-c",
			     "cc -O2 -w -fPIE -pie $3 -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 "
			     "-Wl,-z,now,-z,relro $1 \"$0\" -o \"$2\"",
			     file, flags, name, BRANCHES),
		.directory = directory});
	cr_assert(made.status == 0, "%s", made.err.data);
	return look_at(directory);
}

static void expect_seen(const char *name, const char *flags, const char *word)
{
	const struct outcome outcome = build_and_look(name, flags);
	cr_expect(outcome.status != 0 && strstr(outcome.out.data, word), "%s: %s%s", flags, outcome.out.data, outcome.err.data);
}

Test(hardening, what_is_missing_is_seen)
{
	const struct outcome good = build_and_look("ttlog", "-g");
	cr_assert(good.status == 0, "%s%s", good.out.data, good.err.data);
	expect_seen("ttlog", "-no-pie", "linked otherwise");
	expect_seen("ttlog", "-Wl,-z,norelro", "linked otherwise");
	expect_seen("ttlog", "-Wl,-z,lazy", "linked otherwise");
	expect_seen("ttlog", "-Wl,-z,execstack", "linked otherwise");
	expect_seen("ttlog", "-Wl,-rpath,/tmp", "linked otherwise");
	expect_seen("ttlog", "-fno-stack-protector", "no stack protector");
	expect_seen("ttlog-db", "-U_FORTIFY_SOURCE", "no fortified functions");
	expect_seen("libttlog_agent.so", "-g", "an agent with guard");
}

Test(hardening, nothing_to_look_at)
{
	const struct outcome outcome = look_at(place_directory());
	cr_assert(outcome.status != 0 && strstr(outcome.out.data, "no binary of ours"), "%s", outcome.out.data);
}
