/*
 * victim.h - what each dying program says first: known lines by different means, so that a test can look for the last ones.
 */
#ifndef TTLOG_TESTS_VICTIM_H
#define TTLOG_TESTS_VICTIM_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* noipa keeps gcc from a clone with another name. */
#ifdef __clang__
#define NOINLINE __attribute__((noinline))
#else
#define NOINLINE __attribute__((noinline, noclone, noipa))
#endif
/* Checks its stack on return, however the program is built: gcc 11 and newer. */
#if __has_attribute(stack_protect)
#define STACK_PROTECTED __attribute__((stack_protect))
#else
#define STACK_PROTECTED
#endif
/* At the end of a function, so that its call of another one is not its last instruction. */
#define KEEP_FRAME() __asm__ volatile("" ::: "memory")

static inline void victim_speak(const char *name)
{
	printf("printf %s\n", name);
	puts("puts to stdout");
	fputs("fputs to stdout\n", stdout);
	for (const char *c = "putc to stdout\n"; *c; c++)
		putc(*c, stdout);
	fwrite("fwrite to stdout\n", 1, 17, stdout);
	fflush(stdout);
	if (write(1, "write to 1\n", 11) != 11)
		_exit(90);
	dprintf(2, "dprintf to %d\n", 2);
	errno = ENOENT;
	perror("perror");
	fprintf(stderr, "now %s\n", name);
}

/* Stays in stdio's buffer if nobody flushes it: an abnormal death loses it in both runs, the recorder has it. */
static inline void victim_last_words(void)
{
	printf("unflushed last words\n");
}

#endif
