#include "module.h"

#include "arena.h"
#include "contain.h"
#include "search.h"
#include "shortage.h"

#include <dwarf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Any page-aligned address will do; not 0, which libdwfl takes for "not there". */
#define OFFLINE_BASE 0x10000000u

/* Of a module whose file is not known yet: no program is larger. */
#define SPAN 0x40000000u

/* Kernels map at pages of this size or multiples of it; ELF segments are congruent to it. */
#define PAGE_BYTES 4096u

/* dwfl_standard_find_debuginfo(3), but for what is no file. A module without a link of its own is sought as NAME.debug. */
static int find_debuginfo(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base, const char *file, const char *link,
			  GElf_Word crc, char **found)
{
	const int before = errno;
	char own[PATH_MAX];
	int fd;

	if (is_shortage(before)) /* of which errno is about to be used for something else */
		search_note_shortage(file ? file : name);
	if (file && !link)
		snprintf(own, sizeof(own), "%s.debug", strrchr(file, '/') ? strrchr(file, '/') + 1 : file);
	if (file && !search_may_follow(file, link ? link : own))
		return -1;
	errno = 0;
	fd = dwfl_standard_find_debuginfo(module, data, name, base, file, link, crc, found);
	if (fd < 0) /* libdwfl goes on without what it cannot open, whyever */
		search_note_shortage(file ? file : name);
	return fd;
}

static Dwfl_Callbacks offline_callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

static struct contained elfutils;

bool module_work(const char *path, void (*work)(void *context), void *context)
{
	if (!contain(&elfutils, work, context)) {
		search_note_crash(path, elfutils.crashed);
		return false;
	}
	search_note_shortage(path); /* it takes what it gets no memory for to be not there */
	return true;
}

/* Files ---------------------------------------------------------------------------------------------------------------------- */

/* The kernel's own library is in no file; ours is the same while the kernel is, which the build-id tells. */
static int open_vdso(void)
{
	const unsigned char *image = (const void *)getauxval(AT_SYSINFO_EHDR);
	const size_t bytes = 2 * PAGE_BYTES;
	int fd = image ? memfd_create("vdso", MFD_CLOEXEC) : -1;

	/* write() answers EFAULT, or writes less, where the image is shorter. */
	if (fd >= 0 && write(fd, image, bytes) <= 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Report ------------------------------------------------------------------------------------------------------------------- */

static void forget(struct module *module)
{
	if (module->dwfl)
		dwfl_end(module->dwfl);
	module->dwfl = NULL;
	module->dwfl_module = NULL;
}

/* Takes the descriptor over. */
static int report(struct module *module, int fd)
{
	offline_callbacks.debuginfo_path = search_debug_path();
	module->dwfl = dwfl_begin(&offline_callbacks);
	module->dwfl_module = module->dwfl ? dwfl_report_elf(module->dwfl, module->path, module->path, fd, OFFLINE_BASE, false)
					   : NULL;
	if (!module->dwfl_module)
		close(fd);
	if (!module->dwfl_module || dwfl_report_end(module->dwfl, NULL, NULL) != 0) {
		forget(module);
		return -ENOENT;
	}
	return 0;
}

/* malloc'ed hex, or NULL. */
static char *read_build_id(Dwfl_Module *module)
{
	const unsigned char *bits;
	GElf_Addr address;
	int bytes = dwfl_module_build_id(module, &bits, &address);
	char *hex = bytes > 0 ? arena_need(malloc(2 * (size_t)bytes + 1), 2 * (size_t)bytes + 1) : NULL;

	for (int i = 0; hex && i < bytes; i++)
		snprintf(hex + 2 * i, 3, "%02x", bits[i]);
	return hex;
}

/* What another file has instead is kept for whoever asks why. */
static bool has_build_id(struct module *module)
{
	char *found = read_build_id(module->dwfl_module);
	bool equal = found && !strcmp(found, module->build_id);

	if (equal || module->found_id)
		free(found);
	else
		module->found_id = found;
	return equal;
}

/*
 * The lowest mapping begins at the page of the first PT_LOAD (segments are sorted by address: ELF specification). libdwfl
 * counts from p_vaddr & -p_align instead, which is lower where a linker aligns to 2 MB and starts elsewhere.
 */
static int find_start(struct module *module)
{
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(module->dwfl_module, &bias);
	size_t count;

	if (!elf || elf_getphdrnum(elf, &count) != 0)
		return -ENOENT;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr header;
		if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_LOAD) {
			module->start = (header.p_vaddr & -(uint64_t)PAGE_BYTES) + bias;
			return 0;
		}
	}
	return -ENOENT;
}

static int accept(struct module *module)
{
	int error = module->build_id && !has_build_id(module) ? -ESTALE : find_start(module);

	if (error)
		forget(module);
	return error;
}

static int try_file(struct module *module, int fd)
{
	int error;

	if (fd < 0)
		return -ENOENT;
	errno = 0;
	error = report(module, fd);
	if (!error)
		error = accept(module);
	if (error)
		search_note_shortage(module->path);
	return error;
}

