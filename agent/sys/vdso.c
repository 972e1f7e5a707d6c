#include "vdso.h"

#include "arch_syscall.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

struct image {
	uintptr_t offset; /* from addresses in the image to memory */
	const ElfW(Dyn) *dynamic;
};

static struct image look_at(uintptr_t base)
{
	const ElfW(Ehdr) *header = (const void *)base;
	const ElfW(Phdr) *segments = (const void *)(base + header->e_phoff);
	struct image image = {0, NULL};
	for (int i = 0; i < header->e_phnum; i++) {
		if (segments[i].p_type == PT_LOAD && !image.offset)
			image.offset = base + segments[i].p_offset - segments[i].p_vaddr;
		if (segments[i].p_type == PT_DYNAMIC)
			image.dynamic = (const void *)(base + segments[i].p_offset);
	}
	return image;
}

static const void *entry(const struct image *image, ElfW(Sxword) tag)
{
	for (const ElfW(Dyn) *dynamic = image->dynamic; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
		if (dynamic->d_tag == tag)
			return (const void *)(image->offset + dynamic->d_un.d_ptr);
	}
	return NULL;
}

vdso_clock_function vdso_clock(void)
{
	const uintptr_t base = getauxval(AT_SYSINFO_EHDR);
	if (!base)
		return NULL;
	const struct image image = look_at(base);
	const ElfW(Sym) *symbols = entry(&image, DT_SYMTAB);
	const char *strings = entry(&image, DT_STRTAB);
	const uint32_t *hash = entry(&image, DT_HASH); /* buckets, then the number of symbols (System V ABI) */
	if (!symbols || !strings || !hash)
		return NULL;
	for (uint32_t i = 0; i < hash[1]; i++) {
		if (symbols[i].st_shndx != SHN_UNDEF && strcmp(strings + symbols[i].st_name, ARCH_VDSO_CLOCK) == 0)
			return (vdso_clock_function)(image.offset + symbols[i].st_value);
	}
	return NULL;
}
