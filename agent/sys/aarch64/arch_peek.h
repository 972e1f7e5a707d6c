/*
 * arch_peek.h (aarch64) - the body of peek(). x2 counts what is left, also where a load has faulted.
 */
#ifndef TTLOG_SYS_ARCH_PEEK_H
#define TTLOG_SYS_ARCH_PEEK_H

#define ARCH_PEEK                                                                                                                  \
	"hint #34\n" /* bti c */                                                                                                   \
	"peek_reads:\n"                                                                                                            \
	"cmp x2, #8\n"                                                                                                             \
	"b.lo 1f\n"                                                                                                                \
	"ldr x3, [x1], #8\n"                                                                                                       \
	"str x3, [x0], #8\n"                                                                                                       \
	"sub x2, x2, #8\n"                                                                                                         \
	"b peek_reads\n"                                                                                                           \
	"1:\n"                                                                                                                     \
	"cbz x2, peek_left\n"                                                                                                      \
	"ldrb w3, [x1], #1\n"                                                                                                      \
	"strb w3, [x0], #1\n"                                                                                                      \
	"sub x2, x2, #1\n"                                                                                                         \
	"b 1b\n"                                                                                                                   \
	"peek_left:\n"                                                                                                             \
	"mov x0, x2\n"                                                                                                             \
	"ret\n"

#endif
