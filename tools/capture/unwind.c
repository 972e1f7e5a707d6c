#include "unwind.h"

#include "arch_registers.h"
#include "target.h"

#include <libunwind-ptrace.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Pages of the target, kept between frames: a stack is read once, not word by word. Direct-mapped. */
enum { PAGE = 4096, CACHE_PAGES = 256 };

struct cached_page {
	uint64_t address; /* of the page; 1: none */
	size_t bytes;     /* read of it */
	unsigned char data[PAGE];
};

struct unwinder {
	pid_t pid;
	unw_addr_space_t space;
	void *ptrace_info; /* libunwind-ptrace's own view, for the unwind tables of the target's modules */
	const uint64_t *registers;
	uint64_t copy_address;
	const unsigned char *copy;
	size_t copy_bytes;
	struct images *images; /* NULL: none */
	bool lost;             /* nothing described the last address that was asked for */
	struct cached_page pages[CACHE_PAGES];
};

/* libunwind-ptrace calls the accessors back with its own argument, not ours (1.6.2): so which unwinder runs is said here. */
static struct unwinder *running;

static const struct cached_page *page_of(struct unwinder *unwinder, uint64_t address)
{
	const uint64_t base = address & ~(uint64_t)(PAGE - 1);
	struct cached_page *page = &unwinder->pages[base / PAGE % CACHE_PAGES];
	if (page->address != base) {
		const ssize_t got = unwinder->pid ? target_read(unwinder->pid, base, page->data, PAGE) : 0;
		page->address = base;
		page->bytes = got > 0 ? (size_t)got : 0;
	}
	return page;
}

static bool read_copy(const struct unwinder *unwinder, uint64_t address, void *data, size_t bytes)
{
	if (address < unwinder->copy_address || address - unwinder->copy_address >= unwinder->copy_bytes ||
	    bytes > unwinder->copy_bytes - (address - unwinder->copy_address))
		return false;
	memcpy(data, unwinder->copy + (address - unwinder->copy_address), bytes);
	return true;
}

/* Of the target, page by page, or else of the copy, or else of the files. */
static bool read_bytes(uint64_t address, void *data, size_t count)
{
	for (size_t i = 0; i < count;) {
		const struct cached_page *page = page_of(running, address + i);
		const size_t offset = (address + i) & (PAGE - 1);
		const size_t bytes = PAGE - offset < count - i ? PAGE - offset : count - i;
		if (offset + bytes <= page->bytes)
			memcpy((char *)data + i, page->data + offset, bytes);
		else if (!read_copy(running, address + i, (char *)data + i, bytes) &&
			 !(running->images && images_read(running->images, address + i, (char *)data + i, bytes)))
			return false;
		i += bytes;
	}
	return true;
}

static int access_memory(unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write, void *argument)
{
	(void)space, (void)argument;
	return !write && read_bytes(address, value, sizeof(*value)) ? 0 : -UNW_EINVAL;
}

static int access_register(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value, int write, void *argument)
{
	(void)space, (void)argument;
	if (write || number < 0 || number > (int)ARCH_PC)
		return -UNW_EBADREG;
	*value = running->registers[number]; /* libunwind numbers them as DWARF does */
	return 0;
}

static int access_float(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value, int write, void *argument)
{
	(void)space, (void)number, (void)value, (void)write, (void)argument;
	return -UNW_EBADREG;
}

/*
 * Looks the address up in a sorted table that is read through the accessors. libunwind has it for its own remote unwinding and exports
 * it, but no header of its declares it (1.6.2).
 */
extern int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t space, unw_word_t ip, unw_dyn_info_t *table, unw_proc_info_t *info,
					      int need, void *argument);

static int find_in_images(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *info, int need, void *argument)
{
	struct image_table found;
	unw_dyn_info_t table;
	if (!running->images || !images_find_table(running->images, ip, &found))
		return -UNW_ENOINFO;
	memset(&table, 0, sizeof(table));
	table.format = UNW_INFO_FORMAT_REMOTE_TABLE;
	table.start_ip = found.start;
	table.end_ip = found.end;
	table.u.rti.segbase = found.header;
	table.u.rti.table_data = found.entries;
	table.u.rti.table_len = found.entry_count * 2 * sizeof(int32_t) / sizeof(unw_word_t);
	return UNW_OBJ(dwarf_search_unwind_table)(space, ip, &table, info, need, argument);
}

