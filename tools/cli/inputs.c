#include "inputs.h"

#include "directory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void add(struct inputs *inputs, const char *name)
{
	const size_t room = inputs->room ? inputs->room * 2 : 64;

	if (inputs->count == inputs->room) {
		char **grown = reallocarray(inputs->names, room, sizeof(*grown));
		if (!grown)
			exit(command_error(NULL, COMMAND_USAGE, "out of memory (%zu files)", room));
		inputs->names = grown;
		inputs->room = room;
	}
	inputs->names[inputs->count] = strdup(name);
	if (!inputs->names[inputs->count])
		exit(command_error(NULL, COMMAND_USAGE, "out of memory (%zu files)", inputs->count));
	inputs->count++;
}

static int fail(struct inputs *inputs, int status)
{
	if (status > inputs->status)
		inputs->status = status;
	return status;
}

static void add_directory(const struct command *command, struct inputs *inputs, const char *name)
{
	struct directory directory;
	const int error = directory_open(&directory, name);

	if (error)
		fail(inputs, command_error(command, COMMAND_BAD_FILE, "%s: %s", name, strerror(-error)));
	else if (!directory.count)
		fail(inputs, command_error(command, COMMAND_NOTHING, "%s: no snapshot in this directory", name));
	for (size_t i = directory.count; i > 0; i--)
		add(inputs, directory.entries[i - 1].path);
	directory_close(&directory);
}

static void add_name(const struct command *command, struct inputs *inputs, const char *name)
{
	int status;
	const char *directory = directory_find(command, name, &status);

	if (directory)
		add_directory(command, inputs, directory);
	else if (status)
		fail(inputs, status);
	else
		add(inputs, name);
}

int inputs_open(const struct command *command, struct inputs *inputs, char **names, int count)
{
	struct stat status;

	memset(inputs, 0, sizeof(*inputs));
	if (!count && stat(INPUTS_DIRECTORY, &status) != 0)
		return command_error(command, COMMAND_NOTHING, "%s: no such directory", INPUTS_DIRECTORY);
	if (!count)
		add_directory(command, inputs, INPUTS_DIRECTORY);
	for (int i = 0; i < count; i++)
		add_name(command, inputs, names[i]);
	return inputs->count ? COMMAND_DONE : inputs->status;
}

void inputs_close(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++)
		free(inputs->names[i]);
	free(inputs->names);
}
