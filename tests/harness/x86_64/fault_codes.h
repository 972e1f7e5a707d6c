/*
 * fault_codes.h - how the kernel tells of the faults of tests/programs/x86_64/faults.h and their like; x86_64.
 */
#ifndef TTLOG_TESTS_FAULT_CODES_H
#define TTLOG_TESTS_FAULT_CODES_H

#include <signal.h>

#define FAULT_PRIVILEGED_SIGNAL SIGSEGV
#define FAULT_PRIVILEGED_CODE   SI_KERNEL
#define FAULT_STACK_CODE        SI_KERNEL /* of SIGBUS */
#define FAULT_NONCANONICAL_CODE SI_KERNEL
#define FAULT_DIVISION_CODE     FPE_INTDIV
#define FAULT_DIVISION_IN       "death_division"
#define FAULT_ILLEGAL_CODE      ILL_ILLOPN
#define FAULT_BREAKPOINT_CODE   SI_KERNEL
/* A return to what is no address: the instruction itself faults. */
#define FAULT_RETURN_SIGNAL     SIGSEGV
#define FAULT_RETURN_CODE       SI_KERNEL
#define FAULT_RETURN_IN         "death_destroyed_returns"
/* Behind a return to 0x4040404040404040: the function that returned, where it still stands there; the address as it is executed. */
#define FAULT_RETURN_FROM       "write_over "
#define FAULT_RETURN_ADDRESS    0x4040404040404040u

#endif
