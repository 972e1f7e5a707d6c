#include "recorder_owner.h"

#include "proc_number.h"
#include "recorder.h"
#include "recorder_place.h"
#include "shortage.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_NAMESPACE 0xeffffffcu /* PROC_PID_INIT_INO of the kernel: all processes are seen from there */

/* Of the recorder; 0: unknown, as in older files. -errno: cannot be known now. */
static int64_t namespace_in(const char *path)
{
	struct recorder_header header = {.version = 0};
	const int fd = recorder_open_at(path, false);
	const ssize_t got = fd >= 0 ? pread(fd, &header, sizeof(header), 0) : -1;
	const int why = fd < 0 ? -fd : got < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	if (is_shortage(why))
		return -why;
	return got == (ssize_t)sizeof(header) && memcmp(header.magic, RECORDER_MAGIC, sizeof(header.magic)) == 0
		       ? header.pid_namespace
		       : 0;
}

/* The number that the process of /proc has here; 0: nobody here; -errno. */
static pid_t find(uint32_t space, pid_t number)
{
	const pid_t found = proc_number_in(space, number);

	return found > 0 ? proc_own_process(found) : found;
}

int recorder_owner(const char *path, pid_t *pid)
{
	const int64_t space = namespace_in(path);
	const uint32_t own = space > 0 ? proc_namespace("self") : 0;

	if (space < 0)
		return (int)space;
	if (space == own || !own)
		return OWNER_AS_NAMED;
	const pid_t found = find((uint32_t)space, *pid);
	if (found < 0)
		return found;
	if (found) {
		*pid = found;
		return OWNER_FOUND;
	}
	return own == FIRST_NAMESPACE ? OWNER_GONE : OWNER_UNSEEN;
}