static int find_proc_info(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *info, int need, void *argument)
{
	int error = running->pid ? _UPT_find_proc_info(space, ip, info, need, argument) : -UNW_ENOINFO;
	if (error < 0)
		error = find_in_images(space, ip, info, need, argument);
	running->lost = error < 0;
	return error;
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *argument)
{
	_UPT_put_unwind_info(space, info, argument);
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

struct unwinder *unwinder_create(pid_t pid)
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
	unwinder->pid = pid;
	for (size_t i = 0; i < CACHE_PAGES; i++)
		unwinder->pages[i].address = 1;
	unwinder->space = unw_create_addr_space(&accessors, 0);
	unwinder->ptrace_info = _UPT_create(pid ? pid : getpid()); /* without a target it is not asked */
	if (!unwinder->space || !unwinder->ptrace_info) {
		unwinder_destroy(unwinder);
		return NULL;
	}
	unw_set_caching_policy(unwinder->space, UNW_CACHE_GLOBAL);
	return unwinder;
}

void unwinder_add_copy(struct unwinder *unwinder, uint64_t address, const unsigned char *data, size_t bytes)
{
	unwinder->copy_address = address;
	unwinder->copy = data;
	unwinder->copy_bytes = bytes;
}

void unwinder_add_images(struct unwinder *unwinder, struct images *images)
{
	unwinder->images = images;
}

void unwinder_destroy(struct unwinder *unwinder)
{
	if (unwinder->ptrace_info)
		_UPT_destroy(unwinder->ptrace_info);
	if (unwinder->space)
		unw_destroy_addr_space(unwinder->space);
	free(unwinder);
}

/*
 * Where nothing describes the innermost frame (a call through a wild pointer; glibc's clone3, which ends its unwind information
 * before the system call) the return address may still be on top of the stack, where the call put it: it is believed if a call stands
 * before it. x86_64; where a call leaves it in a register, the step is libunwind's.
 */
static bool step_by_return_address(uint64_t *registers)
{
	uint64_t return_address;
	unsigned char code[ARCH_CALL_BYTES];
	if (!read_bytes(registers[ARCH_SP], &return_address, sizeof(return_address)))
		return false;
	if (!read_bytes(return_address - sizeof(code), code, sizeof(code)) || !arch_is_after_call(code))
		return false;
	registers[ARCH_PC] = return_address;
	registers[ARCH_SP] += sizeof(uint64_t);
	return true;
}

static size_t walk(struct unwinder *unwinder, struct unwound_frame *frames, size_t room, bool innermost, bool *cut)
{
	unw_cursor_t cursor;
	size_t count = 0;
	if (unw_init_remote(&cursor, unwinder->space, unwinder->ptrace_info) != 0)
		return 0;
	bool interrupted = innermost;
	for (;;) {
		unw_word_t pc = 0, sp = 0;
		if (unw_get_reg(&cursor, UNW_REG_IP, &pc) != 0 || unw_get_reg(&cursor, UNW_REG_SP, &sp) != 0 || pc == 0)
			break;
		if (count == room) {
			*cut = true;
			break;
		}
		if (count && frames[count - 1].pc == pc && frames[count - 1].sp == sp)
			break; /* damaged stack: no progress */
		frames[count++] = (struct unwound_frame){pc, sp, interrupted};
		interrupted = unw_is_signal_frame(&cursor) > 0;
		unwinder->lost = false;
		const int step = unw_step(&cursor);
		if (step < 0 && !unwinder->pid)
			*cut = true; /* the copy ends, or the files do not know the way */
		if (step <= 0 || (unwinder->lost && !unwinder->pid))
			break;
	}
	return count;
}

size_t unwinder_run(struct unwinder *unwinder, const uint64_t *registers, struct unwound_frame *frames, size_t room, bool *cut)
{
	uint64_t caller[TARGET_REGISTERS];
	*cut = false;
	running = unwinder;
	unwinder->registers = registers;
	const size_t count = walk(unwinder, frames, room, true, cut);
	if (count > 1 || room < 2)
		return count;
	frames[0] = (struct unwound_frame){registers[ARCH_PC], registers[ARCH_SP], true};
	memcpy(caller, registers, sizeof(caller));
	if (!step_by_return_address(caller))
		return 1;
	unwinder->registers = caller;
	return 1 + walk(unwinder, frames + 1, room - 1, false, cut);
}