/* Nothing of it is here: libdwfl asks the servers for a module that it knows by its build-id alone. */
static int try_network(struct module *module)
{
	unsigned char bits[64];
	const size_t bytes = module->build_id ? strlen(module->build_id) / 2 : 0;

	if (!search_has_network() || bytes < 2 || bytes > sizeof(bits))
		return -ENOENT;
	for (size_t i = 0; i < bytes; i++) {
		const char digits[] = {module->build_id[2 * i], module->build_id[2 * i + 1], 0};
		bits[i] = (unsigned char)strtoul(digits, NULL, 16);
	}
	offline_callbacks.debuginfo_path = search_debug_path();
	module->dwfl = dwfl_begin(&offline_callbacks);
	module->dwfl_module = module->dwfl ? dwfl_report_module(module->dwfl, module->path, OFFLINE_BASE, OFFLINE_BASE + SPAN)
					   : NULL;
	if (!module->dwfl_module || dwfl_module_report_build_id(module->dwfl_module, bits, bytes, 0) != 0 ||
	    dwfl_report_end(module->dwfl, NULL, NULL) != 0) {
		forget(module);
		return -ENOENT;
	}
	return accept(module);
}

/* Of the file, or else of what lies elsewhere with its build-id. */
static int open_any(struct module *module, int fd)
{
	int error = try_file(module, fd);

	for (size_t n = 0; error && search_open(module->path, module->build_id, n, &fd); n++) {
		if (fd >= 0 && try_file(module, fd) == 0)
			return 0;
	}
	if (error && try_network(module) == 0)
		return 0;
	return error;
}

struct opening {
	struct module *module;
	int fd;
};

static void work_open(void *context)
{
	const struct opening *opening = context;

	opening->module->error = open_any(opening->module, opening->fd);
}

struct module *module_open_lost(const char *path, const char *build_id, int fd)
{
	struct module *module = arena_need(calloc(1, sizeof(*module)), sizeof(*module));
	struct opening opening = {module, fd};

	module->path = arena_need(strdup(path), strlen(path));
	module->build_id = build_id ? arena_need(strdup(build_id), strlen(build_id)) : NULL;
	if (!module_work(path, work_open, &opening)) {
		module->dwfl = NULL;
		module->error = -ENOENT;
	}
	return module;
}

struct module *module_open(const char *path, const char *build_id)
{
	return module_open_lost(path, build_id, strcmp(path, "[vdso]") ? search_open_regular(path) : open_vdso());
}

static void work_close(void *module)
{
	forget(module);
}

void module_close(struct module *module)
{
	module_work(module->path, work_close, module);
	free(module->path);
	free(module->build_id);
	free(module->found_id);
	free(module);
}

static void work_build_id(void *context)
{
	struct module *module = context;

	module->found_id = read_build_id(module->dwfl_module);
}

const char *module_build_id(struct module *module)
{
	if (!module->error && module->build_id)
		return module->build_id;
	if (!module->found_id && !module->error)
		module_work(module->path, work_build_id, module);
	return module->found_id;
}

struct imaging {
	const struct module *module;
	const void *image;
	size_t bytes;
	bool debug;
};

static void work_image(void *context)
{
	struct imaging *imaging = context;
	Dwfl_Module *module = imaging->module->dwfl_module;
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(module, &bias);
	Dwarf *dwarf = imaging->debug ? dwfl_module_getdwarf(module, &bias) : NULL;
	Elf *separate = dwarf ? dwarf_getelf(dwarf) : NULL;

	if (imaging->debug && separate && separate != elf)
		imaging->image = elf_rawfile(separate, &imaging->bytes);
	else if (!imaging->debug && elf)
		imaging->image = elf_rawfile(elf, &imaging->bytes);
}

const void *module_image(struct module *module, bool debug, size_t *bytes)
{
	struct imaging imaging = {.module = module, .debug = debug};

	if (!module_work(module->path, work_image, &imaging))
		return NULL;
	*bytes = imaging.bytes;
	return imaging.image;
}

/* Look-up -------------------------------------------------------------------------------------------------------------------- */

/* libdwfl returns the nearest symbol where none covers the address; that one would lie about stripped programs. */
static bool covers(const GElf_Sym *symbol, uint64_t into)
{
	int type = GELF_ST_TYPE(symbol->st_info);

	if (type != STT_FUNC && type != STT_NOTYPE && type != STT_GNU_IFUNC)
		return false;
	return symbol->st_size ? into < symbol->st_size : true;
}

/* Symbols without size (assembly) count in code only: the end marks of data sections are none. libdwfl checks the section. */
static bool in_code(Dwfl_Module *module, const GElf_Sym *symbol, GElf_Word index)
{
	GElf_Shdr header;
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(module, &bias);
	Elf_Scn *section = elf && symbol->st_shndx != SHN_UNDEF ? elf_getscn(elf, index) : NULL;

	return !section || !gelf_getshdr(section, &header) || (header.sh_flags & SHF_EXECINSTR);
}

