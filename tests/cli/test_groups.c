/*
 * Deaths of many kinds, of several builds of one program, each at other addresses and with other numbers: are the groups of `ttlog collect`
 * the kinds? TTLOG_DEATHS=1000 makes so many of them.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

TestSuite(groups, .init = place_init, .fini = place_fini, .timeout = 3600);

static const char *const builds[] = {"gcc0", "gcc2", "clang2"};
enum { BUILDS = 3, C_KINDS = 18, CPP_KINDS = 6, KINDS = C_KINDS + CPP_KINDS };

static unsigned rounds(void)
{
	const char *deaths = getenv("TTLOG_DEATHS");
	const unsigned wanted = deaths ? (unsigned)atoi(deaths) : 1;
	return (wanted + KINDS * BUILDS - 1) / (KINDS * BUILDS);
}

/* Each program must die each time; without a core: they would take most of the time. */
static void die_all(const char *language, unsigned kind, unsigned name)
{
	static const char script[] = "ulimit -c 0; i=0; while [ $i -lt $5 ]; do i=$((i + 1));"
				     " LD_PRELOAD=$1 TTLOG_STORAGE=$2 \"$3\" $4 $((i * 37 + $4)) && exit 9; done 2>/dev/null; true";
	char program[300], storage[300], number[16], count[16];
	for (size_t i = 0; i < BUILDS; i++) {
		snprintf(program, sizeof(program), "%skinds_%s_%s", PROGRAM(""), language, builds[i]);
		snprintf(storage, sizeof(storage), "%s/%u/%s", place_root(), name, builds[i]);
		snprintf(number, sizeof(number), "%u", kind);
		snprintf(count, sizeof(count), "%u", rounds());
		const struct outcome outcome = process_run(&(struct process_setup){
			.argv = LIST("bash", "-c", script, "bash", AGENT, storage, program, number, count), .limit_s = 600});
		cr_assert(outcome.status == 0, "%s %u: %s", program, kind, status_text(outcome.status));
		const char *last;
		cr_expect_eq(snapshots_in(storage, &last), rounds(), "%s %u", program, kind);
	}
}

/* Some of the kinds are there for code that optimisers merge with its caller's without a trace. Not all of 1: other compilers find more. */
Test(groups, are_the_kinds)
{
	const char *report = place_path("groups.json"),
		   *arguments[KINDS * BUILDS + 8] = {TTLOG, "collect", "--format", "json", "-o", report};
	double precision = 0, recall = 0;
	size_t count = 6;
	for (unsigned i = 0; i < KINDS; i++) {
		die_all(i < C_KINDS ? "c" : "cpp", i < C_KINDS ? i : i - C_KINDS, i);
		for (size_t j = 0; j < BUILDS; j++) {
			char path[300];
			snprintf(path, sizeof(path), "%s/%u/%s", place_root(), i, builds[j]);
			arguments[count++] = strdup(path);
		}
	}
	const struct outcome made = process_run(&(struct process_setup){.argv = arguments, .limit_s = 600});
	cr_assert(made.status == 0, "%s", made.err.data);
	const struct outcome said = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", SOURCE_DIR "/tests/cli/reports/agreement.py", report)});
	const char *figures = strstr(said.out.data, "precision ");
	cr_assert(said.status == 0 && figures && sscanf(figures, "precision %lf recall %lf", &precision, &recall) == 2, "%s%s",
		  said.out.data, said.err.data);
	fprintf(stderr, "%s", said.out.data);
	cr_expect(precision == 1, "%s", said.out.data);
	cr_expect(recall >= 0.9, "%s", said.out.data);
}
