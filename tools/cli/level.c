/* ttlog level: which macro events a living process records, shown or changed. */
#include "command.h"
#include "levels.h"
#include "recorder.h"
#include "recorder_list.h"
#include "recorder_load.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int find(const char *name, char path[PATH_MAX])
{
	bool alive = false;
	pid_t pid;

	if (!recorder_pid(name, &pid))
		return command_error(&command_level, COMMAND_USAGE, "%s: not a process id; `ttlog ps` lists them", name);
	if (!recorder_find(pid, path, &alive) || !alive)
		return command_error(&command_level, COMMAND_NOTHING,
				     "%s: no recorder of this process (not run by ttlog, silent so far, or gone)", name);
	return COMMAND_DONE;
}

/* The levels as they are, from a checked copy. */
static int show(const char *path)
{
	struct recorder_copy copy;
	const char *why;
	int error = recorder_load(&copy, path, &why);

	if (error)
		return command_error(&command_level, COMMAND_BAD_FILE, "%s: %s", path, why ? why : strerror(-error));
	terminal_text(stdout, copy.view.header.levels.text,
		      strnlen(copy.view.header.levels.text, sizeof(copy.view.header.levels.text)), 0);
	putchar('\n');
	recorder_unload(&copy);
	return COMMAND_DONE;
}

static int change_mapped(int fd, const char *path, const char *levels)
{
	struct recorder_header *header = mmap(NULL, RECORDER_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (header == MAP_FAILED)
		return command_error(&command_level, COMMAND_BAD_FILE, "%s: %s", path, strerror(errno));
	levels_set(&header->levels, levels);
	munmap(header, RECORDER_PAGE);
	return COMMAND_DONE;
}

/* What is written to is what was checked: a file of this user, which was a recorder of this version a moment ago. */
static int change(const char *path, const char *levels)
{
	struct recorder_copy copy;
	const char *why;
	int error = recorder_load(&copy, path, &why);
	int fd, status;

	if (error)
		return command_error(&command_level, COMMAND_BAD_FILE, "%s: %s", path, why ? why : strerror(-error));
	recorder_unload(&copy);
	fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return command_error(&command_level, COMMAND_BAD_FILE, "%s: %s", path, strerror(errno));
	status = change_mapped(fd, path, levels);
	close(fd);
	return status;
}

static int run_level(int argc, char **argv)
{
	static const struct option none[] = {{NULL, 0, NULL, 0}};
	int option = command_option(&command_level, argc, argv, none, 0);
	char path[PATH_MAX];
	const char *bad;
	int status;

	if (option == OPTION_HELP)
		return COMMAND_DONE;
	if (option == OPTION_BAD)
		return COMMAND_USAGE;
	if (argc - optind < 1 || argc - optind > 2)
		return command_error(&command_level, COMMAND_USAGE, "%s; see `ttlog level --help`",
				     argc == optind ? "no PID given" : "too many arguments");
	if (argc - optind == 2 && levels_check(argv[optind + 1], &bad) != 0)
		return command_error(&command_level, COMMAND_USAGE,
				     "'%.*s': not a level (trace debug info warn error fatal off) nor TARGET=LEVEL",
				     (int)strcspn(bad, ","), bad);
	status = find(argv[optind], path);
	if (status != COMMAND_DONE)
		return status;
	return argc - optind == 2 ? change(path, argv[optind + 1]) : show(path);
}

const struct command command_level = {
	.name = "level",
	.summary = "show or change which macro events a living process records",
	.run = run_level,
	.operands = COMMAND_TAKES_PROCESS,
	.help = "usage: ttlog level PID [LEVELS]\n\n"
		"LEVELS is as in TTLOG_LEVEL: a level (trace debug info warn error fatal off), or\n"
		"levels by target, separated by commas. NAME=LEVEL is for the target NAME and\n"
		"those below it (NAME.x NAME::x NAME/x NAME-x); the longest name that fits\n"
		"decides. The change holds at once in all threads, and is inherited by processes\n"
		"forked later. Without LEVELS: prints what holds now.\n\n"
		"Examples:\n"
		"  ttlog level 4242\n"
		"  ttlog level 4242 debug\n"
		"  ttlog level 4242 warn,net=debug\n",
};
