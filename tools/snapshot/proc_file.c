#include "proc_file.h"

#include "proc_number.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

size_t proc_file_read(int64_t pid, const char *name, char *text, size_t room)
{
	const pid_t number = proc_number((pid_t)pid);

	return proc_file_read_number(number > 0 ? number : 0, name, text, room);
}

size_t proc_file_read_number(pid_t number, const char *name, char *text, size_t room)
{
	char path[PROC_PATH_BYTES];
	size_t used = 0;
	ssize_t got;
	int file;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)number, name);
	file = open(path, O_RDONLY | O_CLOEXEC);
	while (file >= 0 && used < room - 1 && (got = read(file, text + used, room - 1 - used)) > 0)
		used += (size_t)got;
	if (file >= 0)
		close(file);
	text[used] = '\0';
	return used;
}
