#include "registers.h"

#include "recorder.h"

_Static_assert(REGISTERS_KNOWN <= CRASH_REGISTERS, "all registers of a crash record have names");

#if defined(__x86_64__)
const char *const register_names[REGISTERS_KNOWN] = {
	"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip",
};
#else
const char *const register_names[REGISTERS_KNOWN] = {
	"x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",  "x10", "x11", "x12", "x13", "x14", "x15", "x16",
	"x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp",  "pc",
};
#endif
