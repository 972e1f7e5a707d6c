/*
 * unwind_table.h - finds the unwind information of an address in the target's own memory, for libunwind.
 *
 * No file is opened: what is described is what is mapped, also where the file was deleted or replaced. Single-threaded.
 */
#ifndef TTLOG_CAPTURE_UNWIND_TABLE_H
#define TTLOG_CAPTURE_UNWIND_TABLE_H

#include "memory.h"
#include "snapshot.h"

#include <libunwind.h>
#include <stdbool.h>

struct unwind_tables;

/* Of the snapshot's modules, which outlive it. NULL without memory. */
struct unwind_tables *unwind_tables_create(const struct snapshot *snapshot, struct memory *memory);
void unwind_tables_destroy(struct unwind_tables *tables);

/* As the accessor find_proc_info of libunwind: 0, or -UNW_ENOINFO where nothing describes the address. */
int unwind_tables_find(struct unwind_tables *tables, unw_addr_space_t space, unw_word_t address, unw_proc_info_t *info, int need,
		       void *argument);

/* In the first instructions of a program, which nobody called: what compilers do not write has often no unwind information. */
bool unwind_tables_is_entry(struct unwind_tables *tables, uint64_t address);

#endif
