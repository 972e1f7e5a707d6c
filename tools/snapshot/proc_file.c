#include "proc_file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

size_t proc_file_read(int64_t pid, const char *name, char *text, size_t room)
{
	char path[64];
	size_t used = 0;
	ssize_t got;
	int file;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/%s", pid, name);
	file = open(path, O_RDONLY | O_CLOEXEC);
	while (file >= 0 && used < room - 1 && (got = read(file, text + used, room - 1 - used)) > 0)
		used += (size_t)got;
	if (file >= 0)
		close(file);
	text[used] = '\0';
	return used;
}
