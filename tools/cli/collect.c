/* ttlog collect: many snapshots as few groups, in the formats of CI servers and for people. */
#include "collect.h"

#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_GROUPS   100u
#define BUNDLE_BYTES ((uint64_t)200 << 20)

enum {
	OPTION_FORMAT = 1,
	OPTION_OUTPUT,
	OPTION_BASELINE,
	OPTION_WRITE_BASELINE,
	OPTION_FAIL_ON,
	OPTION_MAX_GROUPS,
	OPTION_SOURCE_ROOT,
	OPTION_DEBUG_DIR,
	OPTION_BUNDLE,
	OPTION_BUNDLE_SIZE
};

static const struct option long_options[] = {
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"output", required_argument, NULL, OPTION_OUTPUT},
	{"o", required_argument, NULL, OPTION_OUTPUT},
	{"baseline", required_argument, NULL, OPTION_BASELINE},
	{"write-baseline", required_argument, NULL, OPTION_WRITE_BASELINE},
	{"fail-on", required_argument, NULL, OPTION_FAIL_ON},
	{"max-groups", required_argument, NULL, OPTION_MAX_GROUPS},
	{"source-root", required_argument, NULL, OPTION_SOURCE_ROOT},
	{"debug-dir", required_argument, NULL, OPTION_DEBUG_DIR},
	{"bundle", required_argument, NULL, OPTION_BUNDLE},
	{"bundle-size", required_argument, NULL, OPTION_BUNDLE_SIZE},
	{NULL, 0, NULL, 0},
};

/* Options ------------------------------------------------------------------------------------------------------------------------ */

static int usage(const char *option, const char *value, const char *what)
{
	return command_error(&command_collect, COMMAND_USAGE, "%s %s: %s; see `ttlog collect --help`", option, value, what);
}

static int parse_format(struct collect_request *request, const char *value)
{
	request->format = report_find(value);
	if (request->format)
		return COMMAND_DONE;
	return usage("--format", value, "none of text markdown github gitlab junit html json sarif");
}

static int parse_fail_on(struct collect_request *request, const char *value)
{
	static const struct {
		const char *word;
		enum collect_fail fail;
	} words[] = {{"never", COLLECT_FAIL_NEVER}, {"new", COLLECT_FAIL_NEW}, {"any", COLLECT_FAIL_ANY}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(value, words[i].word)) {
			request->fail_on = words[i].fail;
			return COMMAND_DONE;
		}
	}
	return usage("--fail-on", value, "none of new any never");
}

static int parse_max_groups(struct collect_request *request, const char *value)
{
	char *end;

	errno = 0;
	request->max_groups = strtoul(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end || errno)
		return usage("--max-groups", value, "not a number");
	return COMMAND_DONE;
}

/* "200MB", "1G": in powers of 1024. */
static int parse_bundle_size(struct collect_request *request, const char *value)
{
	static const char units[] = "KMGT";
	const char *unit;
	char *end;

	errno = 0;
	request->bundle_bytes = strtoull(value, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		const unsigned shift = 10 * (unsigned)(unit - units + 1);
		if (request->bundle_bytes >> (64 - shift))
			errno = ERANGE;
		request->bundle_bytes <<= shift;
		end++;
	}
	end += *end == 'B';
	if (value[0] < '0' || value[0] > '9' || *end || errno)
		return usage("--bundle-size", value, "not a size like 200MB");
	return COMMAND_DONE;
}

static int parse_source_root(struct collect_request *request, const char *value)
{
	if (realpath(value, request->source_root))
		return COMMAND_DONE;
	return usage("--source-root", value, strerror(errno));
}

static int apply(struct collect_request *request, int option)
{
	switch (option) {
	case OPTION_FORMAT:
		return parse_format(request, optarg);
	case OPTION_OUTPUT:
		request->output = optarg;
		return COMMAND_DONE;
	case OPTION_BASELINE:
		request->baseline = optarg;
		return COMMAND_DONE;
	case OPTION_WRITE_BASELINE:
		request->write_baseline = optarg;
		return COMMAND_DONE;
	case OPTION_FAIL_ON:
		return parse_fail_on(request, optarg);
	case OPTION_MAX_GROUPS:
		return parse_max_groups(request, optarg);
	case OPTION_SOURCE_ROOT:
		return parse_source_root(request, optarg);
	case OPTION_BUNDLE:
		request->bundle = optarg;
		return COMMAND_DONE;
	case OPTION_BUNDLE_SIZE:
		return parse_bundle_size(request, optarg);
	default:
		return directory_list_add(&command_collect, &request->directories.debug, "--debug-dir", optarg);
	}
}

