#include "unwind.h"

#include "arch_code.h"
#include "arch_registers.h"
#include "unwind_table.h"

#include <libunwind.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOOK_AT_CLOCK = 256, DWARF_REGISTERS = ARCH_PC + 1, HANDLER_BYTES_MAX = 1 << 20, VERDICTS = 64 };

/* What has_no_table() found of a place: recursion comes there again and again. */
struct verdict {
	uint64_t place; /* 0: none yet */
	bool has_no_table, is_signed;
};

struct unwinder {
	unw_addr_space_t space;
	struct memory *memory;
	struct unwind_tables *tables;
	uint64_t until_ns;         /* of CLOCK_MONOTONIC; 0: for ever */
	const uint64_t *registers; /* of the frame that the cursor began with */
	bool missed;               /* libunwind asked for an address that nothing describes; it guesses then, we do not take that */
	struct verdict verdicts[VERDICTS];
};

/* What libunwind asks for ------------------------------------------------------------------------------------------------------ */

static int access_memory(unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write, void *argument)
{
	const struct unwinder *unwinder = argument;
	(void)space;
	return !write && memory_read(unwinder->memory, address, value, sizeof(*value)) ? 0 : -UNW_EINVAL;
}

static int access_register(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value, int write, void *argument)
{
	const struct unwinder *unwinder = argument;
	(void)space;
	if (write || number < 0 || number > (int)ARCH_PC)
		return -UNW_EBADREG;
	*value = unwinder->registers[number]; /* libunwind numbers them as DWARF does */
	return 0;
}

static int access_float(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value, int write, void *argument)
{
	(void)space, (void)number, (void)value, (void)write, (void)argument;
	return -UNW_EBADREG;
}

static int find_proc_info(unw_addr_space_t space, unw_word_t address, unw_proc_info_t *info, int need, void *argument)
{
	struct unwinder *unwinder = argument;
	const int result = unwind_tables_find(unwinder->tables, space, address, info, need, argument);
	if (result != 0)
		unwinder->missed = true;
	return result;
}

/* What dwarf_search_unwind_table() allocated goes with the process. */
static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *argument)
{
	(void)space, (void)info, (void)argument;
}

static int no_dynamic_info(unw_addr_space_t space, unw_word_t *list, void *argument)
{
	(void)space, (void)list, (void)argument;
	return -UNW_ENOINFO;
}

static int no_resume(unw_addr_space_t space, unw_cursor_t *cursor, void *argument)
{
	(void)space, (void)cursor, (void)argument;
	return -UNW_EINVAL;
}

/* Names come from the symbol tables afterwards, all at once: this call would read them anew for each frame. */
static int no_name(unw_addr_space_t space, unw_word_t address, char *name, size_t bytes, unw_word_t *offset, void *argument)
{
	(void)space, (void)address, (void)name, (void)bytes, (void)offset, (void)argument;
	return -UNW_ENOINFO;
}

struct unwinder *unwinder_create(const struct snapshot *snapshot, struct memory *memory)
{
	static unw_accessors_t accessors = {
		.find_proc_info = find_proc_info,
		.put_unwind_info = put_unwind_info,
		.get_dyn_info_list_addr = no_dynamic_info,
		.access_mem = access_memory,
		.access_reg = access_register,
		.access_fpreg = access_float,
		.resume = no_resume,
		.get_proc_name = no_name,
	};
	struct unwinder *unwinder = calloc(1, sizeof(*unwinder));
	if (!unwinder)
		return NULL;
	unwinder->memory = memory;
	unwinder->space = unw_create_addr_space(&accessors, 0);
	unwinder->tables = unwind_tables_create(snapshot, memory);
	if (!unwinder->space || !unwinder->tables) {
		unwinder_destroy(unwinder);
		return NULL;
	}
	unw_set_caching_policy(unwinder->space, UNW_CACHE_GLOBAL);
	return unwinder;
}

void unwinder_destroy(struct unwinder *unwinder)
{
	if (!unwinder)
		return;
	unwind_tables_destroy(unwinder->tables);
	if (unwinder->space)
		unw_destroy_addr_space(unwinder->space);
	free(unwinder);
}

/* Time ------------------------------------------------------------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void unwinder_limit(struct unwinder *unwinder, uint64_t ns)
{
	unwinder->until_ns = now_ns() + ns;
}

/* Keeping ---------------------------------------------------------------------------------------------------------------------- */

/* The outer frames go round in their places until the walk has ended. */
struct keeper {
	struct unwound_stack *stack;
	uint64_t seen;
};

