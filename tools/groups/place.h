/*
 * place.h - where in the source of a repository a program died: a path that a pull request knows.
 *
 * Debug information names files where they were when they were compiled; that may have been in another directory, or on another machine.
 * Looks at the file system; single-threaded.
 */
#ifndef TTLOG_GROUPS_PLACE_H
#define TTLOG_GROUPS_PLACE_H

#include "snapshot.h"

#include <limits.h>

struct place {
	char file[PATH_MAX]; /* empty: no line is known */
	uint32_t line;
	bool is_below; /* `file` is relative to the root, without "./" and ".."; else as it was compiled */
};

/*
 * Of the innermost of the program's own functions whose file lies below `root` (an absolute path without symbolic links) by its name, or is
 * found there by the end of its name; of the innermost with a file where none is.
 */
void place_find(const struct snapshot *snapshot, const char *root, struct place *place);

#endif
