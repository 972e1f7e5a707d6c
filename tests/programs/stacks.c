/*
 * stacks NAME - dies with a stack that is used up, destroyed, or hard to read; without a name it lists the ways.
 */
#include "stack_code.h"
#include "ways.h"

#include <alloca.h>
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

volatile int one = 1;
int *volatile null_pointer;

NOINLINE void fault(void)
{
	*null_pointer = 1;
	KEEP_FRAME();
}

/* Memory that is there and may not be executed; memory that may not be written; an address where nothing is. */
void *map(size_t bytes, int protection)
{
	void *memory = mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		_exit(91);
	return memory;
}

void *nowhere(void)
{
	void *memory = map(1 << 20, PROT_READ);
	munmap(memory, 1 << 20);
	return (char *)memory + (1 << 19);
}

/* Destroyed ------------------------------------------------------------------------------------------------------------------ */

WAY(sp_null)
{
	stack_code_fault_with_sp(0);
}

WAY(sp_noncanonical)
{
	stack_code_fault_with_sp(0x8000000000000000ul);
}

WAY(sp_unmapped)
{
	stack_code_fault_with_sp((uintptr_t)nowhere());
}

WAY(sp_read_only)
{
	stack_code_fault_with_sp((uintptr_t)map(65536, PROT_READ) + 32768);
}

WAY(frame_pointer)
{
	stack_code_fault_with_frame_pointer(0x4040404040404040ul);
}

/* What stands above the frame is written over, as by an overrun of a local array, and then returned through. */
static NOINLINE void write_over(void)
{
	volatile uintptr_t *frame = (volatile uintptr_t *)__builtin_frame_address(0);
	for (int i = 0; i < STACK_CODE_RETURN_WORDS; i++)
		frame[i] = 0x4040404040404040ul;
	KEEP_FRAME();
}

static NOINLINE void called_by_nobody_soon(void)
{
	volatile char room[128];
	room[0] = (char)one;
	write_over();
	one = room[0];
	KEEP_FRAME();
}

WAY(return_address)
{
	called_by_nobody_soon();
	KEEP_FRAME();
}

static NOINLINE void jump(void *where)
{
	void (*volatile there)(void) = (void (*)(void))where;
	there();
	KEEP_FRAME();
}

WAY(jump_data)
{
	static char data[4096];
	jump(data + 64);
	KEEP_FRAME();
}

WAY(jump_unmapped)
{
	jump(nowhere());
	KEEP_FRAME();
}

WAY(jump_noncanonical)
{
	jump((void *)0x4040404040404040ul);
	KEEP_FRAME();
}

/*
 * Above the frame stands what a damaged stack may hold, mixed by chance: code, stack, libc, nothing. By chance of the number in
 * the environment, so that each can be had again.
 */
WAY(scrambled)
{
	const char *seed = getenv("SEED");
	uintptr_t *words = alloca(8192), here = (uintptr_t)words, code = (uintptr_t)way_return_address, libc = (uintptr_t)&stdin;
	srandom(seed ? (unsigned)atoi(seed) : 1);
	for (size_t i = 0; i < 8192 / sizeof(*words); i++) {
		const uintptr_t kinds[] = {0, here + (uintptr_t)(random() % 8192), code + (uintptr_t)(random() % 8192),
					   libc - (uintptr_t)(random() % 2000000), (uintptr_t)random() << 32 | (uintptr_t)random()};
		words[i] = kinds[random() % 5];
	}
	stack_code_fault_with_both(here + (uintptr_t)(random() % 512) * 8, here + (uintptr_t)(random() % 1024) * 8);
}

/* Hard to read --------------------------------------------------------------------------------------------------------------- */

static void crash_in_handler(int sig)
{
	(void)sig;
	fault();
}

static NOINLINE void interrupted(void)
{
	raise(SIGUSR1);
	KEEP_FRAME();
}

WAY(handler_on_altstack)
{
	static char memory[65536];
	const stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};
	struct sigaction action = {.sa_handler = crash_in_handler, .sa_flags = SA_ONSTACK};
	sigemptyset(&action.sa_mask);
	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &action, NULL);
	interrupted();
	KEEP_FRAME();
}

/* The fault is at the first instruction of a function: what stands before it is another. */
static void fault_then_fault(int sig)
{
	(void)sig;
	fault();
}

WAY(handler_at_entry)
{
	struct sigaction action = {.sa_handler = fault_then_fault, .sa_flags = SA_NODEFER};
	sigemptyset(&action.sa_mask);
	sigaction(SIGILL, &action, NULL);
	stack_code_fault_at_entry();
	KEEP_FRAME();
}

/* Guesses inside of a handler do not hide what it interrupted. */
static void crash_in_bare_handler(int sig)
{
	(void)sig;
	stack_code_bare(fault);
	KEEP_FRAME();
}

WAY(handler_bare)
{
	signal(SIGUSR1, crash_in_bare_handler);
	interrupted();
	KEEP_FRAME();
}

/* Called from and calling a C function: between them is code that nothing describes. */
WAY(bare)
{
	stack_code_bare(fault);
	KEEP_FRAME();
}

