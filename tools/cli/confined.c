#include "confined.h"

#include "bundle.h"
#include "cache.h"
#include "calls.h"
#include "files.h"
#include "recorder_load.h"
#include "unfinished.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

bool confined_can_open(char **names, size_t count)
{
	struct stat file;

	for (size_t i = 0; i < count; i++) {
		if (!strcmp(names[i], "-") || stat(names[i], &file) != 0)
			return false;
		if (S_ISREG(file.st_mode) && (bundle_is(names[i]) || recorder_is_file(names[i])))
			return false;
	}
	return true;
}

/* Of the directory in which the file gets its name. -1: it cannot be had. */
static int open_directory_of(const char *file)
{
	char place[PATH_MAX];
	char *slash;

	if (unfinished_place(file, place) != 0)
		snprintf(place, sizeof(place), "%s", file);
	slash = strrchr(place, '/');
	snprintf(slash ? slash + 1 : place, sizeof("."), "%s", slash ? "" : ".");
	return open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* What cannot be given up is kept: a file that was written gets its name, an archive that was unpacked goes. */
void confined_read(const char *output, bool cache)
{
	static bool done;
	int directories[2];
	size_t count = 0;

	if (done || bundle_would_stay())
		return;
	if (output && strcmp(output, "-") != 0) {
		directories[count] = open_directory_of(output);
		if (directories[count++] < 0)
			return;
	}
	if (cache && (directories[count] = cache_directory()) >= 0)
		count++;
	done = true;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)files_confine(directories, count);
	(void)calls_confine(count ? CALLS_WRITING : CALLS_READING, 0);
	while (count)
		close(directories[--count]);
}
