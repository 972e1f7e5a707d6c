#include "libc.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <string.h>

struct libc libc;
int agent_ready;

void libc_resolve(void)
{
#define LIBC_RESOLVE(type, name, parameters) *(void **)(void *)&libc.name = dlsym(RTLD_NEXT, #name);
	LIBC_FUNCTIONS(LIBC_RESOLVE)
#undef LIBC_RESOLVE
	/* Only where it is there: a look-up that fails allocates, and is what the program's dlerror(3) would tell. */
	if (strverscmp(gnu_get_libc_version(), "2.35") >= 0)
		*(void **)(void *)&libc.find_object = dlsym(RTLD_DEFAULT, "_dl_find_object");
	libc.abort_message = dlsym(RTLD_DEFAULT, "__abort_msg"); /* GLIBC_PRIVATE: can be looked up, not linked */
}
