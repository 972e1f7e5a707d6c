/*
 * unfinished.h - files that are being written under another name: where the tool ends first, out of memory (arena.h), they are removed.
 *
 * Not those of a process that is killed. Not thread-safe; a forked child leaves those of its parent alone.
 */
#ifndef TTLOG_SNAPSHOT_UNFINISHED_H
#define TTLOG_SNAPSHOT_UNFINISHED_H

enum { UNFINISHED_MAX = 4 };

/* `path` stays where it is until unfinished_end(). More than UNFINISHED_MAX at a time are not looked after. */
void unfinished_begin(const char *path);
/* It has its name now, or was removed. */
void unfinished_end(const char *path);

#endif