static void keep(struct keeper *keeper, const struct unwound_frame *frame)
{
	const uint64_t number = keeper->seen++;
	const uint64_t place = number < UNWOUND_INNER ? number : UNWOUND_INNER + (number - UNWOUND_INNER) % UNWOUND_OUTER;
	keeper->stack->frames[place] = *frame;
}

static void finish_keeping(struct keeper *keeper)
{
	struct unwound_stack *stack = keeper->stack;
	struct unwound_frame outer[UNWOUND_OUTER];
	stack->count = keeper->seen < UNWOUND_INNER + UNWOUND_OUTER ? (size_t)keeper->seen : UNWOUND_INNER + UNWOUND_OUTER;
	stack->omitted = keeper->seen - stack->count;
	if (!stack->omitted)
		return;
	for (uint64_t i = 0; i < UNWOUND_OUTER; i++)
		outer[i] = stack->frames[UNWOUND_INNER + (keeper->seen - UNWOUND_INNER + i) % UNWOUND_OUTER];
	memcpy(stack->frames + UNWOUND_INNER, outer, sizeof(outer));
}

/* Walking ---------------------------------------------------------------------------------------------------------------------- */

/* One frame: where the walk stands. */
struct walk {
	struct unwinder *unwinder;
	unw_cursor_t cursor;
	uint64_t registers[DWARF_REGISTERS]; /* that the cursor began with */
	struct unwound_frame frame;
	bool guessed; /* a frame further in was a guess: what unwind information makes of it is looked at twice */
};

enum step { STEP_DONE, STEP_END, STEP_LOST };

/* libunwind looks up a first frame at its pc; of a return address the call before it counts. */
static bool begin_cursor(struct walk *walk)
{
	walk->unwinder->registers = walk->registers;
	walk->registers[ARCH_PC] = walk->frame.pc - !walk->frame.exact;
	return unw_init_remote(&walk->cursor, walk->unwinder->space, walk->unwinder) == 0;
}

/*
 * Where the return address is in a register, libunwind has one name for that and for the program counter, and answers with the latter. The
 * register counts in a frame that a cursor begins with, and only there.
 */
static void take_registers(unw_cursor_t *cursor, const struct walk *walk, uint64_t *registers)
{
	for (int i = 0; i < DWARF_REGISTERS; i++) {
		unw_word_t value;
		registers[i] = i != UNW_REG_IP && unw_get_reg(cursor, i, &value) == 0 ? value : walk->registers[i];
	}
	registers[ARCH_PC] = walk->frame.pc;
	registers[ARCH_SP] = walk->frame.sp;
}

/* No call led there: the handler's return address is the trampoline's first instruction. */
static bool is_trampoline(struct memory *memory, uint64_t pc)
{
	unsigned char code[ARCH_SIGNAL_RETURN_BYTES];
	return memory_read(memory, pc, code, sizeof(code)) && arch_is_signal_return(code);
}

/* A stack leads upwards, but from a function that was interrupted and has put nothing there, not even its return address. */
static bool leads_upwards(const struct walk *walk, const struct unwound_frame *caller)
{
	return caller->sp > walk->frame.sp || (!ARCH_RETURN_ON_STACK && walk->frame.exact && caller->sp == walk->frame.sp);
}

/* Behind a guess only to where a call was, or to a trampoline. */
static bool is_believable(const struct walk *walk, const struct unwound_frame *caller)
{
	return caller->pc != 0 && leads_upwards(walk, caller) &&
	       (!walk->guessed || caller->exact || memory_is_return_address(walk->unwinder->memory, caller->pc));
}

/* The cursor begins where it stands, with the address and the stack pointer that are meant. */
static bool begin_anew(struct walk *walk)
{
	uint64_t registers[DWARF_REGISTERS];
	take_registers(&walk->cursor, walk, registers);
	memcpy(walk->registers, registers, sizeof(registers));
	return begin_cursor(walk);
}

static bool is_stack(const struct memory *memory, uint64_t address)
{
	const struct mapping *mapping = memory_mapping(memory, address);
	return mapping && mapping->writable;
}

/*
 * What the procedure linkage table has put on the stack, the return address above all, glibc's own description (2.36, aarch64) of lazy binding
 * leaves out of what the caller's stack pointer was: a return address at or above that belongs below it.
 */
static bool mend_stack_pointer(unw_cursor_t *caller, unw_word_t *sp)
{
	unw_save_loc_t place;
	if (ARCH_RETURN_ON_STACK || unw_get_save_loc(caller, ARCH_LINK, &place) != 0 || place.type != UNW_SLT_MEMORY ||
	    place.u.addr - *sp >= 2 * sizeof(uint64_t))
		return false;
	*sp = place.u.addr + sizeof(uint64_t);
	return true;
}

