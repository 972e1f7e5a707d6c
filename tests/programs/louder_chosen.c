/* louder_chosen.so - as louder.so; which puts(3) it is, a function chooses as the library is loaded. */
#include <stdio.h>

static int louder(const char *text)
{
	return printf("louder: %s\n", text);
}

static int (*choose(void))(const char *)
{
	return louder;
}

int puts(const char *text) __attribute__((ifunc("choose")));
