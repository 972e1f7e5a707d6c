/*
 * Hostile input: each fuzz target takes all of its corpus, where what was once found lies too (found-...), and then goes on from there for
 * TTLOG_FUZZ seconds (default 5), under AddressSanitizer and UndefinedBehaviorSanitizer, with little memory and time for each input.
 * `make fuzz` goes on for longer.
 */
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

TestSuite(fuzz, .init = place_init, .fini = place_fini, .timeout = 864000);

enum { NAME_BYTES = 16 };

ParameterizedTestParameters(fuzz, targets)
{
	static char names[][NAME_BYTES] = {"bundle", "elf",  "files", "filter", "frame",    "recorder",
					   "redact", "rust", "show",  "sinks",  "snapshot", "text"};
	return cr_make_param_array(char[NAME_BYTES], names, sizeof(names) / sizeof(names[0]));
}

ParameterizedTest(char (*name)[NAME_BYTES], fuzz, targets)
{
	const char *seconds = getenv("TTLOG_FUZZ") ? getenv("TTLOG_FUZZ") : "5";
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(SOURCE_DIR "/tests/fuzz/run", "--seconds", seconds, "--target", *name, BUILT("fuzz")),
		.limit_s = 864000});
	cr_assert(outcome.status == 0, "%s: %s\n%s%s", *name, status_text(outcome.status), outcome.out.data, outcome.err.data);
	cr_assert_not_null(strstr(outcome.out.data, " runs "), "%s", outcome.out.data);
}