WAY(framed)
{
	stack_code_framed(fault);
	KEEP_FRAME();
}

enum { CODE = PROT_READ | PROT_WRITE | PROT_EXEC };

static NOINLINE void make_code(void *code, const void *begin, const void *end, void (*call)(void))
{
	memcpy(code, begin, (size_t)((const char *)end - (const char *)begin));
	((void (*)(void (*)(void)))code)(call);
	KEEP_FRAME();
}

WAY(jit)
{
	make_code(map(4096, CODE), stack_code_bare, stack_code_bare_end, fault);
	KEEP_FRAME();
}

WAY(jit_framed)
{
	make_code(map(4096, CODE), stack_code_framed, stack_code_framed_end, fault);
	KEEP_FRAME();
}

WAY(jit_faults)
{
	make_code(map(4096, CODE), stack_code_fault_at_entry, stack_code_fault_at_entry_end, NULL);
	KEEP_FRAME();
}

/* The kernel's own code writes to where it was told to. */
WAY(vdso)
{
	clock_gettime(CLOCK_MONOTONIC, (struct timespec *)8);
	KEEP_FRAME();
}

/* Built without protection of what the loader fills: the call of a library goes to nowhere, by way of its stub. */
WAY(plt)
{
	stack_code_call_astray(0x4040404040404040ul);
	KEEP_FRAME();
}

WAY(plt_unmapped)
{
	stack_code_call_astray(0x10203040ul);
	KEEP_FRAME();
}

/* Files ---------------------------------------------------------------------------------------------------------------------- */

static char self[PATH_MAX];

static void find_self(void)
{
	const ssize_t bytes = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[bytes > 0 ? bytes : 0] = 0;
}

WAY(deleted)
{
	find_self();
	if (unlink(self) != 0)
		_exit(98);
	fault();
	KEEP_FRAME();
}

/* As a package manager does: another file takes the name. The other lies beside it, "NAME.new". */
WAY(replaced)
{
	char other[PATH_MAX + 8];
	find_self();
	snprintf(other, sizeof(other), "%s.new", self);
	if (rename(other, self) != 0)
		_exit(98);
	fault();
	KEEP_FRAME();
}

/* The library lies beside it, "library.so", and exports call_back(). */
WAY(library_deleted)
{
	char path[PATH_MAX + 16];
	find_self();
	snprintf(path, sizeof(path), "%.*s/library.so", (int)(strrchr(self, '/') - self), self);
	void *library = dlopen(path, RTLD_NOW);
	void (*call_back)(void (*)(void)) = library ? (void (*)(void (*)(void)))dlsym(library, "call_back") : NULL;
	if (!call_back || unlink(path) != 0)
		_exit(98);
	call_back(fault);
	KEEP_FRAME();
}

WAY(memfd)
{
	char *const arguments[] = {"stacks", "deep", NULL};
	static char piece[65536];
	find_self();
	FILE *from = fopen(self, "r");
	const int to = memfd_create("victim", MFD_CLOEXEC);
	for (size_t bytes; from && (bytes = fread(piece, 1, sizeof(piece), from)) > 0;)
		if (write(to, piece, bytes) != (ssize_t)bytes)
			_exit(98);
	extern char **environ;
	fexecve(to, arguments, environ);
	_exit(98);
}

/* The file is mapped once more, to be read, behind everything else. */
WAY(mapped_twice)
{
	find_self();
	FILE *file = fopen(self, "r");
	if (!file || mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, fileno(file), 0) == MAP_FAILED)
		_exit(98);
	fault();
	KEEP_FRAME();
}

/* Between two mappings of a file, the second of which is its second page: as between two segments of an old loader. */
WAY(jit_in_hole)
{
	find_self();
	FILE *file = fopen(self, "r");
	char *pages = map(3 * 4096, PROT_READ), *code = pages + 4096;
	if (!file || mmap(pages, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, fileno(file), 0) == MAP_FAILED ||
	    mmap(pages + 2 * 4096, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fileno(file), 4096) == MAP_FAILED ||
	    mprotect(code, 4096, CODE) != 0)
		_exit(97);
	make_code(code, stack_code_fault_at_entry, stack_code_fault_at_entry_end, NULL);
	KEEP_FRAME();
}

WAY(overflow_clone_tls)
{
	run_cloned(CLONE_SETTLS, stack_code_make_tls(), (void *)1);
}

WAY(threads_100)
{
	create_many(99, 0);
	while (__atomic_load_n(&resting, __ATOMIC_SEQ_CST) < 99)
		sched_yield();
	fault();
	KEEP_FRAME();
}

static const struct {
	const char *name;
	void (*die)(void);
} ways[] = {
#define W(name) {#name, way_##name},
	WAYS(W)
#undef W
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		if (argc < 2) {
			puts(ways[i].name);
		} else if (strcmp(ways[i].name, argv[1]) == 0) {
			fprintf(stderr, "now %s\n", argv[1]);
			ways[i].die();
			return 98;
		}
	}
	return argc < 2 ? 0 : 99;
}
