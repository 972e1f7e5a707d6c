/*
 * search.h - where else than at its path the file of a module may lie. Process-wide settings; single-threaded.
 */
#ifndef TTLOG_SYMBOLS_SEARCH_H
#define TTLOG_SYMBOLS_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * From now on: directories (NULL-terminated or NULL; copied) beside /usr/lib/debug, and whether servers may be asked: those of
 * DEBUGINFOD_URLS, where the user has set it (debuginfod(8)), for at most half a minute each. Where not, it is taken out of the
 * environment: libdwfl would ask.
 */
void search_configure(const char *const *directories, bool network);
bool search_has_network(void);

/* A directory that search_configure() does not forget: of a bundle that was opened. One that is not there is none. */
void search_add(const char *directory);

/* Directories for separate debug files, as dwfl_standard_find_debuginfo() takes them. */
char **search_debug_path(void);

/*
 * A file could not be opened for a reason that tells of the machine (errno; shortage.h): names that are missing may be had another time, so
 * nothing is kept of what was found, and a line on standard error says so.
 */
void search_note_shortage(const char *path);
/* elfutils has crashed at the file, by that signal: the same, and no name is looked up any more. */
void search_note_crash(const char *path, int signal);
bool search_fell_short(void);

/* A regular file, opened; -1: it is none. Snapshots could name a FIFO or a device. */
int search_open_regular(const char *path);

/*
 * False: at a place where a separate debug file of that name would be sought for `file`, beside it, lies something that is no regular file.
 * libdwfl opens whatever is there, and waits for it.
 */
bool search_may_follow(const char *file, const char *link);
/* The same of a file that is named by debug information in `file` (NULL: none): relative to that, or to the directory of the compilation. */
bool search_may_open(const char *file, const char *directory, const char *name);

/* Place number n, from 0: an open file that may be the module (its build-id is to be checked), or -1. false: there are no more. */
bool search_open(const char *path, const char *build_id, size_t n, int *fd);

#endif
