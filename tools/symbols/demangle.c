#include "demangle.h"

#include "arena.h"
#include "event.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Back references let a short name say a huge one: longer names than this, and longer results, are not worth the risk. */
#define MANGLED_BYTES_MAX   2048u
#define DEMANGLED_BYTES_MAX 8192u

/* abi::__cxa_demangle of the Itanium C++ ABI. */
typedef char *demangle_function(const char *name, char *buffer, size_t *bytes, int *status);

/* A tool in C should not need libstdc++ to start; it is there wherever a C++ program runs. */
static demangle_function *find_demangler(void)
{
	static demangle_function *found;
	static bool tried;
	void *library, *symbol;

	if (tried)
		return found;
	tried = true;
	library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL);
	symbol = library ? dlsym(library, "__cxa_demangle") : NULL;
	memcpy(&found, &symbol, sizeof(found)); /* ISO C has no conversion from void * to a function */
	return found;
}

char *demangle(const char *name)
{
	demangle_function *function;
	int status = -1;
	char *plain;

	if (strlen(name) > MANGLED_BYTES_MAX)
		return NULL;
	if (!strncmp(name, "_R", 2))
		return demangle_rust(name);
	if (strncmp(name, "_Z", 2) != 0)
		return NULL;
	function = find_demangler();
	plain = function ? function(name, NULL, NULL, &status) : NULL;
	if (function && status == -1)
		arena_no_memory(DEMANGLED_BYTES_MAX);
	if (status != 0 || !plain || strlen(plain) > DEMANGLED_BYTES_MAX) {
		free(plain);
		return NULL;
	}
	demangle_rust_legacy(plain);
	return plain;
}

char *demangle_thrown(const char *name)
{
	static const char words[] = "typeinfo name for ";
	char *plain = strncmp(name, THROWN_PREFIX, sizeof(THROWN_PREFIX) - 1) == 0 ? demangle(name) : NULL;

	if (plain && strncmp(plain, words, sizeof(words) - 1) == 0)
		memmove(plain, plain + sizeof(words) - 1, strlen(plain) - (sizeof(words) - 1) + 1);
	return plain;
}
