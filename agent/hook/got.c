#include "got.h"

#include "libc.h"
#include "syscalls.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>

enum { PAGE = 4096 };

/* What the dynamic section of an object says, as far as it matters here. */
struct object {
	ElfW(Addr) base;
	const char *strings;
	const ElfW(Sym) *symbols;
	const ElfW(Rela) *tables[2]; /* relocations of data, and of calls */
	size_t counts[2];
	const ElfW(Dyn) *dynamic;
	ElfW(Addr) relro_begin, relro_end;
};

/* glibc has relocated the addresses in most dynamic sections, but not in all (the vdso's): those are told by their size. */
static const void *address_of(const struct object *object, ElfW(Addr) address)
{
	return (const void *)(address >= object->base ? address : object->base + address);
}

static bool read_object(const struct dl_phdr_info *info, struct object *object)
{
	memset(object, 0, sizeof(*object));
	object->base = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		if (segment->p_type == PT_DYNAMIC)
			object->dynamic = (const void *)(object->base + segment->p_vaddr);
		if (segment->p_type == PT_GNU_RELRO) {
			object->relro_begin = (object->base + segment->p_vaddr) & ~(ElfW(Addr))(PAGE - 1);
			object->relro_end = (object->base + segment->p_vaddr + segment->p_memsz) & ~(ElfW(Addr))(PAGE - 1);
		}
	}
	for (const ElfW(Dyn) *entry = object->dynamic; entry && entry->d_tag != DT_NULL; entry++) {
		switch (entry->d_tag) {
		case DT_STRTAB:
			object->strings = address_of(object, entry->d_un.d_ptr);
			break;
		case DT_SYMTAB:
			object->symbols = address_of(object, entry->d_un.d_ptr);
			break;
		case DT_RELA:
			object->tables[0] = address_of(object, entry->d_un.d_ptr);
			break;
		case DT_RELASZ:
			object->counts[0] = entry->d_un.d_val / sizeof(ElfW(Rela));
			break;
		case DT_JMPREL:
			object->tables[1] = address_of(object, entry->d_un.d_ptr);
			break;
		case DT_PLTRELSZ:
			object->counts[1] = entry->d_un.d_val / sizeof(ElfW(Rela));
			break;
		default:
			break;
		}
	}
	return object->strings && object->symbols;
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

static void put(const struct object *object, ElfW(Addr) slot, void *hook)
{
	const ElfW(Addr) page = slot & ~(ElfW(Addr))(PAGE - 1);
	const bool read_only = slot >= object->relro_begin && slot < object->relro_end;
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

static void patch_object(const struct object *object, const struct got_library *library)
{
	for (int table = 0; table < 2; table++) {
		for (size_t i = 0; i < object->counts[table]; i++) {
			const ElfW(Rela) *relocation = &object->tables[table][i];
			const ElfW(Sym) *symbol = &object->symbols[ELF64_R_SYM(relocation->r_info)];
			const struct got_function *function =
				is_reference(object, library, symbol) ? find_function(library, object->strings + symbol->st_name) : NULL;
			if (function && *function->real)
				put(object, object->base + relocation->r_offset, function->hook);
		}
	}
}

/*
 * Of a library that the program began with, what its own look-up finds, which may be another's (a sanitizer's). A later one may be known to
 * a plug-in only, so the symbols are looked up in it itself. It is there already, and stays no longer for us.
 */
static void find_real(const struct got_library *library)
{
	void *handle = dlopen(library->soname, RTLD_LAZY | RTLD_NOLOAD);
	if (!handle)
		return;
	for (size_t i = 0; i < library->count; i++)
		*library->functions[i].real = dlsym(library->objects_added ? handle : RTLD_DEFAULT, library->functions[i].name);
	dlclose(handle);
}

struct look {
	struct got_library *library;
	bool found;
};

static int look_at(struct dl_phdr_info *info, size_t size, void *data)
{
	struct look *look = data;
	struct object object;
	(void)size;
	if (!look->found && info->dlpi_adds == look->library->objects_added)
		return 1; /* none is new */
	if (read_object(info, &object) && (names(&object, DT_NEEDED, look->library->soname) || is_itself(&object, look->library))) {
		if (!look->found)
			find_real(look->library);
		look->found = true;
		patch_object(&object, look->library);
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