/* Options that ask for each other. */
static int check(struct collect_request *request)
{
	if (!request->format && (!request->bundle || request->output))
		request->format = !request->output && isatty(STDOUT_FILENO) ? &report_text : &report_markdown;
	if (request->format == &report_html && (!request->output || !strcmp(request->output, "-")))
		return command_error(&command_collect, COMMAND_USAGE,
				     "--format html: writes a directory; say which with -o DIR; see `ttlog collect --help`");
	if (request->fail_on == COLLECT_FAIL_NEW && !request->baseline)
		return command_error(&command_collect, COMMAND_USAGE,
				     "--fail-on new: needs --baseline FILE, which says what is known; see `ttlog collect --help`");
	if (request->fail_on == COLLECT_FAIL_UNSAID)
		request->fail_on = request->baseline ? COLLECT_FAIL_NEW : COLLECT_FAIL_NEVER;
	if (!request->source_root[0] && !realpath(".", request->source_root))
		return command_error(&command_collect, COMMAND_USAGE, "the working directory: %s", strerror(errno));
	request->directories.source = (struct directory_list){{request->source_root}, 1};
	return COMMAND_DONE;
}

/* Baseline ----------------------------------------------------------------------------------------------------------------------- */

static int read_baseline(struct collection *collection)
{
	const char *path = collection->request->baseline;
	char error[BASELINE_ERROR_BYTES];
	int result = path ? baseline_read(&collection->baseline, path, error) : 0;

	if (!result)
		return COMMAND_DONE;
	return command_error(&command_collect, COMMAND_BAD_FILE, "%s%s", error,
			     result == -ENOENT ? "; --write-baseline FILE makes one" : "");
}

/* What was known stays known, whether or not it was met this time. */
static int write_baseline(struct collection *collection)
{
	struct output output;
	int status = output_open(&command_collect, &output, collection->request->write_baseline, false);

	if (status)
		return status;
	for (size_t i = 0; i < collection->groups.count; i++)
		baseline_add(&collection->baseline, &collection->groups.list[i].fingerprint);
	for (size_t i = 0; i < collection->groups.folded_count; i++)
		baseline_add(&collection->baseline, &collection->groups.folded[i].fingerprint);
	baseline_print(&collection->baseline, output.stream);
	return output_close(&command_collect, &output, COMMAND_DONE);
}

/* The command -------------------------------------------------------------------------------------------------------------------- */

static bool must_fail(const struct collection *collection)
{
	switch (collection->request->fail_on) {
	case COLLECT_FAIL_ANY:
		return collection->groups.count != 0;
	case COLLECT_FAIL_NEW:
		return collection->new_groups != 0;
	default:
		return false;
	}
}

static int worse(int a, int b)
{
	return a > b ? a : b;
}

/* Snapshots are read twice: once for their groups, once for what is written of them. */
static int refuse_input(char **names, int count)
{
	for (int i = 0; i < count; i++) {
		if (!strcmp(names[i], "-"))
			return command_error(&command_collect, COMMAND_USAGE,
					     "-: standard input cannot be read twice; name a file");
	}
	return COMMAND_DONE;
}

/* Where there is nothing to look at, a report that says so takes the place of an older one. */
static int collect(struct collection *collection, char **names, int count)
{
	int status = read_baseline(collection), empty;

	if (status)
		return status;
	empty = inputs_open(&command_collect, &collection->inputs, names, count);
	if (empty && (empty != COMMAND_NOTHING || !collection->request->output))
		return empty;
	collect_groups(collection);
	if (collection->request->format && (collection->unreadable_count < collection->inputs.count || collection->request->output))
		status = collect_report(collection);
	if (collection->request->bundle)
		status = worse(status, collect_bundle(collection));
	if (collection->request->write_baseline)
		status = worse(status, write_baseline(collection));
	status = worse(status, collection->unreadable_count ? COMMAND_BAD_FILE : collection->inputs.status);
	return must_fail(collection) ? COMMAND_FOUND : worse(status, empty);
}

