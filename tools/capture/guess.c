#include "guess.h"

#include "arch_code.h"
#include "arch_registers.h"

enum { WORD = sizeof(uint64_t), SCAN_BYTES = 8192, FRAME_BYTES_MAX = 8 << 20, INSTRUCTIONS_MAX = 256 };

/* Memory that can be a stack. */
static const struct mapping *stack_at(const struct memory *memory, uint64_t address)
{
	const struct mapping *mapping = memory_mapping(memory, address);
	return mapping && mapping->readable && mapping->writable ? mapping : NULL;
}

/* Right behind the call, before the callee has done anything: through a wild pointer, or in a stub without a frame. */
static bool by_return_address(struct memory *memory, uint64_t *registers)
{
	uint64_t address = registers[ARCH_LINK];
	if (ARCH_RETURN_ON_STACK && !memory_read(memory, registers[ARCH_SP], &address, sizeof(address)))
		return false;
	if (!memory_take_return_address(memory, &address))
		return false;
	registers[ARCH_PC] = address;
	registers[ARCH_SP] += ARCH_RETURN_ON_STACK ? WORD : 0;
	return true;
}

/*
 * What the function has done with its return address, where that arrives in a register: by the code in front of where it stands. Untouched
 * is also what cannot be read.
 */
static enum arch_return return_address_place(struct memory *memory, uint64_t pc)
{
	unsigned char code[ARCH_INSTRUCTION_BYTES];
	for (unsigned i = 0; !ARCH_RETURN_ON_STACK && i < INSTRUCTIONS_MAX; i++) {
		pc -= ARCH_INSTRUCTION_BYTES;
		const enum arch_return found = memory_read(memory, pc, code, sizeof(code)) ? arch_return_behind(code)
											   : ARCH_RETURN_ENDS;
		if (found != ARCH_RETURN_UNTOUCHED)
			return found == ARCH_RETURN_ENDS ? ARCH_RETURN_UNTOUCHED : found;
	}
	return ARCH_RETURN_UNTOUCHED;
}

bool guess_made_frame_record(struct memory *memory, uint64_t pc)
{
	return return_address_place(memory, pc) == ARCH_RETURN_FRAMED;
}

/* Where the stack pointer says nothing: the data of a module is no stack, and of a chain the next link lies above. */
static bool is_chain(const struct mapping *stack, uint64_t frame, uint64_t next)
{
	return !mapping_is_file(stack) && next > frame && next < stack->end;
}

/*
 * The pair of the caller's frame pointer and the return address. The pointer must lie above the stack pointer on the same
 * stack. What it leads to may be anything: the caller may have none.
 */
static bool by_frame_pointer(struct memory *memory, uint64_t *registers)
{
	const uint64_t frame = registers[ARCH_FP], sp = registers[ARCH_SP];
	const struct mapping *stack = stack_at(memory, frame), *present = stack_at(memory, sp);
	uint64_t pair[2];
	if (!stack || frame % WORD || (present && (frame < sp || frame - sp > FRAME_BYTES_MAX || present != stack)))
		return false;
	if (!memory_read(memory, frame, pair, sizeof(pair)) || !memory_take_return_address(memory, &pair[1]) ||
	    (!present && !is_chain(stack, frame, pair[0])))
		return false;
	registers[ARCH_FP] = pair[0];
	registers[ARCH_SP] = frame + sizeof(pair);
	registers[ARCH_PC] = pair[1];
	return true;
}

bool guess_is_frame_record(struct memory *memory, uint64_t address)
{
	uint64_t pair[2];
	return stack_at(memory, address) && address % WORD == 0 && memory_read(memory, address, pair, sizeof(pair)) &&
	       memory_take_return_address(memory, &pair[1]);
}

/* Where a return address was put together with the caller's frame pointer, that is the word below it. */
static void take_frame_pointer(struct memory *memory, uint64_t at, uint64_t *registers)
{
	uint64_t frame;
	if (!ARCH_RETURN_ON_STACK && memory_read(memory, at - WORD, &frame, sizeof(frame)) && frame > at &&
	    frame - at < FRAME_BYTES_MAX && guess_is_frame_record(memory, frame))
		registers[ARCH_FP] = frame;
}

/* What a function that has returned left there looks the same: so it is the last resort, and is marked. */
static bool scan(struct memory *memory, uint64_t *registers, uint64_t limit)
{
	uint64_t at = (registers[ARCH_SP] + WORD - 1) & ~(uint64_t)(WORD - 1), address;
	const struct mapping *stack = stack_at(memory, at);
	if (!stack || at >= limit)
		return false;
	const uint64_t room = stack->end < limit ? stack->end - at : limit - at, end = at + (room < SCAN_BYTES ? room : SCAN_BYTES);
	for (; at < end && memory_read(memory, at, &address, sizeof(address)); at += WORD) {
		if (!memory_take_return_address(memory, &address))
			continue;
		take_frame_pointer(memory, at, registers);
		registers[ARCH_SP] = at + WORD;
		registers[ARCH_PC] = address;
		return true;
	}
	return false;
}

static bool by_scan(struct memory *memory, uint64_t *registers)
{
	return scan(memory, registers, UINT64_MAX);
}

/* The function has stored its return address and left the frame pointer to who called it: so it lies below that one's frame. */
static bool by_scan_of_frame(struct memory *memory, uint64_t *registers)
{
	return return_address_place(memory, registers[ARCH_PC]) == ARCH_RETURN_STORED &&
	       scan(memory, registers, registers[ARCH_FP]);
}

/* The link register leads to the caller until the function calls in turn: it has stored it before. */
static bool by_link(struct memory *memory, uint64_t *registers)
{
	return return_address_place(memory, registers[ARCH_PC]) == ARCH_RETURN_UNTOUCHED && by_return_address(memory, registers);
}

bool guess_caller(struct memory *memory, uint64_t *registers, bool exact, enum frame_found *found)
{
	static const struct {
		enum frame_found found;
		bool exact_only;
		bool (*step)(struct memory *memory, uint64_t *registers);
	} ways[] = {
		{FOUND_BY_RETURN_ADDRESS, true, by_link},
		{FOUND_BY_SCAN, false, by_scan_of_frame},
		{FOUND_BY_FRAME_POINTER, false, by_frame_pointer},
		{FOUND_BY_SCAN, false, by_scan},
	};
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		*found = ways[i].found;
		if ((exact || !ways[i].exact_only) && ways[i].step(memory, registers))
			return true;
	}
	return false;
}
