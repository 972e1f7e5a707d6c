/* ttlog symbolize: what debug information says of a snapshot's addresses, stored in the snapshot, so that it travels. */
#include "command.h"
#include "directory_list.h"
#include "source.h"
#include "symbols.h"
#include "target.h"

#include <errno.h>
#include <stdio.h>

enum {
	OPTION_OUTPUT = 'o',
	OPTION_DEBUG = 'd',
	OPTION_SOURCE = 's',
	OPTION_EMBED = 'e',
	OPTION_NO_CACHE = 'n',
	OPTION_QUIET = 'q'
};

static const struct option long_options[] = {
	{"output", required_argument, NULL, OPTION_OUTPUT},   {"o", required_argument, NULL, OPTION_OUTPUT},
	{"debug-dir", required_argument, NULL, OPTION_DEBUG}, {"source-dir", required_argument, NULL, OPTION_SOURCE},
	{"embed-source", no_argument, NULL, OPTION_EMBED},    {"no-cache", no_argument, NULL, OPTION_NO_CACHE},
	{"quiet", no_argument, NULL, OPTION_QUIET},           {NULL, 0, NULL, 0},
};

struct request {
	const char *output; /* NULL: in place */
	struct directory_list debug, source;
	bool embed, no_cache, quiet;
};

static int apply(struct request *request, int option)
{
	switch (option) {
	case OPTION_OUTPUT:
		request->output = optarg;
		return 0;
	case OPTION_DEBUG:
		return directory_list_add(&command_symbolize, &request->debug, "--debug-dir", optarg);
	case OPTION_SOURCE:
		return directory_list_add(&command_symbolize, &request->source, "--source-dir", optarg);
	case OPTION_EMBED:
		request->embed = true;
		return 0;
	case OPTION_NO_CACHE:
		request->no_cache = true;
		return 0;
	default:
		request->quiet = true;
		return 0;
	}
}

/* What was found ------------------------------------------------------------------------------------------------------------- */

/* Modules of the frames and events that nobody could open: one line each. */
static void complain(void *context, const char *module, const char *build_id, int error, const char *found)
{
	(void)context;
	if (error == -ESTALE)
		printf("%s: not used: its build-id is %s, not %s\n", module, found ? found : "none", build_id);
	else if (error)
		printf("%s: not here%s%s\n", module, build_id ? ": build-id " : "", build_id ? build_id : "");
}

static void print_sum(const char *path, const struct snapshot *snapshot)
{
	size_t frames = 0, lines = 0, inlined = 0, events = 0;

	for (size_t i = 0; i < snapshot->thread_count; i++) {
		const struct snapshot_thread *thread = &snapshot->threads[i];
		frames += thread->frame_count;
		for (size_t j = 0; j < thread->frame_count; j++) {
			lines += thread->frames[j].file != NULL;
			inlined += thread->frames[j].inlined_count;
		}
	}
	for (size_t i = 0; i < snapshot->event_count; i++)
		events += snapshot->events[i].file != NULL;
	printf("%s: source lines of %zu of %zu frames (%zu inlined functions), %zu of %zu events\n", path, lines, frames, inlined,
	       events, snapshot->event_count);
}

/* Source --------------------------------------------------------------------------------------------------------------------- */

/* Of all frames of the crashed thread. What the others wait in says little. */
static void embed(struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->thread_count; i++) {
		if (snapshot->threads[i].crashed)
			source_embed(&snapshot->arena, &snapshot->threads[i]);
	}
}

/* The command ---------------------------------------------------------------------------------------------------------------- */

/* NULL without memory. What the events are called lives until it is destroyed. */
static struct symbols *symbolize(struct snapshot *snapshot, const struct request *request)
{
	const struct symbols_options options = {.cache = !request->no_cache, .network = true, .directories = request->debug.names};
	struct symbols *symbols = symbols_create(&options);

	if (!symbols)
		return NULL;
	symbols_name_frames(symbols, snapshot, SYMBOLS_NAMES_AND_LINES);
	for (size_t i = 0; i < snapshot->event_count; i++)
		symbols_name_event(symbols, snapshot, &snapshot->events[i]);
	if (!request->quiet)
		symbols_each_module(symbols, complain, NULL);
	return symbols;
}

