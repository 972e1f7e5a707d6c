/* What the agent believes of a seccomp filter before it is installed: whatever is no filter, it does not wait for. */
#include "filter.h"

#include <criterion/criterion.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

TestSuite(seccomp, .timeout = 60);

#define LOAD_NR      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define LOAD_ARCH    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch))
#define LOAD_ARG     BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
#define ALLOW        RETURN(SECCOMP_RET_ALLOW)
#define KILL         RETURN(SECCOMP_RET_KILL_PROCESS)
#define FAIL         RETURN(SECCOMP_RET_ERRNO | 1)
#define UNUSED       461 /* a number that the agent needs not: lsm_list_modules(2) */

#define PROGRAM_OF(...)                                                                                                            \
	(&(struct sock_fprog){.len = sizeof((struct sock_filter[]){__VA_ARGS__}) / sizeof(struct sock_filter),                     \
			      .filter = (struct sock_filter[]){__VA_ARGS__}})
#define EXPECT(harmless, raises, ...)                                                                                              \
	do {                                                                                                                       \
		const struct sock_fprog *program_ = PROGRAM_OF(__VA_ARGS__);                                                       \
		cr_expect(filter_is_harmless(program_) == (harmless), "line %d: not %s", __LINE__,                                 \
			  (harmless) ? "harmless" : "harmful");                                                                    \
		cr_expect(filter_lets_raise(program_) == (raises), "line %d: raise", __LINE__);                                    \
	} while (0)

Test(seccomp, answers)
{
	EXPECT(true, true, ALLOW);
	EXPECT(true, true, RETURN(SECCOMP_RET_LOG));
	EXPECT(true, false, FAIL);
	EXPECT(false, false, KILL);
	EXPECT(false, false, RETURN(SECCOMP_RET_KILL_THREAD));
	EXPECT(false, false, RETURN(SECCOMP_RET_TRAP));
	EXPECT(false, false, RETURN(SECCOMP_RET_TRACE));
	EXPECT(false, false, RETURN(SECCOMP_RET_USER_NOTIF));
}

/* Each way to compare, with both ends: the number itself, one below, one above. */
Test(seccomp, comparisons)
{
	EXPECT(true, true, LOAD_NR, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, UNUSED, 0, 1), KILL, ALLOW);
	EXPECT(false, true, LOAD_NR, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 0, 1), KILL, ALLOW);
	EXPECT(true, false, LOAD_NR, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 0, 1), FAIL, ALLOW);
	EXPECT(true, true, LOAD_NR, BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, UNUSED - 1, 0, 1), KILL, ALLOW);
	EXPECT(true, true, LOAD_NR, BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, UNUSED, 0, 1), KILL, ALLOW);
	EXPECT(false, false, LOAD_NR, BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, SYS_tgkill, 1, 0), KILL, ALLOW);
	EXPECT(false, true, LOAD_NR, BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, SYS_tgkill, 1, 0), KILL, ALLOW);
	EXPECT(true, true, LOAD_NR, BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x40000000, 0, 1), KILL, ALLOW);
	EXPECT(false, false, LOAD_NR, BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0xffffffff, 0, 1), KILL, ALLOW);
	EXPECT(true, true, LOAD_NR, BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), KILL,
	       ALLOW);
	EXPECT(true, true, BPF_STMT(BPF_JMP | BPF_JA, 1), KILL, ALLOW);
}

/* Another architecture's calls are not the agent's; arguments may be anything. */
Test(seccomp, what_is_loaded)
{
	EXPECT(false, false, LOAD_ARCH, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_S390, 1, 0), KILL, ALLOW);
	EXPECT(true, true, LOAD_ARCH, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_S390, 0, 1), KILL, ALLOW);
	EXPECT(false, false, LOAD_ARG, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), KILL, ALLOW);
	EXPECT(true, true, LOAD_NR, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, UNUSED, 0, 3), LOAD_ARG,
	       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), KILL, ALLOW);
	EXPECT(false, false, BPF_STMT(BPF_LD | BPF_IMM, 0), ALLOW);
	EXPECT(false, false, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4096), ALLOW);
}

/* A list of what is allowed is no list of a few that are not. */
Test(seccomp, many_calls)
{
	EXPECT(true, true, LOAD_NR, BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 470 - 32, 0, 1), KILL, ALLOW);
	EXPECT(false, true, LOAD_NR, BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 470 - 40, 0, 1), KILL, ALLOW);
}

/* What the kernel would refuse. */
Test(seccomp, no_program)
{
	EXPECT(false, false, LOAD_NR);
	EXPECT(false, false, BPF_STMT(BPF_JMP | BPF_JA, 0), BPF_STMT(BPF_JMP | BPF_JA, 5), ALLOW);
	EXPECT(false, false, BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX), ALLOW);
	EXPECT(false, false, LOAD_NR, BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX - 1), ALLOW);
	EXPECT(false, false, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 0), ALLOW);
	EXPECT(false, false, BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1), ALLOW);
	EXPECT(false, false, BPF_STMT(BPF_MISC | BPF_TAX, 0), ALLOW);
	EXPECT(false, false, BPF_STMT(BPF_RET | BPF_A, 0));
	cr_expect(!filter_is_harmless(NULL) && !filter_lets_raise(NULL));
	cr_expect(!filter_is_harmless(&(struct sock_fprog){.len = 0, .filter = (struct sock_filter[]){ALLOW}}));
	cr_expect(!filter_is_harmless(&(struct sock_fprog){.len = BPF_MAXINSNS + 1, .filter = (struct sock_filter[]){ALLOW}}));
	cr_expect(!filter_is_harmless(&(struct sock_fprog){.len = 1, .filter = NULL}));
}

/* Its end is where memory ends. */
Test(seccomp, longer_than_its_memory)
{
	char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert(memory != MAP_FAILED && mprotect(memory + 4096, 4096, PROT_NONE) == 0);
	struct sock_filter *last = (struct sock_filter *)(void *)(memory + 4096) - 1;
	*last = (struct sock_filter)ALLOW;
	cr_expect(filter_is_harmless(&(struct sock_fprog){.len = 1, .filter = last}));
	cr_expect(!filter_is_harmless(&(struct sock_fprog){.len = 2, .filter = last}));
}
