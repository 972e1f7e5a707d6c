#include "libc.h"

#include "libc_ways.h"
#include "object.h"

#include <dlfcn.h>
#include <link.h>

struct libc libc;
int agent_ready;

/* The agent in the loader's list. What stands in the list when a program begins never leaves it; what comes later stands behind it. */
static const struct link_map *own, *last;

static bool locate(void)
{
	const struct link_map *at = libc_objects();
	while (at && at->l_ld != _DYNAMIC)
		at = at->l_next;
	own = at;
	return own;
}

/* The first of the objects from `from` to `to`. *unsure: only the loader can tell. */
static void *definition(const struct link_map *from, const struct link_map *to, const char *name, bool *unsure)
{
	struct object object;
	for (const struct link_map *at = from; at; at = at == to ? NULL : at->l_next) {
		if (!object_read(&object, at->l_addr, at->l_ld))
			continue;
		void *found = object_find(&object, name, unsure);
		if (found || *unsure)
			return found;
	}
	return NULL;
}

/* The next after the agent's. */
static void *next_definition(const char *name, bool *unsure)
{
	*unsure = !own && !locate();
	return *unsure || own == last ? NULL : definition(own->l_next, last, name, unsure);
}

/* dlsym(3) itself is looked for where its tables can be read; before the agent, where that was not preloaded but opened. */
static void *find_dlsym(void)
{
	void *found = NULL;
	bool unsure = false;
	for (const struct link_map *at = own; at && at != last && !found && (at = at->l_next);)
		found = definition(at, at, "dlsym", &unsure);
	return found ? found : libc_first("dlsym");
}

/* Of a program without dlsym(3), before glibc 2.34. */
static void *find_alone(const struct link_map *from, const struct link_map *to, const char *name)
{
	struct object object;
	void *found = NULL;
	for (const struct link_map *at = from; at && !found; at = at == to ? NULL : at->l_next)
		found = object_read(&object, at->l_addr, at->l_ld) ? object_find_alone(&object, name) : NULL;
	return found;
}

/* The loader's own look-up, where there is one. */
static void *ask_loader(const char *name)
{
	if (!libc.dlsym)
		*(void **)(void *)&libc.dlsym = find_dlsym();
	return libc.dlsym ? libc.dlsym(RTLD_NEXT, name) : own && own != last ? find_alone(own->l_next, last, name) : NULL;
}

/*
 * What is not among the first objects came with a plug-in (libpthread, before glibc 2.34), and may be known to that only. It is not unloaded
 * meanwhile: who asks has just called it.
 */
static void *find(const char *name)
{
	bool unsure = false;
	void *found = next_definition(name, &unsure);
	if (!found && !unsure && last)
		found = definition(last->l_next, NULL, name, &unsure);
	return found ? found : ask_loader(name);
}

/* One that need not be there: of a name that is not, dlsym(3) allocates, and keeps what the program's dlerror(3) would tell. */
static void *find_optional(const char *name)
{
	bool unsure = false;
	return next_definition(name, &unsure);
}

void *libc_find(void **pointer, const char *name)
{
	void *found = find(name);
	__atomic_store_n(pointer, found, __ATOMIC_RELAXED);
	return found;
}

void *libc_first(const char *name)
{
	return own || locate() ? find_alone(libc_objects(), last, name) : NULL;
}

void *libc_perhaps(void **pointer, const char *name)
{
	void *found = find_optional(name);
	__atomic_store_n(pointer, found, __ATOMIC_RELAXED);
	return found;
}

void libc_resolve(void)
{
	if (locate()) {
		for (last = own; last->l_next; last = last->l_next)
			;
	}
#define LIBC_RESOLVE(type, name, parameters) libc_find((void **)(void *)&libc.name, #name);
	LIBC_EARLY(LIBC_RESOLVE)
#undef LIBC_RESOLVE
	*(void **)(void *)&libc.find_object = find_optional("_dl_find_object");
	libc.abort_blocks = libc_abort_blocks();
	libc.abort_message = find_optional("__abort_msg"); /* GLIBC_PRIVATE: can be looked up, not linked */
}

const char *libc_agent_path(void)
{
	return own ? own->l_name : NULL;
}
