#include "core.h"
#include "text.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef NT_SIGINFO
#define NT_SIGINFO 0x53494749
#endif
#ifndef NT_FILE
#define NT_FILE 0x46494c45
#endif

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

_Static_assert(sizeof(elf_gregset_t) == CORE_REGISTERS * 8, "elf_prstatus holds these registers");

const char *core_register_name(size_t number)
{
	static const char *const names[] = {CORE_REGISTER_NAMES};
	_Static_assert(COUNT(names) == CORE_REGISTERS, "each has a name");
	return names[number];
}

/* Reading ------------------------------------------------------------------------------------------------------------------- */

static void read_status(struct core *core, const void *data, size_t bytes)
{
	struct elf_prstatus status;
	cr_assert(bytes == sizeof(status), "a NT_PRSTATUS of %zu bytes", bytes);
	if (core->threads++ != 0)
		return; /* the first is the one that died */
	memcpy(&status, data, sizeof(status));
	core->tid = status.pr_pid;
	memcpy(core->registers, &status.pr_reg, sizeof(core->registers));
}

static void read_process(struct core *core, const void *data, size_t bytes)
{
	struct elf_prpsinfo process;
	cr_assert(bytes == sizeof(process), "a NT_PRPSINFO of %zu bytes", bytes);
	memcpy(&process, data, sizeof(process));
	core->pid = process.pr_pid;
	core->ppid = process.pr_ppid;
}

/* Notes are aligned to four bytes. */
static uint64_t word_at(const void *data, uint64_t n)
{
	uint64_t word;
	memcpy(&word, (const char *)data + n * sizeof(word), sizeof(word));
	return word;
}

/* count, page size, {begin, end, offset in pages} of each, then the names. */
static void read_files(struct core *core, const void *data, size_t bytes)
{
	const uint64_t count = word_at(data, 0), page = word_at(data, 1);
	const char *name = (const char *)data + (2 + 3 * count) * sizeof(uint64_t);
	for (uint64_t i = 0; i < count; i++) {
		const uint64_t row = 2 + 3 * i;
		cr_assert(name < (const char *)data + bytes, "NT_FILE ends within its names");
		core->mappings[core->mapping_count++] = (struct core_mapping){.begin = word_at(data, row),
									      .end = word_at(data, row + 1),
									      .offset = word_at(data, row + 2) * page,
									      .file = strdup(name)};
		name += strlen(name) + 1;
	}
}

static void read_note(struct core *core, const Elf64_Nhdr *note, const void *data)
{
	switch (note->n_type) {
	case NT_PRSTATUS:
		read_status(core, data, note->n_descsz);
		break;
	case NT_PRPSINFO:
		read_process(core, data, note->n_descsz);
		break;
	case NT_SIGINFO:
		core->has_signal = core->threads == 1;
		memcpy(&core->signal, data, sizeof(core->signal));
		break;
	case NT_FPREGSET:
		if (core->threads == 1)
			memcpy(&core->vectors, data, sizeof(core->vectors));
		break;
	case NT_FILE:
		read_files(core, data, note->n_descsz);
		break;
	default:
		break;
	}
}

static void read_notes(struct core *core, const char *at, size_t bytes)
{
	const char *const end = at + bytes;
	while (at + sizeof(Elf64_Nhdr) <= end) {
		const Elf64_Nhdr *note = (const Elf64_Nhdr *)at;
		const char *data = at + sizeof(*note) + ((note->n_namesz + 3) & ~3u);
		cr_assert(data + note->n_descsz <= end, "a note ends behind its segment");
		read_note(core, note, data);
		at = data + ((note->n_descsz + 3) & ~3u);
	}
}

static bool read_image(struct core *core, const char *image, size_t bytes)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)image;
	if (bytes < sizeof(*header) || memcmp(image, ELFMAG, SELFMAG) != 0 || header->e_type != ET_CORE)
		return false;
	/* With 65,535 or more mappings the count stands elsewhere; no test makes so many. */
	const Elf64_Phdr *segments = (const Elf64_Phdr *)(image + header->e_phoff);
	const size_t count = header->e_phnum;
	cr_assert(count != PN_XNUM && header->e_phoff + count * sizeof(*segments) <= bytes, "a core of %zu segments", count);
	core->mappings = calloc(2 * count + 4096, sizeof(*core->mappings));
	for (size_t i = 0; i < count; i++) /* files first: they are looked up first */
		if (segments[i].p_type == PT_NOTE && segments[i].p_offset + segments[i].p_filesz <= bytes)
			read_notes(core, image + segments[i].p_offset, segments[i].p_filesz);
	for (size_t i = 0; i < count; i++)
		if (segments[i].p_type == PT_LOAD)
			core->mappings[core->mapping_count++] = (struct core_mapping){
				.begin = segments[i].p_vaddr, .end = segments[i].p_vaddr + segments[i].p_memsz};
	return core->threads != 0;
}