static int write_out(const struct target *target, const char *path)
{
	struct snapshot_error error;

	if (target->snapshot.unknown_keys)
		return command_error(
			&command_symbolize, COMMAND_BAD_FILE,
			"%s: made by a newer ttlog: %zu keys in it are not known here and would be lost; nothing written",
			target->path, target->snapshot.unknown_keys);
	if (snapshot_replace(&target->snapshot, path, &error) != 0)
		return command_error(&command_symbolize, COMMAND_BAD_FILE, "%s", error.text);
	return COMMAND_DONE;
}

static int rewrite(struct target *target, const struct request *request)
{
	const char *path = request->output ? request->output : target->path;
	struct symbols *symbols;
	int status;

	source_directories(request->source.names);
	symbols = symbolize(&target->snapshot, request);
	if (request->embed)
		embed(&target->snapshot);
	status = write_out(target, path);
	if (!status && !request->quiet)
		print_sum(path, &target->snapshot);
	symbols_destroy(symbols);
	return status;
}

static int run_on(const char *name, const struct request *request)
{
	struct snapshot_error error;
	struct target target;
	int status = target_open(&command_symbolize, &target, name);

	if (status)
		return status;
	if (target.is_input || (target.fd < 0 && !request->output))
		status = command_error(&command_symbolize, COMMAND_USAGE, "%s: not a snapshot file that could be written to%s",
				       target.path, target.is_input ? "" : "; use -o FILE");
	else if (target.fd >= 0 && snapshot_read(&target.snapshot, target.path, &error) != 0)
		status = command_error(&command_symbolize, COMMAND_BAD_FILE, "%s: %s", target.path, error.text);
	else
		status = rewrite(&target, request);
	target_close(&target);
	return status;
}

static int run_symbolize(int argc, char **argv)
{
	struct request request = {0};
	int option, status = COMMAND_DONE;

	while (!status && (option = command_option(&command_symbolize, argc, argv, long_options, 0)) != OPTION_END) {
		if (option == OPTION_HELP)
			return COMMAND_DONE;
		status = option == OPTION_BAD ? COMMAND_USAGE : apply(&request, option);
	}
	if (!status && argc == optind)
		status = command_error(&command_symbolize, COMMAND_USAGE,
				       "no FILE, DIR or PID given; see `ttlog symbolize --help`");
	if (!status && request.output && argc - optind > 1)
		status = command_error(&command_symbolize, COMMAND_USAGE,
				       "--output with more than one FILE; see `ttlog symbolize --help`");
	for (int i = optind; status != COMMAND_USAGE && i < argc; i++) {
		const int one = run_on(argv[i], &request);
		status = one ? one : status;
	}
	return status;
}

const struct command command_symbolize = {
	.name = "symbolize",
	.summary = "add source lines and inlined functions, from debug information",
	.run = run_symbolize,
	.options = long_options,
	.operands = COMMAND_TAKES_FILES,
	.help = "usage: ttlog symbolize [OPTIONS] FILE|DIR|PID...\n\n"
		"Stores in each snapshot what debug information says of its stacks and of the\n"
		"calls that its events come from: function, file, line, inlined functions. So it\n"
		"can be read elsewhere, when the binaries are gone. (`ttlog view` looks the same\n"
		"up where it runs, without storing it.)\n\n"
		"A file counts only if its build-id is the one that died; another is not used,\n"
		"and named. Debug information is found in the file itself, in /usr/lib/debug,\n"
		"beside it (.gnu_debuglink), below --debug-dir, and where DEBUGINFOD_URLS is set,\n"
		"from the servers it names. What was found is kept in ~/.cache/ttlog (or\n"
		"$XDG_CACHE_HOME/ttlog), by build-id.\n\n"
		"  -o, --output FILE  write there, and leave the snapshot as it is\n"
		"  --debug-dir DIR    also look there: .build-id/xx/yyy.debug, the module's path\n"
		"                     or name; may be repeated\n"
		"  --embed-source     store the lines of source around each frame of the crashed\n"
		"                     thread, too\n"
		"  --source-dir DIR   where source files are that have moved; may be repeated\n"
		"  --no-cache         look everything up anew\n"
		"  --quiet            print nothing of what was found\n\n"
		"Examples:\n"
		"  ttlog symbolize tmp                             the newest snapshot in ./tmp\n"
		"  ttlog symbolize --debug-dir build --embed-source tmp/*.cbor.lz4\n"
		"  DEBUGINFOD_URLS=https://debuginfod.example ttlog symbolize FILE\n",
};