static int run_collect(int argc, char **argv)
{
	static struct collect_request request; /* too large for a stack */
	struct collection collection = {.request = &request};
	int option, status = COMMAND_DONE;

	request = (struct collect_request){.max_groups = MAX_GROUPS, .bundle_bytes = BUNDLE_BYTES};
	while (!status && (option = command_option(&command_collect, argc, argv, long_options, 0)) != OPTION_END) {
		if (option == OPTION_HELP)
			return COMMAND_DONE;
		status = option == OPTION_BAD ? COMMAND_USAGE : apply(&request, option);
	}
	if (!status)
		status = check(&request);
	if (!status)
		status = refuse_input(argv + optind, argc - optind);
	if (!status)
		status = collect(&collection, argv + optind, argc - optind);
	collect_fini(&collection);
	return status;
}

const struct command command_collect = {
	.name = "collect",
	.summary = "deaths in groups: what died, where, how often, what is new",
	.run = run_collect,
	.options = long_options,
	.operands = COMMAND_TAKES_FILES,
	.help = "usage: ttlog collect [OPTIONS] [FILE|DIR|BUNDLE...]\n\n"
		"Puts the deaths in DIR (default ./tmp: all snapshots in it) into groups, each of\n"
		"which has one cause, and writes a report, the newest group first. Snapshots of\n"
		"processes that lived on, or exited with 0, are counted and left out.\n\n"
		"  --format FORMAT        text: for people, the default on a terminal;\n"
		"                         markdown (default elsewhere): a table, and stack,\n"
		"                         source and last events of each group;\n"
		"                         github: annotations, for the output of a workflow's\n"
		"                         step;\n"
		"                         gitlab: a code quality report; junit: JUnit XML, each\n"
		"                         death a failed case;\n"
		"                         html: an index with a page for each group, in the\n"
		"                         directory -o;\n"
		"                         json: all that is known; sarif: SARIF 2.1.0\n"
		"  -o, --output FILE      there instead of standard output\n"
		"  --max-groups N         groups written (default 100); all are counted\n"
		"  --source-root DIR      the repository: places are named relative to it\n"
		"                         (default: the working directory)\n"
		"  --debug-dir DIR        where debug information is, beside /usr/lib/debug; may\n"
		"                         be repeated\n"
		"  --baseline FILE        the groups that are known; others are new\n"
		"  --write-baseline FILE  the groups that were met, and those of --baseline, as\n"
		"                         such a file\n"
		"  --bundle FILE          a file (.tar.zst) with the snapshots, and the programs\n"
		"                         and libraries that their stacks lead through, to be\n"
		"                         looked at elsewhere: ttlog view FILE, ttlog collect\n"
		"                         FILE; alone, no report is written\n"
		"  --bundle-size SIZE     at most so much of it (default 200MB); what is left out\n"
		"                         is said\n"
		"  --fail-on WHAT         exit with 4 for: new groups (default with --baseline),\n"
		"                         any group, never (default)\n\n"
		"A group is told by its fingerprint: of the thread that died, the innermost three\n"
		"functions of the program. Functions of the system (libc, allocators, abort and\n"
		"assert, C++'s and Rust's own libraries, whatever calls main) are left out,\n"
		"inlined functions count as calls, recursion counts once; names lose template\n"
		"arguments, parameters and what compilers add (.part.0, .isra.0, .cold); main\n"
		"stands with its source file. Addresses, builds and machines have no part in it.\n"
		"What is inlined is known from debug information only: a build without it can\n"
		"make a group of its own. A stack overflow is told by the functions of its\n"
		"recursion; time-outs, signals from outside and exits make groups beside the\n"
		"crashes of the same function; where no function is known, the end, the program\n"
		"and the abort message without its numbers tell it. Where an optimiser left no\n"
		"trace of a function in its caller, deaths in it, and of other builds in the line\n"
		"that calls it, are one group all the same.\n\n"
		"Exit status: 0 done, 1 no snapshot there, 2 bad usage or no memory, 3 a\n"
		"file could not be read (it is named; all else is written), 4 there are groups\n"
		"that --fail-on is about.\n\n"
		"Examples:\n"
		"  ttlog collect tmp >> \"$GITHUB_STEP_SUMMARY\"\n"
		"  ttlog collect --format github --baseline known-deaths.txt tmp\n"
		"  ttlog collect --format junit -o deaths.xml tmp\n"
		"  ttlog collect --bundle deaths.tar.zst tmp\n"
		"  ttlog collect --format html -o report tmp && xdg-open report/index.html\n",
};
