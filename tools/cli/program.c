#include "program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define HEAD_BYTES   4096u
#define SCRIPT_DEPTH 4u /* the kernel's own limit of nested interpreters is 5 */

/* Found ---------------------------------------------------------------------------------------------------------------------- */

static int check(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return errno == EACCES ? -EACCES : -ENOENT;
	if (S_ISDIR(status.st_mode) || access(path, X_OK) != 0)
		return -EACCES;
	return 0;
}

int program_find(const char *name, char path[PATH_MAX])
{
	const char *at = getenv("PATH");
	int error = -ENOENT;

	if (strchr(name, '/')) {
		snprintf(path, PATH_MAX, "%s", name);
		return check(path);
	}
	for (at = at ? at : "/bin:/usr/bin"; *name; at++) {
		size_t length = strcspn(at, ":");
		int result;
		snprintf(path, PATH_MAX, "%.*s/%s", length ? (int)length : 1, length ? at : ".", name);
		result = check(path);
		if (!result)
			return 0;
		if (result == -EACCES)
			error = result;
		at += length;
		if (!*at)
			break;
	}
	return error;
}

/* Reached -------------------------------------------------------------------------------------------------------------------- */

struct head {
	unsigned char bytes[HEAD_BYTES];
	size_t used;
};

static bool read_head(const char *path, struct head *head)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = fd < 0 ? -1 : read(fd, head->bytes, sizeof(head->bytes) - 1);

	if (fd >= 0)
		close(fd);
	head->used = got > 0 ? (size_t)got : 0;
	head->bytes[head->used] = '\0';
	return got > 0;
}

/* "#!/usr/bin/env python3": the path behind "#!"; what env will find is looked for in PATH. */
static bool script_interpreter(const struct head *head, char path[PATH_MAX])
{
	char line[256], *word, *rest;

	if (head->used < 3 || memcmp(head->bytes, "#!", 2) != 0)
		return false;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn((const char *)head->bytes + 2, "\n"), (const char *)head->bytes + 2);
	word = strtok_r(line, " \t", &rest);
	if (!word)
		return false;
	if (strlen(word) > 4 && !strcmp(word + strlen(word) - 4, "/env")) {
		word = strtok_r(NULL, " \t", &rest);
		return word && word[0] != '-' && program_find(word, path) == 0;
	}
	snprintf(path, PATH_MAX, "%s", word);
	return true;
}

/* Our own class and machine are those of the agent beside us. */
static bool is_foreign(const unsigned char *ident, const ElfW(Ehdr) *header)
{
	struct head own;
	const ElfW(Ehdr) *mine = (const void *)own.bytes;

	if (ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32))
		return true;
	return read_head("/proc/self/exe", &own) && own.used >= sizeof(*mine) && mine->e_machine != header->e_machine;
}

/* The dynamic loader that the program asks for, or NULL; the headers stand at the beginning of any program a linker made. */
static const char *elf_interpreter(const struct head *head, const ElfW(Ehdr) *header)
{
	for (unsigned i = 0; i < header->e_phnum; i++) {
		size_t at = header->e_phoff + i * sizeof(ElfW(Phdr));
		ElfW(Phdr) segment;
		if (at > head->used || head->used - at < sizeof(segment))
			return NULL;
		memcpy(&segment, head->bytes + at, sizeof(segment));
		if (segment.p_type == PT_INTERP)
			return segment.p_offset < head->used ? (const char *)head->bytes + segment.p_offset : "";
	}
	return NULL;
}

/* execve(2) gives none: what is set on the file has no effect, and the loader has no reason for care. */
static bool rights_are_withheld(const char *path)
{
	struct statvfs mount;

	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 || (statvfs(path, &mount) == 0 && (mount.f_flag & ST_NOSUID));
}

/* The loader ignores LD_PRELOAD with a path where the program gains rights (ld.so(8), secure-execution mode). */
static const char *gains_rights(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0 || rights_are_withheld(path))
		return NULL;
	if ((status.st_mode & S_ISUID) && status.st_uid != geteuid())
		return "is set-user-ID";
	if ((status.st_mode & S_ISGID) && status.st_gid != getegid())
		return "is set-group-ID";
	if (geteuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
		return "has file capabilities";
	return NULL;
}

static struct program_reach elf_reach(const char *path, const struct head *head)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path, *interpreter;
	ElfW(Ehdr) header;

	memcpy(&header, head->bytes, sizeof(header));
	if (is_foreign(head->bytes, &header))
		return (struct program_reach){"is made for another kind of machine (ELF class)", true};
	interpreter = elf_interpreter(head, &header);
	if (interpreter && strstr(interpreter, "ld-musl"))
		return (struct program_reach){"uses musl instead of glibc", true};
	if (!interpreter && strncmp(base, "ld-linux", 8) != 0)
		return (struct program_reach){"is statically linked", false};
	if (program_needs(path, "libasan.so"))
		return (struct program_reach){
			"has AddressSanitizer as a shared library, which must be loaded first (-static-libasan works)", true};
	return (struct program_reach){gains_rights(path), false};
}

struct program_reach program_reach(const char *path)
{
	char current[PATH_MAX], next[PATH_MAX];
	struct head head;

	snprintf(current, sizeof(current), "%s", path);
	for (unsigned depth = 0; depth < SCRIPT_DEPTH && read_head(current, &head); depth++) {
		if (head.used >= sizeof(ElfW(Ehdr)) && !memcmp(head.bytes, ELFMAG, SELFMAG))
			return elf_reach(current, &head);
		if (!script_interpreter(&head, next))
			break;
		memcpy(current, next, sizeof(current));
	}
	return (struct program_reach){NULL, false};
}