static bool core_read(struct core *core, const char *path)
{
	struct stat status;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert(fd >= 0 && fstat(fd, &status) == 0, "%s: %s", path, strerror(errno));
	bool good = false;
	if (status.st_size > 0) {
		void *image = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		cr_assert(image != MAP_FAILED, "%s: %s", path, strerror(errno));
		memset(core, 0, sizeof(*core));
		good = read_image(core, image, (size_t)status.st_size);
		munmap(image, (size_t)status.st_size);
	}
	close(fd);
	return good;
}

bool core_in(const char *directory, struct core *core)
{
	char pattern[512];
	glob_t found;
	bool one = false;
	snprintf(pattern, sizeof(pattern), "%s/*core*", directory);
	if (glob(pattern, 0, NULL, &found) == 0) {
		struct stat status;
		cr_assert(found.gl_pathc == 1, "%zu cores in %s", found.gl_pathc, directory);
		/* Under RLIMIT_FSIZE 0 the kernel makes the file and no more. */
		one = stat(found.gl_pathv[0], &status) == 0 && status.st_size > 0;
		cr_assert(!one || core_read(core, found.gl_pathv[0]), "%s is no core, or cut off", found.gl_pathv[0]);
	}
	globfree(&found);
	return one;
}

/* Comparing ----------------------------------------------------------------------------------------------------------------- */

static const struct core_mapping *mapping_at(const struct core *core, uint64_t address)
{
	for (size_t i = 0; i < core->mapping_count; i++)
		if (address >= core->mappings[i].begin && address < core->mappings[i].end)
			return &core->mappings[i];
	return NULL;
}

/* A file without a name is known by its number, and that is another one in each run. */
static bool same_file(const char *one, const char *other)
{
	static const char deleted[] = " (deleted)";
	return strcmp(one, other) == 0 || (strstr(one, deleted) && strstr(other, deleted));
}

static bool same_place(const struct core *a, uint64_t left, const struct core *b, uint64_t right,
		       const struct core_scrutiny *scrutiny)
{
	const struct core_mapping *one = mapping_at(a, left), *other = mapping_at(b, right);
	if (!one || !other || !one->file != !other->file)
		return false;
	if (one->file)
		return same_file(one->file, other->file) && left - one->begin + one->offset == right - other->begin + other->offset;
	if (one == mapping_at(a, a->registers[CORE_STACK_POINTER]) && other == mapping_at(b, b->registers[CORE_STACK_POINTER]))
		return scrutiny->other_stack ||
		       left - a->registers[CORE_STACK_POINTER] == right - b->registers[CORE_STACK_POINTER] ||
		       left - a->registers[CORE_THREAD_POINTER] == right - b->registers[CORE_THREAD_POINTER];
	return true;
}

/* glibc keeps a thread's number in the low half of a register now and then; the kernel's are ints. */
static bool same_role(const struct core *a, uint64_t left, const struct core *b, uint64_t right)
{
	return ((uint32_t)left == (uint32_t)a->tid && (uint32_t)right == (uint32_t)b->tid) ||
	       ((uint32_t)left == (uint32_t)a->pid && (uint32_t)right == (uint32_t)b->pid);
}

#define THREAD_SHIFT 2048u

/* An offset of thread-local storage from the thread pointer: negative. The agent's own storage lies there too. */
static bool same_thread_offset(uint64_t left, uint64_t right)
{
	return -left < 8 * THREAD_SHIFT && -right < 8 * THREAD_SHIFT &&
	       (left - right < THREAD_SHIFT || right - left < THREAD_SHIFT);
}

/* The thread pointer, or, where the registers do not have it, the end of a new thread's stack, which is a little above. */
static uint64_t stack_top(const struct core *core, const struct core_mapping *stack)
{
	if (CORE_THREAD_POINTER_KNOWN)
		return core->registers[CORE_THREAD_POINTER];
	return core->tid != core->pid ? stack->end : 0;
}

