#include "images.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* One ELF file, opened when it is first asked for. */
struct image {
	bool tried;
	const unsigned char *data; /* NULL: not to be had */
	size_t bytes;
	bool mapped;        /* by us */
	bool loaded_layout; /* `data` is laid out as loaded, not as in the file */
	uint64_t bias;      /* address in the process - address in the file */
};

struct images {
	const struct snapshot *snapshot;
	bool same_boot;
	struct image items[]; /* as snapshot->modules */
};

struct images *images_create(const struct snapshot *snapshot, bool same_boot)
{
	struct images *images = calloc(1, sizeof(*images) + snapshot->module_count * sizeof(images->items[0]));
	if (images) {
		images->snapshot = snapshot;
		images->same_boot = same_boot;
	}
	return images;
}

void images_destroy(struct images *images)
{
	for (size_t i = 0; images && i < images->snapshot->module_count; i++) {
		if (images->items[i].mapped)
			munmap((void *)(uintptr_t)images->items[i].data, images->items[i].bytes);
	}
	free(images);
}

/* Opening --------------------------------------------------------------------------------------------------------------------- */

/* O_NONBLOCK: a FIFO in the place of a library must not hold us up. */
static void map_file(struct image *image, const char *path)
{
	struct stat status;
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > (off_t)sizeof(Elf64_Ehdr)) {
		void *data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (data != MAP_FAILED) {
			image->data = data;
			image->bytes = (size_t)status.st_size;
			image->mapped = true;
		}
	}
	close(fd);
}

static bool take(const struct image *image, uint64_t offset, void *to, size_t bytes)
{
	if (!image->data || offset > image->bytes || bytes > image->bytes - offset)
		return false;
	memcpy(to, image->data + offset, bytes);
	return true;
}

/* Program header number `index`; false: no more. */
static bool segment(const struct image *image, unsigned index, Elf64_Phdr *header)
{
	Elf64_Ehdr elf;
	return take(image, 0, &elf, sizeof(elf)) && index < elf.e_phnum && elf.e_phentsize == sizeof(*header) &&
	       elf.e_phoff <= image->bytes && take(image, elf.e_phoff + index * sizeof(*header), header, sizeof(*header));
}

static bool is_elf(const struct image *image)
{
	Elf64_Ehdr elf;
	return take(image, 0, &elf, sizeof(elf)) && memcmp(elf.e_ident, ELFMAG, SELFMAG) == 0 &&
	       elf.e_ident[EI_CLASS] == ELFCLASS64;
}

static struct image *image_of(struct images *images, const struct snapshot_module *module)
{
	struct image *image = &images->items[module - images->snapshot->modules];
	Elf64_Phdr header;
	if (image->tried)
		return image;
	image->tried = true;
	if (module->path[0] == '/') {
		map_file(image, module->path);
	} else if (images->same_boot && getauxval(AT_SYSINFO_EHDR)) {
		image->data = (const unsigned char *)getauxval(AT_SYSINFO_EHDR); /* the kernel has one for all */
		image->bytes = module->size;
		image->loaded_layout = true;
	}
	if (!is_elf(image)) {
		if (image->mapped)
			munmap((void *)(uintptr_t)image->data, image->bytes);
		image->mapped = false;
		image->data = NULL;
	}
	for (unsigned i = 0; segment(image, i, &header); i++) {
		if (header.p_type == PT_LOAD) { /* the first one's page stands at the base */
			image->bias = module->base - (header.p_vaddr & ~(uint64_t)4095);
			break;
		}
	}
	return image;
}

/* Reading --------------------------------------------------------------------------------------------------------------------- */

static bool inside(const Elf64_Phdr *header, uint64_t at, size_t bytes)
{
	return at >= header->p_vaddr && at - header->p_vaddr <= header->p_filesz &&
	       bytes <= header->p_filesz - (at - header->p_vaddr);
}

bool images_reader(void *context, uint64_t address, void *data, size_t bytes)
{
	struct images *images = context;
	const struct snapshot_module *module = snapshot_module_at(images->snapshot, address);
	const struct image *image = module ? image_of(images, module) : NULL;
	Elf64_Phdr header;
	for (unsigned i = 0; image && segment(image, i, &header); i++) {
		const uint64_t at = address - image->bias;
		if (header.p_type != PT_LOAD || (header.p_flags & PF_W) || !inside(&header, at, bytes))
			continue;
		return take(image, image->loaded_layout ? address - module->base : header.p_offset + (at - header.p_vaddr), data,
			    bytes);
	}
	return false;
}
