/*
 * unfinished.h - files that are being written under another name: where they will get their own; and where the tool ends first, out of
 * memory (arena.h), they are removed.
 *
 * Not those of a process that is killed. Not thread-safe; a forked child leaves those of its parent alone.
 */
#ifndef TTLOG_SNAPSHOT_UNFINISHED_H
#define TTLOG_SNAPSHOT_UNFINISHED_H

#include <limits.h>

enum { UNFINISHED_MAX = 4 };

/*
 * Where a file that is to be named `path` gets its name: there, or, where that is a link to a file (/dev/stdout may be), where it leads. 0, or
 * -EINVAL: what is there is no file. A device or a pipe may be written into, a file in its place would be a harm to everybody.
 */
int unfinished_place(const char *path, char place[PATH_MAX]);

/* `path` stays where it is until unfinished_end(). More than UNFINISHED_MAX at a time are not looked after. */
void unfinished_begin(const char *path);
/* It has its name now, or was removed. */
void unfinished_end(const char *path);

#endif
