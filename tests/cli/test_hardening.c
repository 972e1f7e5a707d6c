/*
 * How the binaries are built: what makes it hard to turn an error in them into more. The agent is not fortified and has no stack protector: it
 * is what libc's functions of a program are called through, and dies with no word of its own.
 */
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>
#include <unistd.h>

TestSuite(hardening, .init = place_init, .fini = place_fini, .timeout = 60);

enum { NAME_BYTES = 32 };

static const char *output_of(const char *program, const char *options, const char *name)
{
	char *path;
	cr_assert(asprintf(&path, "%s/%s", BUILD_DIR, name) > 0);
	if (!is_executable(path))
		cr_skip_test("%s is not built: its library is not here", name);
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST(program, options, path)});
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
	return outcome.out.data;
}

static const char *read_elf(const char *options, const char *name)
{
	return output_of("readelf", options, name);
}

static void expect_in(const char *name, const char *text, const char *part)
{
	cr_expect(strstr(text, part), "%s: no %s", name, part);
}

static void expect_not_in(const char *name, const char *text, const char *part)
{
	cr_expect(!strstr(text, part), "%s: %s", name, part);
}

/* Read-only after relocation, all bound at the start, no stack that can be executed, no code that is written to, no place of its own to search. */
static void expect_linked(const char *name)
{
	const char *header = read_elf("-hW", name), *segments = read_elf("-lW", name), *dynamic = read_elf("-dW", name);
	expect_in(name, header, "DYN ");
	expect_in(name, segments, "GNU_RELRO");
	expect_in(name, segments, "GNU_STACK");
	expect_not_in(name, segments, "RWE");
	expect_in(name, dynamic, "NOW");
	expect_not_in(name, dynamic, "TEXTREL");
	expect_not_in(name, dynamic, "RPATH");
	expect_not_in(name, dynamic, "RUNPATH");
}

/*
 * Where a function begins that is called through a pointer there is a mark of it. (The note that tells the kernel so is left out by the linker
 * where the C library's own start files lack it.)
 */
static void expect_branches(const char *name)
{
	const char *mark = strstr(read_elf("-hW", name), "AArch64") ? "paciasp" : "endbr64";
	const char *code = output_of("objdump", "-d", name);
	size_t marks = 0;
	for (const char *at = code; (at = strstr(at, mark)); at++)
		marks++;
	cr_expect(marks > 20, "%s: %zu times %s", name, marks, mark);
}

ParameterizedTestParameters(hardening, binaries)
{
	static char names[][NAME_BYTES] = {"ttlog", "ttlog-capture", "libttlog_agent.so", "libttlog_sqlite.so",
					   "libttlog_postgresql.so"};
	return cr_make_param_array(char[NAME_BYTES], names, sizeof(names) / sizeof(names[0]));
}

ParameterizedTest(char (*name)[NAME_BYTES], hardening, binaries)
{
	expect_linked(*name);
	expect_branches(*name);
}

/* They read what others wrote. */
Test(hardening, readers)
{
	static const char *const names[] = {"ttlog", "ttlog-capture"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *symbols = read_elf("-rW", names[i]);
		expect_in(names[i], symbols, "__stack_chk_fail");
		expect_in(names[i], symbols, "__snprintf_chk");
	}
}
