#include "demangle.h"

#include "arena.h"
#include "event.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Back references let 900 bytes say 20 GB: what is longer than this is left as it was, and no more of it is made. */
#define MANGLED_BYTES_MAX   2048u
#define DEMANGLED_BYTES_MAX 8192u

struct plain_name {
	size_t used;
	jmp_buf too_long;
	char text[DEMANGLED_BYTES_MAX];
};

/* The demangler has no other end than the name's. It holds no memory and no lock. */
static void append(const char *text, size_t bytes, void *context)
{
	struct plain_name *plain = context;

	if (bytes > sizeof(plain->text) - plain->used)
		longjmp(plain->too_long, 1);
	memcpy(plain->text + plain->used, text, bytes);
	plain->used += bytes;
}

static bool write_plain(const char *name, struct plain_name *plain)
{
	plain->used = 0;
	return setjmp(plain->too_long) == 0 && cplus_demangle_v3_callback(name, DMGL_PARAMS | DMGL_TYPES, append, plain) != 0;
}

char *demangle(const char *name)
{
	struct plain_name plain;
	char *copy;

	if (strlen(name) > MANGLED_BYTES_MAX)
		return NULL;
	if (!strncmp(name, "_R", 2))
		return demangle_rust(name);
	if (strncmp(name, "_Z", 2) != 0 || !write_plain(name, &plain))
		return NULL;
	copy = strndup(plain.text, plain.used);
	if (!copy) {
		arena_no_memory(plain.used);
		return NULL;
	}
	demangle_rust_legacy(copy);
	return copy;
}

char *demangle_thrown(const char *name)
{
	static const char words[] = "typeinfo name for ";
	char *plain = strncmp(name, THROWN_PREFIX, sizeof(THROWN_PREFIX) - 1) == 0 ? demangle(name) : NULL;

	if (plain && strncmp(plain, words, sizeof(words) - 1) == 0)
		memmove(plain, plain + sizeof(words) - 1, strlen(plain) - (sizeof(words) - 1) + 1);
	return plain;
}
