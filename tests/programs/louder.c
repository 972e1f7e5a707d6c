/* louder.so - a preloaded library that has a puts(3) of its own: one can see whether it was called. */
#include <stdio.h>

int puts(const char *text)
{
	return printf("louder: %s\n", text);
}
