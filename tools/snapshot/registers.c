#include "registers.h"

#include "recorder.h"

_Static_assert(REGISTERS_KNOWN <= CRASH_REGISTERS, "all registers of a crash record have names");

const char *const register_names[REGISTERS_KNOWN] = {ARCH_REGISTER_NAMES};
