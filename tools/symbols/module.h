/*
 * module.h - one ELF file with its symbols and lines, opened offline through libdwfl.
 *
 * Each module has a Dwfl of its own: executables that are not position independent sit at addresses of their own choice and
 * would collide in a shared one. Single-threaded. Paths come from snapshots and are not trusted: only regular files are opened.
 *
 * elfutils (0.188) crashes where it gets no memory, and might at files. What is called within module_work() may.
 */
#ifndef TTLOG_SYMBOLS_MODULE_H
#define TTLOG_SYMBOLS_MODULE_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stdint.h>

struct module {
	struct module *next;
	char *path, *build_id; /* as asked for; build_id may be NULL */
	int error;             /* 0; -ENOENT: not to be had, -ESTALE: another build-id */
	Dwfl *dwfl;
	Dwfl_Module *dwfl_module;
	char *found_id; /* of the file that was looked at first */
	uint64_t start; /* address in dwfl_module of offset 0, the lowest mapping */
};

/*
 * Does what uses elfutils on a file (contain.h). False: it crashed, now or before: said on standard error, and what `work` was to fill is to be
 * emptied. Memory that elfutils did without is noted (search.h).
 */
bool module_work(const char *path, void (*work)(void *context), void *context);

/* Never NULL: what went wrong is in `error`. */
struct module *module_open(const char *path, const char *build_id);
/* From what the file held, not from its path; takes the descriptor over (-1: there is none). The debug directories are searched as well. */
struct module *module_open_lost(const char *path, const char *build_id, int fd);
void module_close(struct module *module);

/* Of the file that was opened, or (-ESTALE) that stands at the path instead, lower-case hex; NULL where it has none. */
const char *module_build_id(struct module *module);

/*
 * The file itself as it is on the disk, or (`debug`) the separate file with its debug information. NULL: there is none. Lives as long as
 * the module.
 */
const void *module_image(struct module *module, bool debug, size_t *bytes);

/* The look-ups below: within module_work(). Name (mangled) of the symbol that covers the offset, or NULL; lives as long as the module. */
const char *module_function(struct module *module, uint64_t offset, uint64_t *into);

/* Source file and line, or NULL. */
const char *module_line(struct module *module, uint64_t offset, uint32_t *line);

/* Where the compiler ran: what names of files that are not absolute begin at. NULL: unknown. */
const char *module_directory(struct module *module, uint64_t offset);

/* The unit whose code holds the offset, that of a .dwo file where the units are split, and the address as DWARF counts it. */
bool module_unit(struct module *module, uint64_t offset, Dwarf_Die *unit, Dwarf_Addr *address);

#endif
