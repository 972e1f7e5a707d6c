/*
 * system_code.h - which frames of a stack tell nothing of a program, for every program has them: the C library and its like, what
 * carries a program from the fault to its death, what calls main and starts threads.
 *
 * Constant tables; any thread.
 */
#ifndef TTLOG_GROUPS_SYSTEM_CODE_H
#define TTLOG_GROUPS_SYSTEM_CODE_H

#include <stdbool.h>
#include <stddef.h>

/* A library of the system or of the compiler: libc, libstdc++, the loader, sanitizers, allocators, the agent. */
bool system_code_is_module(const char *path);

/* `plain` as of function_name_plain(). For what stands in the program's own file: linked in, or made of a header. */
bool system_code_is_function(const char *plain);

/* "libshop" of "/usr/lib/libshop.so.1.2.3": the base name without a version, and without libtool's "lt-". */
void system_code_module_name(const char *path, char *name, size_t bytes);

#endif
