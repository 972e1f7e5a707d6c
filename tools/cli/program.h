/*
 * program.h - the program that `ttlog run` is to start: where it is, and whether preloading reaches it.
 */
#ifndef TTLOG_CLI_PROGRAM_H
#define TTLOG_CLI_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

/* Looks along PATH as execvp does. 0 and the path; -ENOENT: not found, -EACCES: not executable. */
int program_find(const char *name, char path[PATH_MAX]);

struct program_reach {
	const char *obstacle; /* "is statically linked"; NULL: preloading works */
	bool harmful;         /* the preloaded library would make the program fail: leave it away */
};

/* Rights that a file gives count where they are given: not on a mount without them, not where no_new_privs is set. Of a script, the interpreter counts. A file that cannot be read counts as reachable. */
struct program_reach program_reach(const char *path);

/*
 * An obstacle that the program itself is, to what it starts: sudo, env -i, su - and their like give nobody LD_PRELOAD. By name and arguments;
 * NULL: none that is known.
 */
const char *program_drops_preload(char *const *command);

/* Whether the ELF file asks for a shared library whose name begins so. A file that cannot be read asks for nothing. */
bool program_needs(const char *path, const char *library);

#endif
