/*
 * A program that restricts itself to what it needs for its last words, then speaks and dies. Any other system call kills it by
 * SIGSYS.
 *
 *	sandbox print|fault|abort|term|thread
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALLOW(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void enter_sandbox(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(write), ALLOW(exit_group), ALLOW(rt_sigreturn),
		ALLOW(rt_sigprocmask), ALLOW(getpid), ALLOW(gettid), ALLOW(tgkill), /* raise(3) */
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(70);
}

int main(int argc, char **argv)
{
	const char *death = argc > 1 ? argv[1] : "";
	static const char word[] = "first word, inside the sandbox\n";
	enter_sandbox();
	if (write(1, word, sizeof(word) - 1) < 0)
		return 71;
	fprintf(stderr, "about to %s\n", death);
	if (strcmp(death, "fault") == 0)
		*(volatile int *)8 = 1;
	if (strcmp(death, "abort") == 0)
		abort();
	if (strcmp(death, "term") == 0)
		raise(SIGTERM);
	return strcmp(death, "print") == 0 ? 0 : 72;
}