static bool same_stack_pointer(const struct core *a, const struct core *b, const struct core_scrutiny *scrutiny)
{
	const uint64_t left = a->registers[CORE_STACK_POINTER], right = b->registers[CORE_STACK_POINTER];
	const struct core_mapping *one = mapping_at(a, left), *other = mapping_at(b, right);
	if (left == right)
		return true;
	if (!one || !other || one->file || other->file)
		return same_place(a, left, b, right, scrutiny);
	const uint64_t from = stack_top(a, one) - left, to = stack_top(b, other) - right;
	if (from < one->end - one->begin && to < other->end - other->begin) /* the thread pointer tops its stack */
		return to - from < THREAD_SHIFT || from - to < THREAD_SHIFT;
	return scrutiny->other_stack && (left & 15) == (right & 15);
}

static const char *role(const struct core *core, pid_t pid)
{
	return pid == core->pid ? "itself" : pid == core->ppid ? "its parent" : pid == 0 ? "nobody" : "somebody else";
}

static bool is_sent(const siginfo_t *info)
{
	return info->si_code == SI_USER || info->si_code == SI_QUEUE || info->si_code == SI_TKILL;
}

static bool same_address(const struct core *a, const struct core *b, const struct core_scrutiny *scrutiny)
{
	const uint64_t left = (uintptr_t)a->signal.si_addr, right = (uintptr_t)b->signal.si_addr;
	return scrutiny->signal_only || left == right || same_place(a, left, b, right, scrutiny) ||
	       (!mapping_at(a, left) && !mapping_at(b, right) &&
		left - a->registers[CORE_STACK_POINTER] == right - b->registers[CORE_STACK_POINTER]);
}

static char *signal_difference(const struct core *plain, const struct core *agent, const struct core_scrutiny *scrutiny)
{
	const siginfo_t *a = &plain->signal, *b = &agent->signal;
	if (plain->has_signal != agent->has_signal)
		return text_of("siginfo is there %d and %d", plain->has_signal, agent->has_signal);
	if (scrutiny->resent && a->si_signo == b->si_signo && (b->si_code == SI_TKILL || b->si_code == SI_KERNEL))
		return NULL;
	if (a->si_signo != b->si_signo || a->si_code != b->si_code || a->si_errno != b->si_errno)
		return text_of("siginfo: signal %d code %d errno %d, and %d, %d, %d", a->si_signo, a->si_code, a->si_errno,
			       b->si_signo, b->si_code, b->si_errno);
	if (is_sent(a) && (strcmp(role(plain, a->si_pid), role(agent, b->si_pid)) != 0 || a->si_uid != b->si_uid))
		return text_of("siginfo: sent by %s (user %u), and by %s (user %u)", role(plain, a->si_pid), a->si_uid,
			       role(agent, b->si_pid), b->si_uid);
	if (a->si_code == SI_QUEUE && a->si_value.sival_ptr != b->si_value.sival_ptr)
		return text_of("siginfo: value %p and %p", a->si_value.sival_ptr, b->si_value.sival_ptr);
	if (!is_sent(a) && a->si_signo != SIGSYS && !same_address(plain, agent, scrutiny))
		return text_of("siginfo: address %p and %p", a->si_addr, b->si_addr);
	if (!is_sent(a) && a->si_signo == SIGSYS && (a->si_syscall != b->si_syscall || a->si_arch != b->si_arch))
		return text_of("siginfo: system call %d of %#x and %d of %#x", a->si_syscall, a->si_arch, b->si_syscall,
			       b->si_arch);
	return NULL;
}

static bool in_libc(const struct core *core)
{
	const struct core_mapping *code = mapping_at(core, core->registers[CORE_PROGRAM_COUNTER]);
	return code && code->file && strstr(code->file, "/libc.so.");
}

/* Between calls these hold nothing: r8 to r11. */
static bool says_nothing(size_t number, const struct core *core, const struct core_scrutiny *scrutiny)
{
	if (number < CORE_SCRATCH_FIRST || number > CORE_SCRATCH_LAST)
		return number == CORE_SYSTEM_CALL;
	return number == CORE_SYSTEM_CALL || scrutiny->hooked || (!CORE_SCRATCH_TELLS_IN_LIBC && in_libc(core));
}

/* A signal from outside has met a system call that is made again: behind the handler it has been made. */
static bool same_call(size_t number, const struct core *a, const struct core *b, const struct core_scrutiny *scrutiny)
{
	return CORE_CALL_BYTES && number == CORE_PROGRAM_COUNTER && is_sent(&a->signal) &&
	       same_place(a, a->registers[number] + CORE_CALL_BYTES, b, b->registers[number], scrutiny);
}

