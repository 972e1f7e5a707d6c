/* What libc and the program itself end by SIGABRT. */
#include "die.h"

#include <assert.h>
#include <stdint.h>

DEATH(abort)
{
	abort();
}

DEATH(assert)
{
	assert(zero == 1);
	KEEP_FRAME();
}

DEATH(double_free)
{
	void *volatile memory = malloc(40);
	free(memory);
	free(memory);
	KEEP_FRAME();
}

DEATH(invalid_free)
{
	void *volatile memory = (void *)((uintptr_t)&zero & ~(uintptr_t)15);
	free(memory);
	KEEP_FRAME();
}

/* Found by a later malloc(3), which holds the lock of its arena. */
DEATH(heap_overrun)
{
	char *volatile memory = malloc(5000);
	char *volatile end = memory + 5000;
	memset(end, 'x', 64); /* over the size of what is left of the heap */
	memory = malloc(100000);
	KEEP_FRAME();
}

/* A fault inside of malloc(3), the lock of the arena held: the list of free pieces leads nowhere. */
DEATH(heap_wild)
{
	void *volatile pieces[2] = {malloc(5000), malloc(5000)};
	free(pieces[0]);
	((void **)pieces[0])[1] = (void *)0x10203040; /* backwards in the list */
	pieces[1] = malloc(6000);
	KEEP_FRAME();
}

/* Built with -fstack-protector-all and with -D_FORTIFY_SOURCE=2: each takes down its own build only. */
STACK_PROTECTED DEATH(stack_smash)
{
	char small[16];
	volatile size_t bytes = 64;
	char *volatile where = small;
	for (size_t i = 0; i < bytes; i++)
		where[i] = 'x';
	KEEP_FRAME();
}

DEATH(fortify)
{
	char small[8];
	volatile size_t bytes = 16;
	__builtin___memset_chk(small, 'x', bytes, sizeof(small)); /* what a fortified memset() is */
	printf("%.4s\n", small);
}

/* The catalogue of this file ------------------------------------------------------------------------------------------------- */

const struct death abort_deaths[] = {
	ROW(abort),     ROW(assert),      ROW(double_free), ROW(invalid_free), ROW(heap_overrun),
	ROW(heap_wild), ROW(stack_smash), ROW(fortify),     {NULL, NULL},
};
