/*
 * got.h - functions of a library that not every program has, interposed where they are used.
 *
 * Exported, a function of libsystemd's would be there for programs that ask (by a weak reference, by dlsym(3)) whether it is. So
 * nothing is exported; the objects that need the library have their global offset tables changed, as a lazy binding would
 * change them. Objects that come later (dlopen(3)) are met as they are initialised.
 */
#ifndef TTLOG_HOOK_GOT_H
#define TTLOG_HOOK_GOT_H

#include <stdbool.h>
#include <stddef.h>

struct got_function {
	const char *name;
	void *hook;
	void **real; /* set before the first hook can be called */
};

struct got_library {
	const char *soname; /* objects that name it as needed are changed */
	bool itself;        /* and it too, where it calls its functions by way of its own table */
	const struct got_function *functions;
	size_t count;
	unsigned long long objects_added; /* when all objects were last looked at; 0 at first */
};

/* All objects that were loaded since the last call. By the constructor, and with the loader's lock held by got_object_loaded(). */
void got_patch(struct got_library *library) __attribute__((visibility("hidden")));

#endif
