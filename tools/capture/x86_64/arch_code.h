/*
 * arch_code.h (x86_64) - what machine code says of how it came to be executed.
 */
#ifndef TTLOG_CAPTURE_ARCH_CODE_H
#define TTLOG_CAPTURE_ARCH_CODE_H

#include <stdbool.h>
#include <string.h>

/* Length of the longest call instruction without prefixes: opcode, ModRM, SIB, 32-bit displacement. */
#define ARCH_CALL_BYTES 7u

/* What a signal handler returns to: mov $15, %rax (rt_sigreturn); syscall. Debuggers and unwinders know it by these bytes. */
#define ARCH_SIGNAL_RETURN_BYTES 9u
static inline bool arch_is_signal_return(const unsigned char bytes[ARCH_SIGNAL_RETURN_BYTES])
{
	static const unsigned char code[ARCH_SIGNAL_RETURN_BYTES] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
	return memcmp(bytes, code, sizeof(code)) == 0;
}

/* Length of `ff /2` with this ModRM byte and the SIB byte behind it (Intel SDM vol. 2A, 2.1.5). */
static inline unsigned arch_indirect_call_bytes(unsigned char modrm, unsigned char sib)
{
	const unsigned mode = modrm >> 6, base = modrm & 7, with_sib = mode != 3 && base == 4;
	switch (mode) {
	case 0:
		return 2 + with_sib + (base == 5 || (with_sib && (sib & 7) == 5) ? 4 : 0);
	case 1:
		return 3 + with_sib;
	case 2:
		return 6 + with_sib;
	default:
		return 2;
	}
}

/* Whether a call may end at the end of these bytes: e8 with a 32-bit offset, or ff /2 in any of its lengths. */
static inline bool arch_is_after_call(const unsigned char bytes[ARCH_CALL_BYTES])
{
	if (bytes[ARCH_CALL_BYTES - 5] == 0xe8)
		return true;
	for (unsigned length = 2; length <= ARCH_CALL_BYTES; length++) {
		const unsigned char *at = bytes + ARCH_CALL_BYTES - length;
		if (at[0] == 0xff && (at[1] >> 3 & 7) == 2 && arch_indirect_call_bytes(at[1], length > 2 ? at[2] : 0) == length)
			return true;
	}
	return false;
}

/* A return address stands on the stack as it is. */
static inline uint64_t arch_code_address(uint64_t address)
{
	return address;
}

/* No instruction signs it. */
#define ARCH_SIGNS             0
#define ARCH_INSTRUCTION_BYTES 1u
static inline bool arch_is_signing(const unsigned char bytes[ARCH_INSTRUCTION_BYTES])
{
	(void)bytes;
	return false;
}

/* The return address is where the call has put it. */
enum arch_return { ARCH_RETURN_UNTOUCHED, ARCH_RETURN_FRAMED, ARCH_RETURN_STORED, ARCH_RETURN_ENDS };
static inline enum arch_return arch_return_behind(const unsigned char bytes[ARCH_INSTRUCTION_BYTES])
{
	(void)bytes;
	return ARCH_RETURN_UNTOUCHED;
}

#endif
