/*
 * guarded_load.h - a load whose place, and where to go on if it faults, have names; x86_64.
 */
#ifndef TTLOG_TESTS_GUARDED_LOAD_H
#define TTLOG_TESTS_GUARDED_LOAD_H

extern const char guarded_load[], guarded_landing[];

/* 1, or what stands there. */
__asm__(".text\n"
	".type load_guarded, @function\n"
	"load_guarded:\n"
	".cfi_startproc\n"
	"guarded_load: movzbl (%rdi), %eax\n"
	"	ret\n"
	"guarded_landing: mov $1, %eax\n"
	"	ret\n"
	".cfi_endproc\n"
	".size load_guarded, . - load_guarded\n");
int load_guarded(const char *address);

#endif
