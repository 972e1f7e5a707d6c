/*
 * arch_code.h (aarch64) - what machine code says of how it came to be executed.
 */
#ifndef TTLOG_CAPTURE_ARCH_CODE_H
#define TTLOG_CAPTURE_ARCH_CODE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ARCH_CALL_BYTES 4u

/* What a signal handler returns to: mov x8, #139 (rt_sigreturn); svc #0. Debuggers and unwinders know it by these bytes. */
#define ARCH_SIGNAL_RETURN_BYTES 8u
static inline bool arch_is_signal_return(const unsigned char bytes[ARCH_SIGNAL_RETURN_BYTES])
{
	static const unsigned char code[ARCH_SIGNAL_RETURN_BYTES] = {0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4};
	return memcmp(bytes, code, sizeof(code)) == 0;
}

/* Whether these bytes are a call: bl, blr, or blr with pointer authentication (Arm ARM, C4.1). */
static inline bool arch_is_after_call(const unsigned char bytes[ARCH_CALL_BYTES])
{
	uint32_t code;
	memcpy(&code, bytes, sizeof(code));
	return (code & 0xfc000000) == 0x94000000 || (code & 0xfffffc1f) == 0xd63f0000 || (code & 0xfefff800) == 0xd63f0800;
}

/*
 * A return address without the signature that its function may have put into the bits above it (pointer authentication, Arm ARM D8.10).
 * Linux gives a program no addresses of more than 48 bits unless it asks for them.
 */
static inline uint64_t arch_code_address(uint64_t address)
{
	return address & 0xffffffffffff;
}

/* Whether this instruction signs the return address: paciasp or pacibsp. Compilers let them stand anywhere in front of a frame's making. */
#define ARCH_SIGNS             1
#define ARCH_INSTRUCTION_BYTES 4u
static inline bool arch_is_signing(const unsigned char bytes[ARCH_INSTRUCTION_BYTES])
{
	uint32_t code;
	memcpy(&code, bytes, sizeof(code));
	return code == 0xd503233f || code == 0xd503237f;
}

/* What becomes of the return address: it arrives in x30 and leaves from there. */
enum arch_return {
	ARCH_RETURN_UNTOUCHED,
	ARCH_RETURN_FRAMED, /* x29 is made to lead to where it was put, together with the caller's x29: add x29, sp, #n */
	ARCH_RETURN_STORED, /* onto the stack */
	ARCH_RETURN_ENDS,   /* it is loaded from there, or a function ends: what stands before says nothing of what stands behind */
};

/* str or ldr (64 bits) of x30, stp or ldp of a pair with it, relative to sp, in any form (Arm ARM, C4.1.94). */
static inline bool arch_moves_link(uint32_t code, bool load)
{
	const uint32_t first = code & 31, base = code >> 5 & 31, second = code >> 10 & 31, loads = load ? 0x00400000 : 0;
	if (base != 31)
		return false;
	if ((code & 0xfe400000) == (0xa8000000 | loads))
		return first == 30 || second == 30;
	return first == 30 && ((code & 0xffc00000) == (0xf9000000 | loads) || (code & 0xffe00400) == (0xf8000400 | loads));
}

static inline enum arch_return arch_return_behind(const unsigned char bytes[ARCH_INSTRUCTION_BYTES])
{
	uint32_t code;
	memcpy(&code, bytes, sizeof(code));
	if ((code & 0xffc003ff) == 0x910003fd)
		return ARCH_RETURN_FRAMED;
	if (arch_moves_link(code, false))
		return ARCH_RETURN_STORED;
	const bool returns = (code & 0xfffffc1f) == 0xd65f0000 || (code & 0xfffffbff) == 0xd65f0bff;
	return returns || arch_moves_link(code, true) ? ARCH_RETURN_ENDS : ARCH_RETURN_UNTOUCHED;
}

#endif
