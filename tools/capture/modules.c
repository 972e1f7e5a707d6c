#include "modules.h"

#include "target.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SEGMENTS_MAX = 64, NOTES_MAX = 4096, BUILD_ID_MAX = 64 };

static const char *hexadecimal(struct arena *arena, const unsigned char *data, size_t bytes)
{
	char text[2 * BUILD_ID_MAX + 1];
	for (size_t i = 0; i < bytes; i++) {
		text[2 * i] = "0123456789abcdef"[data[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[data[i] & 15];
	}
	text[2 * bytes] = 0;
	return arena_string(arena, text);
}

static size_t aligned(size_t bytes)
{
	return (bytes + 3) & ~(size_t)3;
}

/* The build-id among the notes, or NULL. */
static const char *find_build_id(struct arena *arena, const unsigned char *notes, size_t bytes)
{
	size_t at = 0;
	while (at < bytes && bytes - at >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note;
		memcpy(&note, notes + at, sizeof(note));
		at += sizeof(note);
		if (note.n_namesz > bytes - at || aligned(note.n_namesz) > bytes - at)
			break;
		const unsigned char *name = notes + at;
		at += aligned(note.n_namesz);
		if (note.n_descsz > bytes - at)
			break;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(name, "GNU", 4) == 0 && note.n_descsz &&
		    note.n_descsz <= BUILD_ID_MAX)
			return hexadecimal(arena, notes + at, note.n_descsz);
		at += aligned(note.n_descsz);
	}
	return NULL;
}

/* Address of the segments relative to the module's base: the first PT_LOAD's page stands at the base. */
static uint64_t load_bias(uint64_t base, const Elf64_Phdr *segments, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (segments[i].p_type == PT_LOAD)
			return base - (segments[i].p_vaddr & ~(uint64_t)4095);
	}
	return base;
}

static const char *read_build_id(struct arena *arena, pid_t pid, uint64_t base)
{
	Elf64_Ehdr header;
	Elf64_Phdr segments[SEGMENTS_MAX];
	unsigned char notes[NOTES_MAX];
	if (target_read(pid, base, &header, sizeof(header)) != sizeof(header) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(segments[0]))
		return NULL;
	const unsigned count = header.e_phnum < SEGMENTS_MAX ? header.e_phnum : SEGMENTS_MAX;
	if (target_read(pid, base + header.e_phoff, segments, count * sizeof(segments[0])) !=
	    (ssize_t)(count * sizeof(segments[0])))
		return NULL;
	const uint64_t bias = load_bias(base, segments, count);
	const char *build_id = NULL;
	for (unsigned i = 0; i < count && !build_id; i++) {
		if (segments[i].p_type != PT_NOTE)
			continue;
		const size_t bytes = segments[i].p_memsz < sizeof(notes) ? segments[i].p_memsz : sizeof(notes);
		const ssize_t got = target_read(pid, bias + segments[i].p_vaddr, notes, bytes);
		build_id = got > 0 ? find_build_id(arena, notes, (size_t)got) : NULL;
	}
	return build_id;
}

int modules_read(struct snapshot *snapshot, pid_t pid)
{
	size_t bytes;
	char *maps = target_proc(pid, "maps", &bytes);
	if (!maps)
		return -EACCES;
	const int error = snapshot_add_maps(snapshot, maps, bytes);
	free(maps);
	for (size_t i = 0; i < snapshot->module_count && !error; i++)
		snapshot->modules[i].build_id = read_build_id(&snapshot->arena, pid, snapshot->modules[i].base);
	return error;
}
