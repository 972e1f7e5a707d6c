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

#endif
