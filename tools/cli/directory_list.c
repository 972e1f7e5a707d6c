#include "directory_list.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

int directory_list_add(const struct command *command, struct directory_list *list, const char *option, const char *name)
{
	struct stat status;

	if (list->count == DIRECTORY_LIST_MAX)
		return command_error(command, COMMAND_USAGE, "%s %s: more than %d directories", option, name, DIRECTORY_LIST_MAX);
	if (stat(name, &status) != 0)
		return command_error(command, COMMAND_USAGE, "%s %s: %s", option, name, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return command_error(command, COMMAND_USAGE, "%s %s: %s", option, name, strerror(ENOTDIR));
	list->names[list->count++] = name;
	return COMMAND_DONE;
}