/* To the caller, by unwind information alone. Where it has none the cursor stays. */
static enum step step_by_table(struct walk *walk)
{
	struct unwinder *unwinder = walk->unwinder;
	unw_cursor_t next = walk->cursor;
	unw_word_t pc = 0, sp = 0;
	unwinder->missed = false;
	const int result = unw_step(&next);
	if (result < 0 || unwinder->missed)
		return STEP_LOST;
	if (result == 0) /* libunwind also takes a return address at address 0 for the end: of a stack pointer that was destroyed */
		return is_stack(unwinder->memory, walk->frame.sp) ? STEP_END : STEP_LOST;
	if (unw_get_reg(&next, UNW_REG_IP, &pc) != 0 || unw_get_reg(&next, UNW_REG_SP, &sp) != 0)
		return STEP_LOST;
	/* libunwind knows no signatures. */
	const bool is_signed = arch_code_address(pc) != pc && memory_take_return_address(unwinder->memory, &pc);
	const bool mended = mend_stack_pointer(&next, &sp);
	const struct unwound_frame caller = {pc, sp, is_trampoline(unwinder->memory, pc), FOUND_BY_TABLE};
	if (!is_believable(walk, &caller))
		return STEP_LOST;
	walk->cursor = next;
	walk->frame = caller;
	return !(is_signed || mended) || begin_anew(walk) ? STEP_DONE : STEP_END;
}

static bool read_signal_context(struct memory *memory, uint64_t sp, uint64_t *registers)
{
	ucontext_t context;
	if (!memory_read(memory, sp + ARCH_SIGNAL_CONTEXT_OFFSET, &context, ARCH_SIGNAL_CONTEXT_BYTES))
		return false;
	arch_registers_of_signal(&context, registers);
	return true;
}

/* From the code that returns from a handler to what the signal interrupted: the kernel has put all of its registers there. */
static enum step step_by_signal(struct walk *walk)
{
	if (!read_signal_context(walk->unwinder->memory, walk->frame.sp, walk->registers))
		return STEP_LOST;
	walk->frame = (struct unwound_frame){walk->registers[ARCH_PC], walk->registers[ARCH_SP], true, FOUND_BY_TABLE};
	walk->guessed = false;
	return begin_cursor(walk) ? STEP_DONE : STEP_END;
}

/*
 * Out of a handler by its frame pointer. Where return addresses are not on the stack, the kernel leaves there a frame record of what it
 * interrupted, above all that it has saved, and has these two registers among that: so it is found, however large the handler's frame is.
 */
static enum step step_to_signal(struct walk *walk)
{
	struct memory *memory = walk->unwinder->memory;
	uint64_t registers[DWARF_REGISTERS], pair[2], record[2];
	take_registers(&walk->cursor, walk, registers);
	if (!guess_made_frame_record(memory, walk->frame.pc) || !memory_read(memory, registers[ARCH_FP], pair, sizeof(pair)) ||
	    !is_trampoline(memory, arch_code_address(pair[1])) || !memory_read(memory, pair[0], record, sizeof(record)))
		return STEP_LOST;
	uint64_t sp = registers[ARCH_FP] + sizeof(pair);
	const uint64_t end = pair[0] - sp < HANDLER_BYTES_MAX ? pair[0] : sp + HANDLER_BYTES_MAX;
	for (; sp < end; sp += sizeof(pair)) {
		uint64_t saved[DWARF_REGISTERS];
		if (!read_signal_context(memory, sp, saved))
			return STEP_LOST;
		if (saved[ARCH_FP] == record[0] && saved[ARCH_LINK] == record[1] && memory_mapping(memory, saved[ARCH_SP]))
			break;
	}
	if (sp >= end)
		return STEP_LOST;
	walk->frame = (struct unwound_frame){arch_code_address(pair[1]), sp, true, FOUND_BY_FRAME_POINTER};
	return STEP_DONE;
}

/*
 * Where return addresses are not on the stack, a frame pointer leads to the lower end of its frame. The stack pointer was elsewhere; the
 * function's table, which says where the frame pointer was put, tells how far from there.
 */
static void settle_stack_pointer(struct walk *walk)
{
	unw_cursor_t next = walk->cursor;
	unw_save_loc_t place;
	walk->unwinder->missed = false;
	if (unw_step(&next) < 0 || walk->unwinder->missed || unw_get_save_loc(&next, ARCH_FP, &place) != 0 ||
	    place.type != UNW_SLT_MEMORY)
		return;
	const uint64_t sp = walk->frame.sp + walk->registers[ARCH_FP] - place.u.addr;
	if (sp <= walk->frame.sp || sp > walk->registers[ARCH_FP])
		return;
	walk->frame.sp = walk->registers[ARCH_SP] = sp;
	begin_cursor(walk);
}

