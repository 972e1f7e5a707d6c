#include "manual.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The directory that this program lies in. */
static int own_directory(char directory[PATH_MAX])
{
	const ssize_t bytes = readlink("/proc/self/exe", directory, PATH_MAX - 1);
	char *slash;

	if (bytes <= 0)
		return 0;
	directory[bytes] = '\0';
	slash = strrchr(directory, '/');
	if (slash)
		*slash = '\0';
	return slash != NULL;
}

void manual_show(const char *command)
{
	static const char *const places[] = {"man", "../share/man/man1"};
	char directory[PATH_MAX], page[PATH_MAX + 64];

	if (!isatty(STDOUT_FILENO) || !own_directory(directory))
		return;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(page, sizeof(page), "%s/%s/ttlog-%s.1", directory, places[i], command);
		if (access(page, R_OK) == 0)
			execlp("man", "man", "-l", page, (char *)NULL);
	}
}
