#include "command.h"
#include "file_limit.h"
#include "nearest.h"
#include "version.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A full disk or a closed pipe behind standard output is an error like any other. */
static int finish(int status)
{
	int written;

	errno = 0;
	written = fflush(stdout);
	if (!written && !ferror(stdout))
		return status;
	command_error(NULL, COMMAND_NOTHING, "cannot write to standard output%s%s", errno ? ": " : "",
		      errno ? strerror(errno) : "");
	return status ? status : COMMAND_NOTHING;
}

static int unknown(const char *name)
{
	const struct command *nearest = command_nearest(name);

	if (nearest)
		return command_error(NULL, COMMAND_USAGE, "%s: no such command; `ttlog %s`? see `ttlog help`", name, nearest->name);
	return command_error(NULL, COMMAND_USAGE, "%s: no such command; see `ttlog help`", name);
}

int main(int argc, char **argv)
{
	const struct command *command;

	file_limit_take();
	if (argc < 2)
		return command_error(NULL, COMMAND_USAGE, "no command given; see `ttlog help`");
	if (!strcmp(argv[1], "--version")) {
		puts("ttlog " TTLOG_VERSION);
		return finish(COMMAND_DONE);
	}
	command = command_find(!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ? "help" : argv[1]);
	if (!command)
		return unknown(argv[1]);
	return finish(command->run(argc - 1, argv + 1));
}
