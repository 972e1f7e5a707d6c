#include "bundle.h"
#include "command.h"
#include "confined.h"
#include "describe.h"
#include "directory.h"
#include "snapshot.h"
#include "stream.h"
#include "terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void print_size(uint64_t bytes)
{
	if (bytes < 1024 * 1024)
		printf("%6.1f K  ", (double)bytes / 1024);
	else
		printf("%6.1f M  ", (double)bytes / (1024 * 1024));
}

/* `string` cut and filled up to `columns`. */
static void print_column(const char *string, size_t columns)
{
	size_t used = terminal_string(stdout, string, columns);

	printf("%*s  ", used < columns ? (int)(columns - used) : 0, "");
}

static void print_function(const struct snapshot *snapshot)
{
	const struct snapshot_thread *crashed = describe_crashed(snapshot);
	const struct snapshot_thread *first = snapshot->thread_count ? &snapshot->threads[0] : NULL;
	const struct snapshot_frame *frame = describe_innermost(crashed ? crashed : first);
	char name[256] = "-";

	if (frame)
		snprintf(name, sizeof(name), "%.*s", (int)describe_function_bytes(frame->function), frame->function);
	print_column(name, 24);
}

static void print_time(uint64_t ns)
{
	char time[64];

	describe_time(ns, false, time);
	printf("%.19s  ", time);
}

/* One of a bundle's as `ttlog view` takes it, too. */
static void print_path(const char *path)
{
	const char *origin = bundle_origin(path);

	if (origin) {
		terminal_string(stdout, origin, 0);
		putchar(':');
		path = describe_base_name(path);
	}
	terminal_string(stdout, path, 0);
}

static void print_snapshot(const struct directory_entry *entry, const struct snapshot *snapshot)
{
	print_time(snapshot->created_at);
	print_column(snapshot->service ? snapshot->service : "-", 16);
	printf("%8" PRId64 "  ", snapshot->pid);
	terminal_paint(stdout, PAINT_RED);
	print_column(snapshot->reason ? snapshot->reason : "-", 10);
	terminal_paint(stdout, PAINT_NONE);
	print_function(snapshot);
	print_size(entry->bytes);
	print_path(entry->path);
	putchar('\n');
}

static void print_bad(const struct directory_entry *entry, const char *why)
{
	print_time(entry->modified);
	terminal_paint(stdout, PAINT_YELLOW);
	print_column("bad file", 16);
	terminal_paint(stdout, PAINT_NONE);
	printf("%8s  %-10s  %-24s  ", "-", "-", "-");
	print_size(entry->bytes);
	print_path(entry->path);
	fputs(": ", stdout);
	terminal_string(stdout, why, 0);
	putchar('\n');
}

/* One bad file must not hide the others: it is a row of its own, and the exit status says so. */
static int list_one(const struct directory_entry *entry)
{
	const struct snapshot_visitor no_events = {.context = NULL};
	struct snapshot snapshot;
	struct snapshot_error error;
	int result, fd = snapshot_open(entry->path, &error);

	snapshot_init(&snapshot);
	result = fd < 0 ? fd : snapshot_stream(fd, &snapshot, &no_events, &error);
	if (fd >= 0)
		close(fd);
	if (result)
		print_bad(entry, error.text);
	else
		print_snapshot(entry, &snapshot);
	snapshot_fini(&snapshot);
	return result ? COMMAND_BAD_FILE : COMMAND_DONE;
}

static void print_titles(void)
{
	terminal_printf(stdout, PAINT_BOLD, "%-19s  %-16s  %8s  %-10s  %-24s  %8s  %s\n", "TIME (UTC)", "SERVICE", "PID", "REASON",
			"FUNCTION", "SIZE", "FILE");
}

static int list_file(const char *path)
{
	struct directory_entry entry = {.path = (char *)path};
	struct stat file;

	if (stat(path, &file) != 0)
		return command_error(&command_ls, COMMAND_BAD_FILE, "%s: %s", path, strerror(errno));
	entry.modified = (uint64_t)file.st_mtim.tv_sec * 1000000000u + (uint64_t)file.st_mtim.tv_nsec;
	entry.bytes = (uint64_t)file.st_size;
	print_titles();
	return list_one(&entry);
}

/* What was named and is not there is a bad input; that nobody died yet, so that the default was never made, is none. */
static int list(const char *path, bool named)
{
	struct directory directory;
	int status = COMMAND_DONE;
	const char *found = directory_find(&command_ls, path, &status);
	const int error = status ? 0 : directory_open(&directory, found ? found : path);

	if (status)
		return status;
	confined_read(NULL, false);
	if (error == -ENOTDIR)
		return list_file(path);
	if (error == -ENOENT && !named)
		return command_error(&command_ls, COMMAND_NOTHING, "%s: no such directory", path);
	if (error)
		return command_error(&command_ls, COMMAND_BAD_FILE, "%s: %s", path, strerror(-error));
	if (!directory.count)
		status = command_error(&command_ls, COMMAND_NOTHING, "%s: no snapshot in this directory", path);
	else
		print_titles();
	for (size_t i = 0; i < directory.count; i++) {
		if (list_one(&directory.entries[i]) != COMMAND_DONE)
			status = COMMAND_BAD_FILE;
	}
	directory_close(&directory);
	return status;
}

static const struct option long_options[] = {{"no-color", no_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};

static int run_ls(int argc, char **argv)
{
	bool no_color = false;
	int option;

	while ((option = command_option(&command_ls, argc, argv, long_options, 0)) != OPTION_END) {
		if (option == OPTION_HELP)
			return COMMAND_DONE;
		if (option == OPTION_BAD)
			return COMMAND_USAGE;
		no_color = true;
	}
	if (argc - optind > 1)
		return command_error(&command_ls, COMMAND_USAGE, "%s: more than one DIR or FILE; see `ttlog ls --help`",
				     argv[optind + 1]);
	terminal_init(stdout, no_color ? TERMINAL_COLOUR_NEVER : TERMINAL_COLOUR_AUTO);
	return list(optind < argc ? argv[optind] : DIRECTORY_DEFAULT, optind < argc);
}

const struct command command_ls = {
	.name = "ls",
	.summary = "list the snapshots of a directory, newest first",
	.run = run_ls,
	.options = long_options,
	.operands = COMMAND_TAKES_DIRECTORY,
	.help = "usage: ttlog ls [--no-color] [DIR|FILE]\n\n"
		"Lists the snapshots in DIR (default ./tmp): time, service, pid, reason,\n"
		"innermost function of the crashed thread, size, file. A file that cannot be read\n"
		"is listed as bad, with the reason; the exit status is 3 then.\n\n"
		"Examples:\n"
		"  ttlog ls\n"
		"  ttlog ls /var/crash/myservice\n",
};
