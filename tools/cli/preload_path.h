/*
 * preload_path.h - a path that LD_PRELOAD can hold: the loader splits it at blanks and colons and knows no quoting (ld.so(8)).
 *
 * Single-threaded.
 */
#ifndef TTLOG_CLI_PRELOAD_PATH_H
#define TTLOG_CLI_PRELOAD_PATH_H

#include <limits.h>

/* What separates the entries of LD_PRELOAD. */
#define PRELOAD_SEPARATORS " :\t"

/*
 * path: absolute, of a file. Where it has a separator, it becomes one through a link in /tmp that leads to its directory: the file is still
 * between the same neighbours. The link stays, for programs that outlive us go on starting others; there is one for each user and directory.
 * 0, or -errno: -EEXIST where something else stands in its place (path is then that place).
 */
int preload_path(char path[PATH_MAX]);

#endif
