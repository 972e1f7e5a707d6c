#include "unwind_table.h"

#include "image.h"

#include <stdlib.h>
#include <string.h>

/* The one form that linkers write and libunwind searches: a header, then a sorted table of pairs of offsets from it (LSB, .eh_frame_hdr). */
enum {
	INDEX_VERSION = 1,
	INDEX_FRAME_ENCODING = 0x1b, /* DW_EH_PE_pcrel | DW_EH_PE_sdata4 */
	INDEX_COUNT_ENCODING = 0x03, /* DW_EH_PE_udata4 */
	INDEX_TABLE_ENCODING = 0x3b, /* DW_EH_PE_datarel | DW_EH_PE_sdata4 */
	INDEX_HEADER_BYTES = 12,
	INDEX_ENTRY_BYTES = 8,
	INDEX_ENTRIES_MAX = 1 << 24,
	ENTRY_BYTES = 64, /* glibc's _start has 34 */
};

struct unwind_table {
	bool looked_at;
	uint64_t entry; /* of the file; 0: unknown */
	uint64_t index; /* of .eh_frame_hdr; 0: none that can be read */
	uint32_t entries;
};

struct unwind_tables {
	const struct snapshot *snapshot;
	struct memory *memory;
	struct unwind_table *tables; /* one for each module */
};

/* libunwind's own search, exported for readers of other formats (perf is one); no header declares it. */
int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t space, unw_word_t address, unw_dyn_info_t *table, unw_proc_info_t *info,
				       int need, void *argument);

struct unwind_tables *unwind_tables_create(const struct snapshot *snapshot, struct memory *memory)
{
	struct unwind_tables *tables = calloc(1, sizeof(*tables));
	if (!tables)
		return NULL;
	*tables = (struct unwind_tables){.snapshot = snapshot, .memory = memory};
	tables->tables = calloc(snapshot->module_count + 1, sizeof(*tables->tables));
	if (!tables->tables) {
		free(tables);
		return NULL;
	}
	return tables;
}

void unwind_tables_destroy(struct unwind_tables *tables)
{
	if (tables)
		free(tables->tables);
	free(tables);
}

static void read_index(struct unwind_tables *tables, struct unwind_table *table, uint64_t base)
{
	struct image image;
	unsigned char header[INDEX_HEADER_BYTES];
	uint32_t entries;
	table->looked_at = true;
	if (!image_open(&image, tables->memory, base))
		return;
	table->entry = image.entry;
	const uint64_t index = image_unwind_index(&image);
	if (!index || !memory_read(tables->memory, index, header, sizeof(header)) || header[0] != INDEX_VERSION ||
	    header[1] != INDEX_FRAME_ENCODING || header[2] != INDEX_COUNT_ENCODING || header[3] != INDEX_TABLE_ENCODING)
		return;
	memcpy(&entries, header + 8, sizeof(entries));
	if (entries && entries <= INDEX_ENTRIES_MAX) {
		table->index = index;
		table->entries = entries;
	}
}

/* NULL: no module is there. */
static const struct unwind_table *table_at(struct unwind_tables *tables, uint64_t address)
{
	const struct snapshot_module *module = snapshot_module_at(tables->snapshot, address);
	if (!module)
		return NULL;
	struct unwind_table *table = &tables->tables[module - tables->snapshot->modules];
	if (!table->looked_at)
		read_index(tables, table, module->base);
	return table;
}

bool unwind_tables_is_entry(struct unwind_tables *tables, uint64_t address)
{
	const struct unwind_table *table = table_at(tables, address);
	return table && table->entry && address >= table->entry && address - table->entry < ENTRY_BYTES;
}

int unwind_tables_find(struct unwind_tables *tables, unw_addr_space_t space, unw_word_t address, unw_proc_info_t *info, int need,
		       void *argument)
{
	const struct unwind_table *table = table_at(tables, address);
	if (!table || !table->index)
		return -UNW_ENOINFO;
	const struct snapshot_module *module = &tables->snapshot->modules[table - tables->tables];
	unw_dyn_info_t described = {
		.start_ip = module->base, .end_ip = module->base + module->size, .format = UNW_INFO_FORMAT_REMOTE_TABLE};
	described.u.rti.segbase = table->index;
	described.u.rti.table_data = table->index + INDEX_HEADER_BYTES;
	described.u.rti.table_len = (unw_word_t)table->entries * INDEX_ENTRY_BYTES / sizeof(unw_word_t);
	return UNW_OBJ(dwarf_search_unwind_table)(space, address, &described, info, need, argument) == 0 ? 0 : -UNW_ENOINFO;
}
