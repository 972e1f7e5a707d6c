#include "core_file.h"

#include "directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <unistd.h>

/* A core of gigabytes takes its time to be written, to a pipe and elsewhere; pids come again, but not that soon. */
#define APART_NS ((int64_t)3600 * 1000000000)

#define NOTES_BYTES ((size_t)64 << 20)

/* Notes ----------------------------------------------------------------------------------------------------------------------- */

static bool read_note(Elf_Data *data, const GElf_Nhdr *note, size_t at, struct core_file *core)
{
	struct elf_prpsinfo info;

	if (note->n_type != NT_PRPSINFO || note->n_descsz < sizeof(info))
		return false;
	memcpy(&info, (const char *)data->d_buf + at, sizeof(info));
	core->pid = info.pr_pid;
	memcpy(core->command, info.pr_fname, sizeof(info.pr_fname));
	core->command[sizeof(info.pr_fname)] = '\0';
	return core->pid > 0;
}

/* libelf checks each offset and length against the data. */
static bool read_notes(Elf *elf, const GElf_Phdr *header, struct core_file *core)
{
	const size_t bytes = header->p_filesz < NOTES_BYTES ? header->p_filesz : NOTES_BYTES;
	Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)header->p_offset, bytes, ELF_T_NHDR);
	size_t at = 0, name, description;
	GElf_Nhdr note;

	while (data && (at = gelf_getnote(data, at, &note, &name, &description)) > 0) {
		if (read_note(data, &note, description, core))
			return true;
	}
	return false;
}

static bool read_core(Elf *elf, struct core_file *core)
{
	GElf_Ehdr header;
	GElf_Phdr segment;
	size_t segments;

	if (!gelf_getehdr(elf, &header) || header.e_type != ET_CORE || gelf_getclass(elf) != ELFCLASS64 ||
	    elf_getphdrnum(elf, &segments) != 0)
		return false;
	for (size_t i = 0; i < segments; i++) {
		if (gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_NOTE && read_notes(elf, &segment, core))
			return true;
	}
	return false;
}

bool core_file_read(int fd, struct core_file *core)
{
	struct stat status;
	bool found = false;
	char magic[4];
	Elf *elf;

	if (pread(fd, magic, sizeof(magic), 0) != sizeof(magic) || memcmp(magic, ELFMAG, SELFMAG) != 0 || fstat(fd, &status) != 0)
		return false;
	core->modified = status.st_mtim;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf)
		found = read_core(elf, core);
	elf_end(elf);
	return found;
}

/* Its snapshot ---------------------------------------------------------------------------------------------------------------- */

/* ttlog-<service>-<pid>-<yyyymmdd>T...: a service may hold dashes and digits, so the pid is what stands before the day. */
static bool is_of_pid(const char *path, pid_t pid)
{
	const char *name = strrchr(path, '/');
	char middle[32];

	name = name ? name + 1 : path;
	snprintf(middle, sizeof(middle), "-%ld-", (long)pid);
	for (const char *at = strstr(name, middle); at; at = strstr(at + 1, middle)) {
		const char *day = at + strlen(middle);
		if (strspn(day, "0123456789") == 8 && day[8] == 'T')
			return true;
	}
	return false;
}

struct nearest {
	int64_t apart;
	char *path; /* PATH_MAX */
};

static void look_in(const char *directory_path, const struct core_file *core, struct nearest *nearest)
{
	const int64_t modified = (int64_t)core->modified.tv_sec * 1000000000 + core->modified.tv_nsec;
	struct directory directory;

	if (directory_open(&directory, directory_path) != 0)
		return;
	for (size_t i = 0; i < directory.count; i++) {
		const int64_t apart = llabs((int64_t)directory.entries[i].modified - modified);
		if (apart >= nearest->apart || !is_of_pid(directory.entries[i].path, core->pid))
			continue;
		nearest->apart = apart;
		snprintf(nearest->path, PATH_MAX, "%s", directory.entries[i].path);
	}
	directory_close(&directory);
}

bool core_file_snapshot(const struct core_file *core, const char *path, char snapshot[PATH_MAX])
{
	struct nearest nearest = {.apart = APART_NS, .path = snapshot};
	const char *slash = strrchr(path, '/'), *storage = getenv("TTLOG_STORAGE");
	char beside[PATH_MAX], below[PATH_MAX + 8];

	snprintf(beside, sizeof(beside), "%.*s", slash ? (int)(slash - path) + 1 : 2, slash ? path : "./");
	snprintf(below, sizeof(below), "%stmp", beside);
	look_in(beside, core, &nearest);
	look_in(below, core, &nearest);
	if (storage && *storage)
		look_in(storage, core, &nearest);
	look_in("./tmp", core, &nearest);
	return nearest.apart < APART_NS;
}

/* Directories ----------------------------------------------------------------------------------------------------------------- */

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

bool core_file_newest(const char *directory, char path[PATH_MAX], struct core_file *core)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;
	struct core_file one;
	bool found = false;

	while (stream && (entry = readdir(stream))) {
		int fd = -1;
		if (strstr(entry->d_name, "core"))
			fd = openat(dirfd(stream), entry->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd < 0)
			continue;
		if (core_file_read(fd, &one) && (!found || is_newer(&one.modified, &core->modified))) {
			found = true;
			*core = one;
			snprintf(path, PATH_MAX, "%s/%s", directory, entry->d_name);
		}
		close(fd);
	}
	if (stream)
		closedir(stream);
	return found;
}