/* `exact`: the link register may still lead to the caller. */
static enum step step_by_guess(struct walk *walk, bool exact)
{
	uint64_t registers[DWARF_REGISTERS];
	enum frame_found found;
	take_registers(&walk->cursor, walk, registers);
	if (!guess_caller(walk->unwinder->memory, registers, exact, &found))
		return STEP_END;
	memcpy(walk->registers, registers, sizeof(registers));
	walk->frame = (struct unwound_frame){registers[ARCH_PC], registers[ARCH_SP], false, found};
	walk->guessed = true;
	if (!begin_cursor(walk))
		return STEP_END;
	/* It may be anything where the caller was found without it. */
	if (!ARCH_RETURN_ON_STACK &&
	    (found == FOUND_BY_FRAME_POINTER ||
	     (found == FOUND_BY_SCAN && guess_is_frame_record(walk->unwinder->memory, registers[ARCH_FP]))))
		settle_stack_pointer(walk);
	return STEP_DONE;
}

static bool signs_between(struct memory *memory, uint64_t from, uint64_t to)
{
	unsigned char code[1024];
	const uint64_t bytes = to - from < sizeof(code) ? to - from : sizeof(code);
	if (from >= to || !memory_read(memory, from, code, bytes))
		return false;
	for (uint64_t at = 0; at + ARCH_INSTRUCTION_BYTES <= bytes; at += ARCH_INSTRUCTION_BYTES) {
		if (arch_is_signing(code + at))
			return true;
	}
	return false;
}

/*
 * Whether libunwind (1.6) would go astray on aarch64. Where nothing describes the code it goes by the frame pointer without asking, and so
 * past the caller of the first frame. And it does not read a table further than to where that says that the return address is signed,
 * which is at its beginning, and takes the link register, used since; such a function has a frame pointer to go by.
 */
static struct verdict judge(struct walk *walk, uint64_t place)
{
	struct unwinder *unwinder = walk->unwinder;
	unw_proc_info_t function;
	if (unwind_tables_find(unwinder->tables, unwinder->space, place, &function, 0, unwinder) != 0)
		return (struct verdict){place, true, false};
	const bool is_signed = signs_between(unwinder->memory, function.start_ip, walk->frame.pc);
	return (struct verdict){place, is_signed, is_signed};
}

static struct verdict verdict_of(struct walk *walk)
{
	const uint64_t place = walk->frame.pc - !walk->frame.exact;
	struct verdict *verdict = &walk->unwinder->verdicts[place / ARCH_INSTRUCTION_BYTES % VERDICTS];
	if (verdict->place != place || !place)
		*verdict = judge(walk, place);
	return *verdict;
}

static bool has_no_table(struct walk *walk, bool *is_signed)
{
	const struct verdict verdict = ARCH_SIGNS ? verdict_of(walk) : (struct verdict){0};
	*is_signed = verdict.is_signed;
	return verdict.has_no_table;
}

static enum step step(struct walk *walk, struct unwound_stack *stack)
{
	const bool returns = walk->frame.exact && is_trampoline(walk->unwinder->memory, walk->frame.pc);
	bool is_signed = false;
	enum step step = returns ? step_by_signal(walk) : has_no_table(walk, &is_signed) ? STEP_LOST : step_by_table(walk);
	if (step == STEP_LOST && unwind_tables_is_entry(walk->unwinder->tables, walk->frame.pc))
		return STEP_END;
	if (step == STEP_LOST)
		step = step_to_signal(walk);
	if (step == STEP_LOST) {
		step = step_by_guess(walk, walk->frame.exact && !is_signed);
		stack->cut = step == STEP_END;
	}
	return step;
}

static bool out_of_time(const struct unwinder *unwinder, uint64_t seen)
{
	return unwinder->until_ns && seen % LOOK_AT_CLOCK == 0 && now_ns() > unwinder->until_ns;
}

void unwinder_run(struct unwinder *unwinder, const uint64_t *registers, struct unwound_stack *stack)
{
	struct walk walk = {.unwinder = unwinder, .frame = {registers[ARCH_PC], registers[ARCH_SP], true, FOUND_BY_TABLE}};
	struct keeper keeper = {.stack = stack};
	stack->cut = false;
	memcpy(walk.registers, registers, sizeof(walk.registers));
	bool going = begin_cursor(&walk);
	keep(&keeper, &walk.frame);
	while (going && step(&walk, stack) == STEP_DONE) {
		keep(&keeper, &walk.frame);
		if (out_of_time(unwinder, keeper.seen))
			stack->cut = true;
		going = !stack->cut;
	}
	finish_keeping(&keeper);
}
