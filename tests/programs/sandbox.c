/*
 * A program that restricts itself to what it needs for its last words, then speaks and dies. Any other system call kills it by
 * SIGSYS.
 *
 *	sandbox print|fault|abort|term|sent [mute|strict]
 *
 * sent: SIGTERM comes from the kernel, for a pipe that has something to read. mute: nor may it send a signal to itself. strict: nor do
 * anything but read, write and end, nor ask what time it is (PR_SET_SECCOMP, SECCOMP_MODE_STRICT).
 */
#include <fcntl.h>
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

enum { MUTE_STEPS = 2 }; /* of the filter, for tgkill */

static void enter_sandbox(const char *how)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(write), ALLOW(exit_group), ALLOW(exit), ALLOW(rt_sigreturn),
		ALLOW(rt_sigprocmask), ALLOW(getpid), ALLOW(gettid), ALLOW(tgkill), /* raise(3) */
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
	if (strcmp(how, "mute") == 0) {
		program.len -= MUTE_STEPS;
		code[program.len - 1] = code[program.len - 1 + MUTE_STEPS];
	}
	if (strcmp(how, "strict") == 0) {
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
			_exit(70);
	} else if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(70);
}

/* The end to write to, which brings SIGTERM. */
static int signalling_pipe(void)
{
	int ends[2];
	if (pipe(ends) != 0 || fcntl(ends[0], F_SETSIG, SIGTERM) != 0 || fcntl(ends[0], F_SETOWN, getpid()) != 0 ||
	    fcntl(ends[0], F_SETFL, O_ASYNC) != 0)
		_exit(73);
	return ends[1];
}

int main(int argc, char **argv)
{
	const char *death = argc > 1 ? argv[1] : "";
	static const char word[] = "first word, inside the sandbox\n";
	const int end = signalling_pipe();
	enter_sandbox(argc > 2 ? argv[2] : "");
	if (write(1, word, sizeof(word) - 1) < 0)
		return 71;
	fprintf(stderr, "about to %s\n", death);
	if (strcmp(death, "fault") == 0)
		*(volatile int *)8 = 1;
	if (strcmp(death, "abort") == 0)
		abort();
	if (strcmp(death, "term") == 0)
		raise(SIGTERM);
	if (strcmp(death, "sent") == 0 && write(end, word, 1) < 0)
		return 74;
	syscall(SYS_exit, strcmp(death, "print") == 0 ? 0 : 72);
	return 0;
}
