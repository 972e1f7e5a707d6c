/*
 * older_kernel PROGRAM [ARGUMENTS] - runs it as on a kernel that knows neither filters of system calls nor Landlock nor pidfds, nor how to make
 * the pages of a mapping beforehand (Linux 5.14), and where no capability can be given up: for it and all that comes of it.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	PIDFD_OPEN = 434,
	LANDLOCK_CREATE_RULESET = 444, /* these two are the same on all architectures */
	POPULATE_WRITE = 23,           /* <asm-generic/mman-common.h>; glibc 2.31 does not name it */
	ADVICE = offsetof(struct seccomp_data, args[2])
};

#define ANSWER(call, error) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))

int main(int argc, char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ANSWER(SYS_seccomp, ENOSYS),
		ANSWER(LANDLOCK_CREATE_RULESET, ENOSYS),
		ANSWER(PIDFD_OPEN, ENOSYS),
		ANSWER(SYS_capset, EPERM),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ADVICE),
		ANSWER(POPULATE_WRITE, EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
	if (argc < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
		return 70;
	execv(argv[1], argv + 1);
	return 71;
}
