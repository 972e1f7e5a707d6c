#include "raw_stacks.h"

#include "libc.h"

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

enum { PROGRAM_HEADERS_MAX = 64 };

/* A name is padded to 4 bytes, and so is what it says: elf(5). */
static size_t note_bytes(const ElfW(Nhdr) *note)
{
	return sizeof(*note) + ((note->n_namesz + 3u) & ~3u) + ((note->n_descsz + 3u) & ~3u);
}

/* The linker of Go signs what it makes with a note of the owner "Go", the build's identity. */
static bool holds_go_note(const unsigned char *notes, size_t bytes)
{
	static const char owner[4] = "Go\0";
	for (size_t at = 0; at + sizeof(ElfW(Nhdr)) + sizeof(owner) <= bytes;) {
		const ElfW(Nhdr) *note = (const void *)(notes + at);
		if (note->n_namesz == sizeof(owner) && memcmp(note + 1, owner, sizeof(owner)) == 0)
			return true;
		at += note_bytes(note);
	}
	return false;
}

bool raw_stacks_in_module_of(const void *code)
{
	struct found_object object;
	if (!libc.find_object)
		return true;
	if (libc.find_object((void *)(uintptr_t)code, &object) != 0)
		return false; /* made at run time */
	const ElfW(Ehdr) *elf = (const void *)object.map_start;
	const ElfW(Phdr) *headers = (const void *)(object.map_start + elf->e_phoff);
	const ElfW(Addr) bias = elf->e_type == ET_DYN ? (ElfW(Addr))object.map_start : 0;
	if (elf->e_phnum > PROGRAM_HEADERS_MAX || elf->e_phoff + elf->e_phnum * sizeof(*headers) > 4096)
		return true; /* not in the page that is surely there */
	for (unsigned i = 0; i < elf->e_phnum; i++) {
		if (headers[i].p_type == PT_NOTE &&
		    holds_go_note((const unsigned char *)(bias + headers[i].p_vaddr), headers[i].p_memsz))
			return true;
	}
	return false;
}
