#include "filter.h"

#include "arch_context.h"
#include "syscalls.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

enum {
	CALLS = 470,     /* numbers that are asked about */
	HARMED_MAX = 32, /* more of them killed: a list of what is allowed, not of what is not */
	UNKNOWN = -1,    /* the answer depends on arguments, or the program is not understood */
};

/* What the record path, the crash handler, the spawn and the helper cannot do without. */
static const short needed[] = {
	SYS_read,
	SYS_write,
	SYS_close,
	SYS_fstat,
	SYS_lseek,
	SYS_mmap,
	SYS_mprotect,
	SYS_munmap,
	SYS_brk,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_rt_sigtimedwait,
	SYS_pread64,
	SYS_writev,
	SYS_madvise,
	SYS_getpid,
	SYS_clone,
	SYS_execve,
	SYS_exit,
	SYS_wait4,
	SYS_kill,
	SYS_uname,
	SYS_ftruncate,
	SYS_getcwd,
	SYS_ptrace,
	SYS_geteuid,
	SYS_getppid,
	SYS_sigaltstack,
	SYS_prctl,
	SYS_gettid,
	SYS_futex,
	SYS_getdents64,
	SYS_set_tid_address,
	SYS_exit_group,
	SYS_tgkill,
	SYS_openat,
	SYS_mkdirat,
	SYS_newfstatat,
	SYS_unlinkat,
	SYS_readlinkat,
	SYS_fallocate,
	SYS_prlimit64,
	SYS_rt_tgsigqueueinfo,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_renameat2,
	SYS_getrandom,
	SYS_fsync,
	SYS_clock_nanosleep,
	__NR_close_range,
	SYS_sched_yield,
};

static uint32_t load(const struct seccomp_data *data, uint32_t offset, bool *known)
{
	if (offset == offsetof(struct seccomp_data, nr))
		return (uint32_t)data->nr;
	if (offset == offsetof(struct seccomp_data, arch))
		return data->arch;
	*known = false; /* arguments, instruction pointer */
	return 0;
}

static bool condition(uint16_t code, uint32_t a, uint32_t operand)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == operand;
	case BPF_JGT:
		return a > operand;
	case BPF_JGE:
		return a >= operand;
	default:
		return a & operand; /* BPF_JSET */
	}
}

static uint32_t distance(const struct sock_filter *jump, uint32_t a)
{
	if (BPF_OP(jump->code) == BPF_JA)
		return jump->k;
	return condition(jump->code, a, jump->k) ? jump->jt : jump->jf;
}

/* Of a jump over all numbers the sum would come round: to where it was, for ever. The kernel refuses it, but has not been asked yet. */
static uint32_t target(uint32_t at, uint32_t distance, uint32_t length)
{
	return distance < length - at ? at + distance : length;
}

/* The filter's answer for one call: a SECCOMP_RET_ value, or UNKNOWN. Jumps go forward only, so it ends. */
static int64_t ask(const struct sock_filter *code, uint32_t length, const struct seccomp_data *data)
{
	uint32_t a = 0;
	bool known = true;
	for (uint32_t at = 0; at < length && known; at++) {
		const struct sock_filter *step = &code[at];
		switch (BPF_CLASS(step->code)) {
		case BPF_LD:
			known = step->code == (BPF_LD | BPF_W | BPF_ABS);
			a = load(data, step->k, &known);
			break;
		case BPF_JMP:
			known = BPF_SRC(step->code) == BPF_K || BPF_OP(step->code) == BPF_JA;
			at = target(at, distance(step, a), length);
			break;
		case BPF_ALU:
			known = step->code == (BPF_ALU | BPF_AND | BPF_K);
			a &= step->k;
			break;
		case BPF_RET:
			return step->code == (BPF_RET | BPF_K) ? (int64_t)step->k : UNKNOWN;
		default:
			known = false;
		}
	}
	return UNKNOWN;
}

/* An error is no harm: the agent lives with every call that fails. */
static bool harms(int64_t answer)
{
	const uint32_t action = (uint32_t)answer & SECCOMP_RET_ACTION_FULL;
	return answer == UNKNOWN || (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG && action != SECCOMP_RET_ERRNO);
}

static bool is_needed(int number)
{
	for (unsigned i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (needed[i] == number)
			return true;
	}
	return false;
}

static bool harmless(const struct sock_filter *code, uint32_t length)
{
	int harmed = 0;
	for (int number = 0; number < CALLS; number++) {
		const struct seccomp_data data = {.nr = number, .arch = ARCH_AUDIT};
		if (!harms(ask(code, length, &data)))
			continue;
		if (is_needed(number) || ++harmed > HARMED_MAX)
			return false;
	}
	return true;
}

static bool lets(int number, const struct sock_filter *code, uint32_t length)
{
	const struct seccomp_data data = {.nr = number, .arch = ARCH_AUDIT};
	const int64_t answer = ask(code, length, &data);
	const uint32_t action = (uint32_t)answer & SECCOMP_RET_ACTION_FULL;
	return answer != UNKNOWN && (action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG);
}

static bool lets_raise(const struct sock_filter *code, uint32_t length)
{
	return lets(SYS_tgkill, code, length);
}

static bool lets_ask(const struct sock_filter *code, uint32_t length)
{
	return lets(SYS_getpid, code, length);
}

/* Of a copy. False where there is none to be had. */
static bool answers(const void *program, bool (*question)(const struct sock_filter *code, uint32_t length))
{
	struct sock_fprog header;
	const int pid = sys_getpid();
	if (sys_copy_memory(pid, &header, program, sizeof(header)) != sizeof(header) || header.len == 0 ||
	    header.len > BPF_MAXINSNS)
		return false;
	const size_t bytes = header.len * sizeof(*header.filter);
	struct sock_filter *code = sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (sys_mmap_failed(code))
		return false;
	const bool good = sys_copy_memory(pid, code, header.filter, bytes) == (long)bytes && question(code, header.len);
	SYS2(SYS_munmap, code, bytes);
	return good;
}

bool filter_is_harmless(const void *program)
{
	return answers(program, harmless);
}

bool filter_lets_raise(const void *program)
{
	return answers(program, lets_raise);
}

bool filter_lets_ask(const void *program)
{
	return answers(program, lets_ask);
}
