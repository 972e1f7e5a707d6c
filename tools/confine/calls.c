#include "calls.h"

#include "arch_calls.h"
#include "call_lists.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the oldest headers that this is built with; the same on all architectures. */
#define CALL_CLOSE_RANGE  436
#define CALL_FACCESSAT2   439
#define CALL_LANDLOCK     444 /* create_ruleset, add_rule, restrict_self */
#define CALL_LANDLOCK_END 446

/* A line for each would say less. */
/* clang-format off */

/* Whatever their arguments. */
static const uint16_t reading[] = {
	__NR_read, __NR_pread64, __NR_readv, __NR_write, __NR_pwrite64, __NR_writev, __NR_lseek, __NR_close, CALL_CLOSE_RANGE,
	__NR_dup, __NR_dup3, __NR_fstat, __NR_newfstatat, __NR_statx, __NR_fstatfs, __NR_statfs, __NR_faccessat,
	CALL_FACCESSAT2, __NR_readlinkat, __NR_getdents64, __NR_getcwd, __NR_ppoll, __NR_memfd_create, __NR_fadvise64,
	/* memory */
	__NR_brk, __NR_munmap, __NR_mremap, __NR_madvise,
	/* time, signals, waiting, the end */
	__NR_clock_gettime, __NR_gettimeofday, __NR_clock_nanosleep, __NR_nanosleep, __NR_setitimer, __NR_rt_sigaction,
	__NR_rt_sigprocmask, __NR_rt_sigreturn, __NR_rt_sigtimedwait, __NR_sigaltstack, __NR_restart_syscall, __NR_futex,
	__NR_sched_yield, __NR_wait4, __NR_exit, __NR_exit_group,
	/* oneself and the machine */
	__NR_getpid, __NR_gettid, __NR_getuid, __NR_geteuid, __NR_getgid, __NR_getegid, __NR_uname, __NR_sysinfo,
	__NR_getrandom, __NR_sched_getaffinity, __NR_getrusage,
};
static const uint16_t writing[] = {
	__NR_openat, __NR_mkdirat, __NR_unlinkat, __NR_linkat, __NR_renameat2, __NR_fchmod, __NR_fsync, __NR_utimensat, __NR_umask,
};
/* And on the way into the next stage. */
static const uint16_t looking[] = {
	__NR_seccomp, __NR_prctl, __NR_capget, __NR_capset, CALL_LANDLOCK, CALL_LANDLOCK + 1, CALL_LANDLOCK_END, __NR_setgroups,
	__NR_setresgid, __NR_setresuid, __NR_fchmodat,
};

/* Calls that reach further, and those that are allowed here or there only, have an answer of their own. */
static const uint16_t refused[] = {
	__NR_execve, __NR_execveat, __NR_clone, __NR_socket, __NR_socketpair, __NR_connect, __NR_bind, __NR_ptrace,
	__NR_process_vm_readv, __NR_process_vm_writev, __NR_kill, __NR_tkill, __NR_tgkill, __NR_openat, __NR_mkdirat,
	__NR_unlinkat, __NR_linkat, __NR_renameat2, __NR_setgroups, __NR_setresgid, __NR_setresuid, __NR_mmap, __NR_mprotect,
	__NR_ioctl, __NR_prlimit64, __NR_fchmodat, __NR_fcntl,
};
/* clang-format on */

static const struct limited_call limited[] = {
	{__NR_mmap, READS, 2, PROT_EXEC, 0},
	{__NR_mmap, READS, 2, PROT_WRITE, 0}, /* a library; what could be written to is no code */
	{__NR_mprotect, READS, 2, PROT_EXEC, 0},
	{__NR_fcntl, READS, 1, ~7u, 0}, /* F_DUPFD to F_SETLKW, but not F_SETOWN, by which the kernel sends signals */
	{__NR_fcntl, READS, 1, ALL_BITS, F_DUPFD_CLOEXEC},
	{__NR_ioctl, READS, 1, ALL_BITS, TCGETS},
	{__NR_ioctl, READS, 1, ALL_BITS, TIOCGWINSZ},
	{__NR_kill, READS, 1, ALL_BITS, 0}, /* is there such a process? */
	{__NR_prlimit64, READS, 0, ALL_BITS, 0},
	{__NR_openat, CALLS_READING, 2, WRITE_FLAGS, O_RDONLY},
	{__NR_ptrace, LOOKS, 0, ALL_BITS, PTRACE_SEIZE},
	{__NR_ptrace, LOOKS, 0, ALL_BITS, PTRACE_INTERRUPT},
	{__NR_ptrace, LOOKS, 0, ALL_BITS, PTRACE_GETREGSET},
	{__NR_ptrace, WRITES, 0, ALL_BITS, PTRACE_DETACH},
};

/* Filter --------------------------------------------------------------------------------------------------------------------- */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct filter {
	struct sock_filter code[512];
	uint16_t used;
};

/* Numbers of calls, a bit for each. */
struct set {
	uint32_t words[16];
};

/* A set takes its words and 10 instructions. */
_Static_assert(6 * (COUNT(limited) + COUNT(arch_limited) + 3) + 2 * (3 * 16 + 10) + 8 < COUNT(((struct filter *)0)->code),
	       "the filter has room for all lists");

static void add(struct set *set, const uint16_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		set->words[numbers[i] / 32] |= 1u << numbers[i] % 32;
}

