/*
 * arch_peek.h (x86_64) - the body of peek(). Interrupted, the one instruction that reads has its count of what is left in rcx.
 */
#ifndef TTLOG_SYS_ARCH_PEEK_H
#define TTLOG_SYS_ARCH_PEEK_H

#define ARCH_PEEK                                                                                                                  \
	"endbr64\n"                                                                                                                \
	"mov %rdx, %rcx\n"                                                                                                         \
	"peek_reads:\n"                                                                                                            \
	"rep movsb\n"                                                                                                              \
	"peek_left:\n"                                                                                                             \
	"mov %rcx, %rax\n"                                                                                                         \
	"ret\n"

#endif
