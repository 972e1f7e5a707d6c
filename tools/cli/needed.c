#include "program.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A whole file; what it says of itself is not believed. */
struct image {
	const unsigned char *bytes;
	size_t size;
};

static const void *image_at(const struct image *image, size_t offset, size_t bytes)
{
	return offset <= image->size && bytes <= image->size - offset ? image->bytes + offset : NULL;
}

static bool segment_of(const struct image *image, unsigned number, ElfW(Phdr) *segment)
{
	const ElfW(Ehdr) *header = image_at(image, 0, sizeof(*header));
	const void *at = header && number < header->e_phnum
				 ? image_at(image, header->e_phoff + number * sizeof(*segment), sizeof(*segment))
				 : NULL;
	if (!at)
		return false;
	memcpy(segment, at, sizeof(*segment));
	return true;
}

/* Where in the file stands what the loader puts at this address. */
static bool offset_of(const struct image *image, ElfW(Addr) address, size_t *offset)
{
	ElfW(Phdr) segment;
	for (unsigned i = 0; segment_of(image, i, &segment); i++) {
		if (segment.p_type == PT_LOAD && address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_filesz) {
			*offset = segment.p_offset + (address - segment.p_vaddr);
			return true;
		}
	}
	return false;
}

/* The entry of the dynamic section with this tag, the n-th of its kind. */
static bool dynamic_entry(const struct image *image, ElfW(Sxword) tag, unsigned n, ElfW(Xword) *value)
{
	ElfW(Phdr) segment;
	unsigned i = 0;
	while (segment_of(image, i, &segment) && segment.p_type != PT_DYNAMIC)
		i++;
	if (!segment_of(image, i, &segment))
		return false;
	for (size_t at = 0; at + sizeof(ElfW(Dyn)) <= segment.p_filesz; at += sizeof(ElfW(Dyn))) {
		const void *found = image_at(image, segment.p_offset + at, sizeof(ElfW(Dyn)));
		ElfW(Dyn) entry;
		if (!found)
			return false;
		memcpy(&entry, found, sizeof(entry));
		if (entry.d_tag == DT_NULL)
			return false;
		if (entry.d_tag == tag && n-- == 0) {
			*value = entry.d_un.d_val;
			return true;
		}
	}
	return false;
}

static bool image_needs(const struct image *image, const char *library)
{
	ElfW(Xword) strings, name;
	size_t offset;
	if (!dynamic_entry(image, DT_STRTAB, 0, &strings) || !offset_of(image, strings, &offset))
		return false;
	for (unsigned n = 0; dynamic_entry(image, DT_NEEDED, n, &name); n++) {
		const char *needed = name < image->size ? image_at(image, offset + name, strlen(library)) : NULL;
		if (needed && strncmp(needed, library, strlen(library)) == 0)
			return true;
	}
	return false;
}

bool program_needs(const char *path, const char *library)
{
	struct stat status;
	bool result = false;
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
		void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (bytes != MAP_FAILED) {
			result = image_needs(&(struct image){bytes, (size_t)status.st_size}, library);
			munmap(bytes, (size_t)status.st_size);
		}
	}
	if (fd >= 0)
		close(fd);
	return result;
}
