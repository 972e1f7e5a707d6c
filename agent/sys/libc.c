#include "libc.h"

#include <dlfcn.h>

struct libc libc;
int agent_ready;

void libc_resolve(void)
{
#define LIBC_RESOLVE(type, name, parameters) *(void **)(void *)&libc.name = dlsym(RTLD_NEXT, #name);
	LIBC_FUNCTIONS(LIBC_RESOLVE)
#undef LIBC_RESOLVE
	libc.abort_message = dlsym(RTLD_DEFAULT, "__abort_msg"); /* GLIBC_PRIVATE: can be looked up, not linked */
}
