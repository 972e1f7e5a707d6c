#include "got.h"

#include "libc.h"
#include "object.h"
#include "syscalls.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>

enum { PAGE = 4096 };

/* An object, and the part of it that the loader made read-only behind itself. */
struct target {
	struct object object;
	ElfW(Addr) relro_begin, relro_end;
};

static bool read_target(const struct dl_phdr_info *info, struct target *target)
{
	const ElfW(Dyn) *dynamic = NULL;
	memset(target, 0, sizeof(*target));
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		if (segment->p_type == PT_DYNAMIC)
			dynamic = (const void *)(info->dlpi_addr + segment->p_vaddr);
		if (segment->p_type == PT_GNU_RELRO) {
			target->relro_begin = (info->dlpi_addr + segment->p_vaddr) & ~(ElfW(Addr))(PAGE - 1);
			target->relro_end = (info->dlpi_addr + segment->p_vaddr + segment->p_memsz) & ~(ElfW(Addr))(PAGE - 1);
		}
	}
	return object_read(&target->object, info->dlpi_addr, dynamic);
}

static bool names(const struct object *object, ElfW(Sxword) tag, const char *soname)
{
	for (const ElfW(Dyn) *entry = object->dynamic; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == tag && strcmp(object->strings + entry->d_un.d_val, soname) == 0)
			return true;
	}
	return false;
}

static bool is_itself(const struct object *object, const struct got_library *library)
{
	return library->itself && names(object, DT_SONAME, library->soname);
}

static const struct got_function *find_function(const struct got_library *library, const char *name)
{
	for (size_t i = 0; i < library->count; i++) {
		if (strcmp(library->functions[i].name, name) == 0)
			return &library->functions[i];
	}
	return NULL;
}

static void put(const struct target *target, ElfW(Addr) slot, void *hook)
{
	const ElfW(Addr) page = slot & ~(ElfW(Addr))(PAGE - 1);
	const bool read_only = slot >= target->relro_begin && slot < target->relro_end;
	if (read_only && sys_mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE) != 0)
		return;
	__atomic_store_n((void **)slot, hook, __ATOMIC_RELEASE);
	if (read_only)
		sys_mprotect((void *)page, PAGE, PROT_READ);
}

/* Of a function that stands elsewhere, or in the library itself. An object that brings one of its own means that one. */
static bool is_reference(const struct object *object, const struct got_library *library, const ElfW(Sym) *symbol)
{
	return symbol->st_shndx == SHN_UNDEF || is_itself(object, library);
}

static void patch(const struct target *target, const struct got_library *library)
{
	const struct object *object = &target->object;
	for (int table = 0; table < OBJECT_TABLES; table++) {
		for (size_t i = 0; i < object->counts[table]; i++) {
			const ElfW(Rela) *relocation = &object->relocations[table][i];
			const ElfW(Sym) *symbol = &object->symbols[ELF64_R_SYM(relocation->r_info)];
			const struct got_function *function = is_reference(object, library, symbol)
								      ? find_function(library, object->strings + symbol->st_name)
								      : NULL;
			if (function && *function->real)
				put(target, object->base + relocation->r_offset, function->hook);
		}
	}
}

/*
 * Of a library that the program began with, what its own look-up finds, which may be another's (a sanitizer's). A later one may be known to
 * a plug-in only, so the symbols are looked up in it itself. It is there already, and stays no longer for us.
 */
static void find_real(const struct got_library *library)
{
	if (!PERHAPS(dlopen)) {
		for (size_t i = 0; i < library->count; i++)
			*library->functions[i].real = libc_first(library->functions[i].name);
		return;
	}
	void *handle = libc.dlopen(library->soname, RTLD_LAZY | RTLD_NOLOAD);
	if (!handle || !PERHAPS(dlsym) || !PERHAPS(dlclose))
		return;
	for (size_t i = 0; i < library->count; i++)
		*library->functions[i].real = libc.dlsym(library->objects_added ? handle : RTLD_DEFAULT,
							 library->functions[i].name);
	libc.dlclose(handle);
}

struct look {
	struct got_library *library;
	bool found;
};

static int look_at(struct dl_phdr_info *info, size_t size, void *data)
{
	struct look *look = data;
	struct target target;
	(void)size;
	if (!look->found && info->dlpi_adds == look->library->objects_added)
		return 1; /* none is new */
	if (!read_target(info, &target))
		return 0;
	if (names(&target.object, DT_NEEDED, look->library->soname) || is_itself(&target.object, look->library)) {
		if (!look->found)
			find_real(look->library);
		look->found = true;
		patch(&target, look->library);
	}
	return 0;
}

static int count_objects(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	*(unsigned long long *)data = info->dlpi_adds;
	return 1;
}

void got_patch(struct got_library *library)
{
	struct look look = {library, false};
	unsigned long long added = 0;
	dl_iterate_phdr(look_at, &look);
	dl_iterate_phdr(count_objects, &added);
	library->objects_added = added;
}
