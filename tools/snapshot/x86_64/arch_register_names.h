/* arch_register_names.h (x86_64) - by DWARF number (System V psABI), as gdb spells them, the program counter last. */
#ifndef TTLOG_SNAPSHOT_ARCH_REGISTER_NAMES_H
#define TTLOG_SNAPSHOT_ARCH_REGISTER_NAMES_H

#define ARCH_REGISTERS_KNOWN 17u
#define ARCH_REGISTER_NAMES                                                                                                        \
	"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip"

#endif