/*
 * What a new thread has of its maker: how much room its stack has, its guard too, which is what thread-local storage leaves of it. (Its size
 * is known of the part that can be written.)
 */
#define ROOM_SLACK 0x20000u

static bool same_room(const struct core *a, uint64_t left, const struct core *b, uint64_t right)
{
	const struct core_mapping *one = mapping_at(a, a->registers[CORE_STACK_POINTER]);
	const struct core_mapping *other = mapping_at(b, b->registers[CORE_STACK_POINTER]);
	return one && other && left - (one->end - one->begin) + ROOM_SLACK < 2 * ROOM_SLACK &&
	       right - (other->end - other->begin) + ROOM_SLACK < 2 * ROOM_SLACK && left - right + THREAD_SHIFT < 2 * THREAD_SHIFT;
}

/* Carry, parity, adjust, zero, sign, overflow: of some comparison of process ids, within libc. r11 holds a copy of the flags. */
#define ARITHMETIC_FLAGS 0x8d5u

static bool same_flags(size_t number, uint64_t left, uint64_t right, bool arithmetic)
{
	const bool flags = number == CORE_FLAGS_COPY || (number == CORE_FLAGS && arithmetic);
	return flags && ((left ^ right) & ~(uint64_t)ARITHMETIC_FLAGS) == 0;
}

static bool counts_functions(uint64_t left, uint64_t right)
{
	return left < 64 && right == left + 1;
}

static char *register_difference(const struct core *a, const struct core *b, const struct core_scrutiny *scrutiny)
{
	/* Room on the stack is made by a subtraction: its flags are those of the address. */
	const bool arithmetic = scrutiny->hooked || scrutiny->called ||
				a->registers[CORE_STACK_POINTER] != b->registers[CORE_STACK_POINTER];
	for (size_t i = 0; i < CORE_REGISTERS; i++) {
		const uint64_t left = a->registers[i], right = b->registers[i];
		if (left == right || says_nothing(i, a, scrutiny) || (scrutiny->registered && counts_functions(left, right)))
			continue;
		if (i == CORE_STACK_POINTER ? same_stack_pointer(a, b, scrutiny)
					    : same_place(a, left, b, right, scrutiny) || same_role(a, left, b, right) ||
						      same_thread_offset(left, right) || same_flags(i, left, right, arithmetic) ||
						      same_call(i, a, b, scrutiny) || same_room(a, left, b, right))
			continue;
		const struct core_mapping *one = mapping_at(a, left), *other = mapping_at(b, right);
		return text_of("%s is %#lx (%s) and %#lx (%s)", core_register_name(i), left,
			       one && one->file ? one->file : "no file's", right, other && other->file ? other->file : "no file's");
	}
	return NULL;
}

static char *vector_difference(const struct core *a, const struct core *b, const struct core_scrutiny *scrutiny)
{
	const unsigned char *left = (const unsigned char *)&a->vectors, *right = (const unsigned char *)&b->vectors;
	if (core_float_control(&a->vectors) != core_float_control(&b->vectors))
		return text_of("floating point control is %#lx and %#lx", core_float_control(&a->vectors),
			       core_float_control(&b->vectors));
	if (scrutiny->hooked)
		return NULL;
	for (size_t i = 0; i < CORE_VECTOR_BYTES; i++)
		if (left[CORE_VECTOR_OFFSET + i] != right[CORE_VECTOR_OFFSET + i])
			return text_of("vector register %zu differs in byte %zu", i / 16, i % 16);
	return NULL;
}

char *core_difference(const struct core *plain, const struct core *agent, const struct core_scrutiny *scrutiny)
{
	if (!scrutiny->any_count && plain->threads != agent->threads)
		return text_of("%u threads and %u", plain->threads, agent->threads);
	if (!scrutiny->any_thread && (plain->tid == plain->pid) != (agent->tid == agent->pid))
		return text_of("the main thread died %d and %d", plain->tid == plain->pid, agent->tid == agent->pid);
	char *difference = signal_difference(plain, agent, scrutiny);
	if (!difference && !scrutiny->signal_only && !scrutiny->any_thread)
		difference = register_difference(plain, agent, scrutiny);
	if (!difference && !scrutiny->signal_only)
		difference = vector_difference(plain, agent, scrutiny);
	return difference;
}
