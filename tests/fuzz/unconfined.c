/* For targets that run a command a million times in a process which keeps what it finds: it must not give up its rights. */
#include "confined.h"

bool confined_can_open(char **names, size_t count)
{
	(void)names;
	(void)count;
	return false;
}

void confined_read(const char *output, bool cache)
{
	(void)output;
	(void)cache;
}
