#include "peek.h"

#include "arch_peek.h"

__asm__(".pushsection .text\n"
	".globl peek, peek_reads, peek_left\n"
	".hidden peek, peek_reads, peek_left\n"
	".type peek, %function\n"
	".p2align 4\n"
	"peek:\n"
	".cfi_startproc\n" ARCH_PEEK ".cfi_endproc\n"
	".size peek, .-peek\n"
	".popsection\n");
