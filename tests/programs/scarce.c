/*
 * scarce.so - preloaded: of the calls for memory that processes of the program SCARCE_PROGRAM make, number SCARCE_AT fails, once. All of them
 * count in the file SCARCE_COUNT (scarce.h). With SCARCE_LIBRARIES one of and for libraries fails that do not look whether they got it, or else
 * one of the others.
 *
 * ttlog takes LD_PRELOAD from the programs beside it; this stays.
 */
#include "scarce.h"

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

static struct scarce *scarce;
static uint64_t fail_at; /* 0: none */
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
static bool is_for_others(void *const *frames, int count)
{
	for (int at = 0; at < count; at++) {
		for (unsigned i = 0; i < left_out_count; i++) {
			if ((uintptr_t)frames[at] >= left_out[i].begin && (uintptr_t)frames[at] < left_out[i].end)
				return true;
		}
	}
	return false;
}

static uint64_t way_of(void *const *frames, int count)
{
	uint64_t way = 14695981039346656037u;
	for (int at = 0; at < count; at++)
		way = (way ^ (uintptr_t)frames[at]) * 1099511628211u;
	way ^= way >> 32;
	return way ? way : 1;
}

/* Who was here before: another thread or process may be here at the same time. */
static void note_place(struct scarce_calls *calls, uint64_t way, uint64_t number)
{
	for (unsigned i = 0; i < SCARCE_PLACES; i++) {
		struct scarce_place *place = &calls->places[(way + i) % SCARCE_PLACES];
		uint64_t was = 0;
		if (atomic_compare_exchange_strong(&place->way, &was, way))
			place->first = number;
		if (was == 0 || was == way)
			return;
	}
	_exit(98);
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
	void *mapped = REAL(mmap)(NULL, sizeof(*scarce), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (mapped == MAP_FAILED)
		_exit(99);
	scarce = mapped;
}

static bool fails(void)
{
	static __thread bool inside;
	void *frames[SCARCE_FRAMES];
	if (!scarce || inside || (fail_at && scarce->calls[of_libraries].count >= fail_at)) /* to count on would take its time */
		return false;
	inside = true;
	const int count = backtrace(frames, SCARCE_FRAMES);
	inside = false;
	const bool others = is_for_others(frames, count);
	struct scarce_calls *calls = &scarce->calls[others];
	const uint64_t number = atomic_fetch_add(&calls->count, 1) + 1;
	if (!fail_at)
		note_place(calls, way_of(frames, count), number);
	if (number != fail_at || others != of_libraries)
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