const char *module_function(struct module *module, uint64_t offset, uint64_t *into)
{
	GElf_Word section = 0;
	GElf_Sym symbol;
	GElf_Off distance;
	const char *name = dwfl_module_addrinfo(module->dwfl_module, module->start + offset, &distance, &symbol, &section, NULL,
						NULL);

	if (!name || !*name || !covers(&symbol, distance))
		return NULL;
	if (!symbol.st_size && !in_code(module->dwfl_module, &symbol, section))
		return NULL;
	*into = distance;
	return name;
}

/* The compilation unit whose ranges hold the address. */
static Dwarf_Die *find_unit(Dwfl_Module *module, Dwarf_Addr address, Dwarf_Addr *bias)
{
	Dwarf_Die *unit = NULL;

	while ((unit = dwfl_module_nextcu(module, unit, bias))) {
		if (dwarf_haspc(unit, address - *bias) > 0)
			return unit;
	}
	return NULL;
}

/* Its own way out of memory is exit(1). */
static void look_after(Dwarf *dwarf)
{
	if (dwarf)
		dwarf_new_oom_handler(dwarf, abort);
}

/* With -gsplit-dwarf this is the skeleton, which has the lines but not the functions. */
static bool outer_unit(struct module *module, uint64_t offset, Dwarf_Die *unit, Dwarf_Addr *address)
{
	Dwarf_Addr bias = 0;
	const Dwarf_Addr at = module->start + offset;
	look_after(dwfl_module_getdwarf(module->dwfl_module, &bias));
	Dwarf_Die *found = dwfl_module_addrdie(module->dwfl_module, at, &bias);

	if (!found)
		found = find_unit(module->dwfl_module, at, &bias);
	if (!found)
		return false;
	*unit = *found;
	*address = at - bias;
	return true;
}

/* The file that -gsplit-dwarf put the functions in, which libdw opens whatever it is, and waits for. */
static bool may_be_opened(const struct module *module, Dwarf_Die *skeleton)
{
	Dwarf_Attribute attribute;
	const char *name = dwarf_formstring(dwarf_attr(skeleton, DW_AT_dwo_name, &attribute));
	const char *directory = dwarf_formstring(dwarf_attr(skeleton, DW_AT_comp_dir, &attribute)), *files[2] = {NULL, NULL};

	if (!name)
		name = dwarf_formstring(dwarf_attr(skeleton, DW_AT_GNU_dwo_name, &attribute));
	dwfl_module_info(module->dwfl_module, NULL, NULL, NULL, NULL, NULL, &files[0], &files[1]);
	return name && search_may_open(files[0], directory, name) && search_may_open(files[1], NULL, name);
}

/* Not by its tag: what gcc writes as DWARF 4 is a DW_TAG_compile_unit. */
static bool is_skeleton(Dwarf_Die *unit)
{
	uint8_t type;

	return dwarf_cu_info(unit->cu, NULL, &type, NULL, NULL, NULL, NULL, NULL) == 0 && type == DW_UT_skeleton;
}

bool module_unit(struct module *module, uint64_t offset, Dwarf_Die *unit, Dwarf_Addr *address)
{
	Dwarf_Die split;

	if (!outer_unit(module, offset, unit, address))
		return false;
	if (is_skeleton(unit) && may_be_opened(module, unit) &&
	    dwarf_cu_info(unit->cu, NULL, NULL, NULL, &split, NULL, NULL, NULL) == 0 && split.addr) {
		look_after(dwarf_cu_getdwarf(split.cu));
		*unit = split;
	}
	return true;
}

const char *module_directory(struct module *module, uint64_t offset)
{
	Dwarf_Attribute attribute;
	Dwarf_Addr address;
	Dwarf_Die unit;

	return outer_unit(module, offset, &unit, &address) ? dwarf_formstring(dwarf_attr(&unit, DW_AT_comp_dir, &attribute)) : NULL;
}

/* clang writes no .debug_aranges, and libdwfl (0.188) finds units by them alone: then all are asked. */
static const char *line_without_aranges(struct module *module, Dwarf_Addr address, int *number)
{
	Dwarf_Addr bias;
	Dwarf_Die *unit = find_unit(module->dwfl_module, address, &bias);
	Dwarf_Line *line = unit ? dwarf_getsrc_die(unit, address - bias) : NULL;

	if (!line || dwarf_lineno(line, number) != 0)
		return NULL;
	return dwarf_linesrc(line, NULL, NULL);
}

const char *module_line(struct module *module, uint64_t offset, uint32_t *line)
{
	Dwarf_Addr bias;
	look_after(dwfl_module_getdwarf(module->dwfl_module, &bias));
	Dwfl_Line *source = dwfl_module_getsrc(module->dwfl_module, module->start + offset);
	int number = 0;
	const char *file = source ? dwfl_lineinfo(source, NULL, &number, NULL, NULL, NULL)
				  : line_without_aranges(module, module->start + offset, &number);

	if (!file || number <= 0)
		return NULL;
	*line = (uint32_t)number;
	return file;
}
