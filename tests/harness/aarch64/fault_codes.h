/*
 * fault_codes.h - how the kernel tells of the faults of tests/programs/aarch64/faults.h and their like; aarch64.
 */
#ifndef TTLOG_TESTS_FAULT_CODES_H
#define TTLOG_TESTS_FAULT_CODES_H

#include <signal.h>

#define FAULT_PRIVILEGED_SIGNAL SIGILL
#define FAULT_PRIVILEGED_CODE   ILL_ILLOPC
#define FAULT_STACK_CODE        BUS_ADRALN /* of SIGBUS */
#define FAULT_NONCANONICAL_CODE SEGV_MAPERR
/* A division by zero is zero here; what checks for it raises the signal. */
#define FAULT_DIVISION_CODE     SI_TKILL
#define FAULT_DIVISION_IN       "raise|gsignal|pthread_kill|__pthread_kill_implementation|__pthread_kill|__pthread_kill_internal"
#define FAULT_ILLEGAL_CODE      ILL_ILLOPC
#define FAULT_BREAKPOINT_CODE   TRAP_BRKPT
/*
 * A return to what is no address: it succeeds, and what is not there is executed then. Where a function returns to lies below its variables:
 * who writes upwards from those destroys that of his callers, so that it is main that does not come back.
 */
#define FAULT_RETURN_SIGNAL     SIGSEGV
#define FAULT_RETURN_CODE       SEGV_MAPERR
#define FAULT_RETURN_IN         "__libc_start_call_main|__libc_start_main"
/* Behind a return to 0x4040404040404040: the function that returned, where it still stands there; the address as it is executed (no tag). */
#define FAULT_RETURN_FROM       ""
#define FAULT_RETURN_ADDRESS    0x0040404040404040u

#endif
