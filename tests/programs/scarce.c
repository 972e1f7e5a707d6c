/*
 * scarce.so - preloaded: the call number SCARCE_AT of the kind SCARCE_WHAT (memory, open, write, map, rename, fork) fails, once, as on a machine
 * that has run out of something. SCARCE_COUNT names a file that gets how many such calls there were. Those of libdw and libelf do not count:
 * elfutils (0.188) goes on without looking whether it got its memory.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned long calls, fail_at;
static const char *what, *count_path;

#define REAL(name) ((__typeof__(name) *)real(#name))

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static struct range {
	uintptr_t begin, end;
} left_out[2];
static unsigned left_out_count;

static int note_object(struct dl_phdr_info *object, size_t bytes, void *unused)
{
	(void)bytes;
	(void)unused;
	if ((!strstr(object->dlpi_name, "/libdw") && !strstr(object->dlpi_name, "/libelf")) || left_out_count == 2)
		return 0;
	for (unsigned i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		const uintptr_t begin = object->dlpi_addr + segment->p_vaddr;
		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X))
			left_out[left_out_count++] = (struct range){begin, begin + segment->p_memsz};
	}
	return 0;
}

static bool is_left_out(const void *caller)
{
	for (unsigned i = 0; i < left_out_count; i++) {
		if ((uintptr_t)caller >= left_out[i].begin && (uintptr_t)caller < left_out[i].end)
			return true;
	}
	return false;
}

__attribute__((constructor)) static void start(void)
{
	dl_iterate_phdr(note_object, NULL);
	const char *at = getenv("SCARCE_AT");
	fail_at = at ? strtoul(at, NULL, 10) : 0;
	count_path = getenv("SCARCE_COUNT");
	what = getenv("SCARCE_WHAT");
}

/* Threads may count one call twice: then another one fails. */
static bool fails_at(const char *kind, int error, const void *caller)
{
	if (!what || strcmp(what, kind) != 0 || is_left_out(caller) || __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) != fail_at)
		return false;
	errno = error;
	return true;
}

#define fails(kind, error) fails_at(kind, error, __builtin_return_address(0))

__attribute__((destructor)) static void stop(void)
{
	char text[32];
	const char *path = count_path;
	what = NULL;
	const int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
	if (fd >= 0 && write(fd, text, (size_t)snprintf(text, sizeof(text), "%lu\n", calls)) < 0)
		_exit(99);
}

/* Memory --------------------------------------------------------------------------------------------------------------------- */

extern void *__libc_malloc(size_t bytes), *__libc_calloc(size_t count, size_t bytes), *__libc_realloc(void *old, size_t bytes);

void *malloc(size_t bytes)
{
	return fails("memory", ENOMEM) ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
	return fails("memory", ENOMEM) ? NULL : __libc_calloc(count, bytes);
}

void *realloc(void *old, size_t bytes)
{
	return fails("memory", ENOMEM) ? NULL : __libc_realloc(old, bytes);
}

void *reallocarray(void *old, size_t count, size_t bytes)
{
	return fails("memory", ENOMEM) ? NULL : REAL(reallocarray)(old, count, bytes);
}

void *mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	return fails("map", ENOMEM) ? MAP_FAILED : REAL(mmap)(address, bytes, protection, flags, fd, offset);
}

/* Files ---------------------------------------------------------------------------------------------------------------------- */

#define MODE                                                                                                                       \
	va_list arguments;                                                                                                         \
	va_start(arguments, flags);                                                                                                \
	const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;                                         \
	va_end(arguments)

int open(const char *path, int flags, ...)
{
	MODE;
	return fails("open", EMFILE) ? -1 : REAL(open)(path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...)
{
	MODE;
	return fails("open", EMFILE) ? -1 : REAL(openat)(directory, path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
	return fails("open", EMFILE) ? NULL : REAL(fopen)(path, mode);
}

ssize_t write(int fd, const void *data, size_t bytes)
{
	return fails("write", ENOSPC) ? -1 : REAL(write)(fd, data, bytes);
}

int fsync(int fd)
{
	return fails("write", EIO) ? -1 : REAL(fsync)(fd);
}

int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned flags)
{
	return fails("rename", EIO) ? -1 : REAL(renameat2)(from_directory, from, to_directory, to, flags);
}

int rename(const char *from, const char *to)
{
	return fails("rename", EIO) ? -1 : REAL(rename)(from, to);
}

int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags)
{
	return fails("rename", EIO) ? -1 : REAL(linkat)(from_directory, from, to_directory, to, flags);
}

pid_t fork(void)
{
	return fails("fork", EAGAIN) ? -1 : REAL(fork)();
}
