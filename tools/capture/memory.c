#include "memory.h"

#include "arch_code.h"
#include "target.h"

#include <stdlib.h>
#include <string.h>

/* A stack is read once, not word by word. Direct-mapped. The bytes stand apart: those of unused places are never touched. */
enum { PAGE = 4096, CACHE_PAGES = 256, AHEAD_PAGES = 16 };

struct copy {
	uint64_t address;
	const unsigned char *data;
	size_t bytes;
};

struct cached_page {
	bool present;
	uint32_t bytes; /* read of it */
	uint64_t address;
};

struct memory {
	pid_t pid;
	struct copy *copies;
	size_t copy_count;
	bool copies_first;
	memory_reader *reader; /* NULL: none */
	void *reads_from;
	struct mapping *mappings; /* as the kernel sorts them */
	size_t mapping_count;
	uint64_t next; /* behind what was read last */
	struct cached_page pages[CACHE_PAGES];
	unsigned char data[CACHE_PAGES][PAGE];
};

static bool take_mappings(struct memory *memory, const char *maps, size_t bytes)
{
	const char *const end = maps + bytes;
	size_t room = 0;
	struct mapping mapping;
	while (mapping_next(&maps, end, &mapping)) {
		if (memory->mapping_count && mapping.start < memory->mappings[memory->mapping_count - 1].end)
			continue; /* of a text that was damaged */
		if (memory->mapping_count == room) {
			room = room ? 2 * room : 256;
			struct mapping *more = reallocarray(memory->mappings, room, sizeof(*more));
			if (!more)
				return false;
			memory->mappings = more;
		}
		memory->mappings[memory->mapping_count++] = mapping;
	}
	return true;
}

struct memory *memory_create(pid_t pid, const char *maps, size_t bytes)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	if (!memory)
		return NULL;
	memory->pid = pid;
	if (maps && !take_mappings(memory, maps, bytes)) {
		memory_destroy(memory);
		return NULL;
	}
	return memory;
}

void memory_destroy(struct memory *memory)
{
	if (memory) {
		free(memory->mappings);
		free(memory->copies);
	}
	free(memory);
}

void memory_add_copy(struct memory *memory, uint64_t address, const unsigned char *data, size_t bytes)
{
	struct copy *more = reallocarray(memory->copies, memory->copy_count + 1, sizeof(*more));
	if (!more)
		return; /* a stack less */
	memory->copies = more;
	memory->copies[memory->copy_count++] = (struct copy){address, data, bytes};
}

void memory_prefer_copies(struct memory *memory)
{
	memory->copies_first = true;
}

void memory_add_reader(struct memory *memory, memory_reader *reader, void *from)
{
	memory->reader = reader;
	memory->reads_from = from;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* A stack is read from page to page: from the second on, some at once. What the target may not read itself (a guard) is not there. */
static size_t pages_to_read(const struct memory *memory, uint64_t base, size_t place)
{
	const size_t ahead = base == memory->next ? AHEAD_PAGES : 1;
	const struct mapping *mapping = memory_mapping(memory, base);
	const size_t mapped = !mapping ? 1 : mapping->readable ? (mapping->end - base + PAGE - 1) / PAGE : 0;
	return least(least(ahead, mapped), CACHE_PAGES - place);
}

static void fill(struct memory *memory, uint64_t base, size_t place)
{
	const size_t wanted = memory->pid ? pages_to_read(memory, base, place) * PAGE : 0;
	const ssize_t result = wanted ? target_read(memory->pid, base, memory->data[place], wanted) : 0;
	const size_t got = result > 0 ? (size_t)result : 0;
	memory->pages[place] = (struct cached_page){true, got < PAGE ? (uint32_t)got : PAGE, base};
	for (size_t i = 1; i < got / PAGE; i++)
		memory->pages[place + i] = (struct cached_page){true, PAGE, base + i * PAGE};
	memory->next = base + (got > PAGE ? got / PAGE * PAGE : PAGE);
}

/* Its bytes that can be read; *data: the first. */
static size_t read_page(struct memory *memory, uint64_t address, const unsigned char **data)
{
	const uint64_t base = address & ~(uint64_t)(PAGE - 1);
	const size_t place = base / PAGE % CACHE_PAGES;
	const struct cached_page *page = &memory->pages[place];
	*data = memory->data[place];
	if (!page->present || page->address != base)
		fill(memory, base, place);
	return page->bytes;
}

static bool holds(const struct copy *copy, uint64_t address, size_t bytes)
{
	return address >= copy->address && address - copy->address < copy->bytes &&
	       bytes <= copy->bytes - (address - copy->address);
}

static bool read_copies(const struct memory *memory, uint64_t address, void *data, size_t bytes)
{
	for (size_t i = memory->copy_count; i-- > 0;) {
		const struct copy *copy = &memory->copies[i];
		if (!holds(copy, address, bytes))
			continue;
		memcpy(data, copy->data + (address - copy->address), bytes);
		return true;
	}
	return false;
}

static bool read_elsewhere(const struct memory *memory, uint64_t address, void *data, size_t bytes)
{
	return read_copies(memory, address, data, bytes) ||
	       (memory->reader && memory->reader(memory->reads_from, address, data, bytes));
}

/* Of the target, page by page, or else of the copies. */
bool memory_read(struct memory *memory, uint64_t address, void *data, size_t count)
{
	if (memory->copies_first && read_copies(memory, address, data, count))
		return true;
	for (size_t i = 0; i < count;) {
		const unsigned char *page;
		const size_t readable = read_page(memory, address + i, &page);
		const size_t offset = (address + i) & (PAGE - 1);
		const size_t bytes = PAGE - offset < count - i ? PAGE - offset : count - i;
		if (offset + bytes <= readable)
			memcpy((char *)data + i, page + offset, bytes);
		else if (!read_elsewhere(memory, address + i, (char *)data + i, bytes))
			return false;
		i += bytes;
	}
	return true;
}

const struct mapping *memory_mapping(const struct memory *memory, uint64_t address)
{
	size_t low = 0, high = memory->mapping_count;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (memory->mappings[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < memory->mapping_count && memory->mappings[low].start <= address ? &memory->mappings[low] : NULL;
}

bool memory_is_return_address(struct memory *memory, uint64_t address)
{
	unsigned char code[ARCH_CALL_BYTES];
	const struct mapping *mapping = memory_mapping(memory, address);
	return mapping && mapping->executable && address >= sizeof(code) &&
	       memory_read(memory, address - sizeof(code), code, sizeof(code)) && arch_is_after_call(code);
}

bool memory_take_return_address(struct memory *memory, uint64_t *address)
{
	const uint64_t plain = arch_code_address(*address);
	if (!memory_is_return_address(memory, plain))
		return false;
	*address = plain;
	return true;
}
