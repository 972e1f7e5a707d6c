#include "image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { NOTES_MAX = 4096, BUILD_ID_MAX = 64, DYNAMIC_MAX = 128, SEGMENT_BYTES_MAX = 256 << 20, PIECE = 4096 };

/* Address of the segments relative to the module's base: the first PT_LOAD's page stands at the base. */
static uint64_t load_bias(const struct image *image)
{
	for (unsigned i = 0; i < image->segment_count; i++) {
		if (image->segments[i].p_type == PT_LOAD)
			return image->base - (image->segments[i].p_vaddr & ~(uint64_t)4095);
	}
	return image->base;
}

bool image_open(struct image *image, struct memory *memory, uint64_t base)
{
	Elf64_Ehdr header;
	image->memory = memory;
	image->base = base;
	if (!memory_read(memory, base, &header, sizeof(header)) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(image->segments[0]))
		return false;
	image->segment_count = header.e_phnum < IMAGE_SEGMENTS_MAX ? header.e_phnum : IMAGE_SEGMENTS_MAX;
	if (!memory_read(memory, base + header.e_phoff, image->segments, image->segment_count * sizeof(image->segments[0])))
		return false;
	image->bias = load_bias(image);
	image->entry = image->bias + header.e_entry;
	return true;
}

/* Build-id --------------------------------------------------------------------------------------------------------------------- */

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

const char *image_build_id(const struct image *image, struct arena *arena)
{
	unsigned char notes[NOTES_MAX];
	const char *build_id = NULL;
	for (unsigned i = 0; i < image->segment_count && !build_id; i++) {
		const Elf64_Phdr *segment = &image->segments[i];
		if (segment->p_type != PT_NOTE)
			continue;
		const size_t bytes = segment->p_memsz < sizeof(notes) ? segment->p_memsz : sizeof(notes);
		if (memory_read(image->memory, image->bias + segment->p_vaddr, notes, bytes))
			build_id = find_build_id(arena, notes, bytes);
	}
	return build_id;
}

/* Segments --------------------------------------------------------------------------------------------------------------------- */

uint64_t image_unwind_index(const struct image *image)
{
	for (unsigned i = 0; i < image->segment_count; i++) {
		if (image->segments[i].p_type == PT_GNU_EH_FRAME)
			return image->bias + image->segments[i].p_vaddr;
	}
	return 0;
}

uint64_t image_end(const struct image *image)
{
	uint64_t end = image->base;
	for (unsigned i = 0; i < image->segment_count; i++) {
		const Elf64_Phdr *segment = &image->segments[i];
		const uint64_t behind = image->bias + segment->p_vaddr + segment->p_memsz;
		if (segment->p_type == PT_LOAD && behind > end)
			end = behind;
	}
	return end;
}

/* Copy ------------------------------------------------------------------------------------------------------------------------- */

static void copy_segment(const struct image *image, const Elf64_Phdr *segment, int fd)
{
	char piece[PIECE];
	const uint64_t bytes = segment->p_filesz < SEGMENT_BYTES_MAX ? segment->p_filesz : SEGMENT_BYTES_MAX;
	for (uint64_t at = 0; at < bytes; at += sizeof(piece)) {
		const size_t wanted = bytes - at < sizeof(piece) ? (size_t)(bytes - at) : sizeof(piece);
		if (memory_read(image->memory, image->bias + segment->p_vaddr + at, piece, wanted) &&
		    pwrite(fd, piece, wanted, (off_t)(segment->p_offset + at)) < 0)
			return;
	}
}

/* The loader (glibc 2.36) has turned the addresses of the dynamic section into those of memory; here they are the file's again. */
static void restore_dynamic(const struct image *image, const Elf64_Phdr *segment, int fd)
{
	Elf64_Dyn entries[DYNAMIC_MAX];
	const uint64_t end = image_end(image);
	const ssize_t got = pread(fd, entries, segment->p_filesz < sizeof(entries) ? segment->p_filesz : sizeof(entries),
				  (off_t)segment->p_offset);
	for (size_t i = 0; got > 0 && i < (size_t)got / sizeof(entries[0]); i++) {
		if (entries[i].d_un.d_ptr >= image->base && entries[i].d_un.d_ptr < end)
			entries[i].d_un.d_ptr -= image->bias;
	}
	if (got > 0 && pwrite(fd, entries, (size_t)got, (off_t)segment->p_offset) != got)
		return; /* a copy in part names less, nothing wrong */
}

/* The section table was not mapped: what stands at its place is not it. */
static void forget_sections(int fd)
{
	Elf64_Ehdr header;
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
		return;
	header.e_shoff = 0;
	header.e_shnum = header.e_shstrndx = 0;
	if (pwrite(fd, &header, sizeof(header), 0) != sizeof(header))
		return;
}

int image_copy(const struct image *image)
{
	const int fd = memfd_create("image", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (unsigned i = 0; i < image->segment_count; i++) {
		if (image->segments[i].p_type == PT_LOAD)
			copy_segment(image, &image->segments[i], fd);
	}
	for (unsigned i = 0; i < image->segment_count; i++) {
		if (image->segments[i].p_type == PT_DYNAMIC && image->bias)
			restore_dynamic(image, &image->segments[i], fd);
	}
	forget_sections(fd);
	return fd;
}
