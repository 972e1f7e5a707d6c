/*
 * registers.h - names of the registers of struct crash_context, as gdb spells them, by DWARF number (System V psABI of the
 * architecture), the program counter last.
 *
 * Constant; for the architecture that the tool is built for.
 */
#ifndef TTLOG_SNAPSHOT_REGISTERS_H
#define TTLOG_SNAPSHOT_REGISTERS_H

#include "arch_register_names.h"

#define REGISTERS_KNOWN ARCH_REGISTERS_KNOWN

extern const char *const register_names[REGISTERS_KNOWN];

#endif