static void put(struct filter *filter, uint16_t code, uint32_t value, uint8_t yes, uint8_t no)
{
	filter->code[filter->used++] = (struct sock_filter){code, yes, no, value};
}

static void load(struct filter *filter, size_t offset)
{
	put(filter, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void answer(struct filter *filter, uint32_t with)
{
	put(filter, BPF_RET | BPF_K, with, 0, 0);
}

/*
 * The number is loaded, before and afterwards. Bits, and no comparison with each number: the kernel goes through the filter for each call that
 * it knows as it takes it, which would take longer than all else here.
 */
static void answer_set(struct filter *filter, const struct set *set, uint32_t with)
{
	const uint16_t words = COUNT(set->words), end = filter->used + 4 + 3 * words + 1;

	put(filter, BPF_ALU | BPF_AND | BPF_K, 31, 0, 0);
	put(filter, BPF_MISC | BPF_TAX, 0, 0, 0);
	load(filter, offsetof(struct seccomp_data, nr));
	put(filter, BPF_ALU | BPF_RSH | BPF_K, 5, 0, 0);
	for (uint32_t i = 0; i < words; i++) {
		put(filter, BPF_JMP | BPF_JEQ | BPF_K, i, 0, 2);
		put(filter, BPF_LD | BPF_IMM, set->words[i], 0, 0);
		put(filter, BPF_JMP | BPF_JA, end - filter->used - 1u, 0, 0);
	}
	put(filter, BPF_JMP | BPF_JA, 4, 0, 0);
	put(filter, BPF_ALU | BPF_RSH | BPF_X, 0, 0, 0);
	put(filter, BPF_ALU | BPF_AND | BPF_K, 1, 0, 0);
	put(filter, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1);
	answer(filter, with);
	load(filter, offsetof(struct seccomp_data, nr));
}

/* Little-endian: the lower half of an argument comes first. */
static void allow_limited(struct filter *filter, const struct limited_call *call)
{
	put(filter, BPF_JMP | BPF_JEQ | BPF_K, call->number, 0, 5);
	load(filter, offsetof(struct seccomp_data, args) + call->argument * sizeof(uint64_t));
	put(filter, BPF_ALU | BPF_AND | BPF_K, call->mask, 0, 0);
	put(filter, BPF_JMP | BPF_JEQ | BPF_K, call->value, 0, 1);
	answer(filter, SECCOMP_RET_ALLOW);
	load(filter, offsetof(struct seccomp_data, nr));
}

#define ADD(set, numbers) add(set, numbers, COUNT(numbers))

static void allow_plain(struct filter *filter, enum calls_stage stage)
{
	struct set set = {{0}};

	ADD(&set, reading);
	ADD(&set, arch_reading);
	if (stage != CALLS_READING) {
		ADD(&set, writing);
		ADD(&set, arch_writing);
	}
	if (stage == CALLS_LOOKING) {
		ADD(&set, looking);
		ADD(&set, arch_looking);
	}
	answer_set(filter, &set, SECCOMP_RET_ALLOW);
}

static void refuse(struct filter *filter)
{
	struct set set = {{0}};

	ADD(&set, refused);
	ADD(&set, arch_writing);
	ADD(&set, arch_looking);
	ADD(&set, arch_refused);
	answer_set(filter, &set, SECCOMP_RET_ERRNO | EPERM);
	answer(filter, SECCOMP_RET_ERRNO | ENOSYS);
}

static void allow_where(struct filter *filter, const struct limited_call *calls, size_t count, enum calls_stage stage)
{
	for (size_t i = 0; i < count; i++) {
		if (calls[i].stages & stage)
			allow_limited(filter, &calls[i]);
	}
}

static void allow_target(struct filter *filter, enum calls_stage stage, pid_t target)
{
	const struct limited_call calls[] = {
		{__NR_process_vm_readv, CALLS_LOOKING, 0, ALL_BITS, (uint32_t)target},
		{__NR_process_vm_writev, CALLS_LOOKING | CALLS_WRITING, 0, ALL_BITS, (uint32_t)target},
	};
	if (target)
		allow_where(filter, calls, COUNT(calls), stage);
}

static void build(struct filter *filter, enum calls_stage stage, pid_t target)
{
	/* To end oneself by a signal, as abort(3) does. */
	const struct limited_call end = {__NR_tgkill, READS, 0, ALL_BITS, (uint32_t)getpid()};

	filter->used = 0;
	load(filter, offsetof(struct seccomp_data, arch));
	put(filter, BPF_JMP | BPF_JEQ | BPF_K, ARCH_AUDIT, 1, 0);
	answer(filter, SECCOMP_RET_KILL_PROCESS);
	load(filter, offsetof(struct seccomp_data, nr));
	allow_plain(filter, stage);
	allow_where(filter, limited, COUNT(limited), stage);
	allow_where(filter, arch_limited, COUNT(arch_limited), stage);
	allow_target(filter, stage, target);
	allow_limited(filter, &end);
	refuse(filter);
}

int calls_confine(enum calls_stage stage, pid_t target)
{
	struct filter filter;

	build(&filter, stage, target);
	const struct sock_fprog program = {filter.used, filter.code};
	/* Speculation is no matter of what a parser may do: Linux 4.17 to 5.15 would make every branch from here on slower, older ones ask nobody. */
	if (syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) == 0)
		return 0;
	return errno == EINVAL && syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0 ? 0 : -errno;
}
