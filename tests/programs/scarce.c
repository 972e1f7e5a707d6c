/*
 * scarce.so - preloaded: of the calls for memory that processes of the program SCARCE_PROGRAM make, number SCARCE_AT fails, once. All of them
 * count in the file SCARCE_COUNT, which holds two numbers of eight bytes: the second is of those of and for libraries that do not look whether
 * they got it. With SCARCE_LIBRARIES one of these fails, or else one of the others.
 *
 * ttlog takes LD_PRELOAD from the programs beside it; this stays.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FRAMES = 16 };

static uint64_t *calls, fail_at;
static bool of_libraries;

#define REAL(name) ((__typeof__(name) *)real(#name))

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static struct range {
	uintptr_t begin, end;
} left_out[8];
static unsigned left_out_count;

/* They go on without looking whether they got their memory: elfutils (0.188), libarchive (3.6.2). */
static bool is_careless(const char *name)
{
	return strstr(name, "/libdw") || strstr(name, "/libelf") || strstr(name, "/libarchive");
}

static int note_object(struct dl_phdr_info *object, size_t bytes, void *unused)
{
	(void)bytes;
	(void)unused;
	if (!is_careless(object->dlpi_name))
		return 0;
	for (unsigned i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		const uintptr_t begin = object->dlpi_addr + segment->p_vaddr;
		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X) &&
		    left_out_count < sizeof(left_out) / sizeof(*left_out))
			left_out[left_out_count++] = (struct range){begin, begin + segment->p_memsz};
	}
	return 0;
}

/* Also what libc or another library does for it. */
static bool is_for_others(void)
{
	void *frames[FRAMES];
	const int count = backtrace(frames, FRAMES);
	for (int at = 0; at < count; at++) {
		for (unsigned i = 0; i < left_out_count; i++) {
			if ((uintptr_t)frames[at] >= left_out[i].begin && (uintptr_t)frames[at] < left_out[i].end)
				return true;
		}
	}
	return false;
}

__attribute__((constructor)) static void start(void)
{
	const char *program = getenv("SCARCE_PROGRAM"), *at = getenv("SCARCE_AT"), *path = getenv("SCARCE_COUNT");
	const int fd = program && path && strcmp(program, program_invocation_short_name) == 0 ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	dl_iterate_phdr(note_object, NULL);
	backtrace(&(void *){NULL}, 1); /* the first one allocates */
	of_libraries = getenv("SCARCE_LIBRARIES") != NULL;
	fail_at = at ? strtoull(at, NULL, 10) : 0;
	void *mapped = REAL(mmap)(NULL, 2 * sizeof(*calls), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (mapped == MAP_FAILED)
		_exit(99);
	calls = mapped;
}

static bool fails(void)
{
	static __thread bool inside;
	if (!calls || inside || (fail_at && calls[of_libraries] >= fail_at)) /* it has failed: to count on would take its time */
		return false;
	inside = true;
	const bool others = is_for_others();
	inside = false;
	if (__atomic_add_fetch(&calls[others], 1, __ATOMIC_RELAXED) != fail_at || others != of_libraries)
		return false;
	errno = ENOMEM;
	return true;
}

int unsetenv(const char *name)
{
	Dl_info self;
	if (getenv("SCARCE_PROGRAM") && strcmp(name, "LD_PRELOAD") == 0 && dladdr(start, &self))
		return setenv(name, self.dli_fname, 1);
	return REAL(unsetenv)(name);
}

extern void *__libc_malloc(size_t bytes), *__libc_calloc(size_t count, size_t bytes), *__libc_realloc(void *old, size_t bytes);

void *malloc(size_t bytes)
{
	return fails() ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
	return fails() ? NULL : __libc_calloc(count, bytes);
}

void *realloc(void *old, size_t bytes)
{
	return fails() ? NULL : __libc_realloc(old, bytes);
}

void *reallocarray(void *old, size_t count, size_t bytes)
{
	return fails() ? NULL : REAL(reallocarray)(old, count, bytes);
}

void *mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	return fails() ? MAP_FAILED : REAL(mmap)(address, bytes, protection, flags, fd, offset);
}
