#include "libc.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <string.h>

struct libc libc;
int agent_ready;

void *libc_find(void **pointer, const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);
	__atomic_store_n(pointer, found, __ATOMIC_RELAXED);
	return found;
}

void libc_resolve(void)
{
#define LIBC_RESOLVE(type, name, parameters) libc_find((void **)(void *)&libc.name, #name);
	LIBC_EARLY(LIBC_RESOLVE)
#undef LIBC_RESOLVE
	/* Only where it is there: a look-up that fails allocates, and is what the program's dlerror(3) would tell. */
	if (strverscmp(gnu_get_libc_version(), "2.35") >= 0)
		*(void **)(void *)&libc.find_object = dlsym(RTLD_DEFAULT, "_dl_find_object");
	libc.abort_message = dlsym(RTLD_DEFAULT, "__abort_msg"); /* GLIBC_PRIVATE: can be looked up, not linked */
}
