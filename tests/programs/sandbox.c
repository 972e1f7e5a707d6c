/*
 * A program that restricts itself to what it needs for its last words, then speaks and dies. Any other system call kills it by
 * SIGSYS.
 *
 *	sandbox print|fault|abort|term|sent [mute|unseen|bare|strict]
 *
 * sent: SIGTERM comes from the kernel, for a pipe that has something to read. mute: nor may it send a signal to itself. unseen: it
 * loads the filter by a raw system call, as libseccomp does, and to send a signal to a thread is an error. bare: so, as root, who needs no
 * PR_SET_NO_NEW_PRIVS before. strict: nor do
 * anything but read, write and end, nor ask what time it is (PR_SET_SECCOMP, SECCOMP_MODE_STRICT).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ANSWER(call, answer) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), BPF_STMT(BPF_RET | BPF_K, answer)
#define ALLOW(call)          ANSWER(call, SECCOMP_RET_ALLOW)

static int load(bool bare, bool unseen, struct sock_fprog *program)
{
	if (!bare && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return bare || unseen ? (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program)
			      : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program);
}

static void enter_sandbox(const char *how)
{
	const bool mute = strcmp(how, "mute") == 0, unseen = strcmp(how, "unseen") == 0, bare = strcmp(how, "bare") == 0,
		   strict = strcmp(how, "strict") == 0;
	const unsigned raising = mute ? SECCOMP_RET_KILL_PROCESS : unseen ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_ALLOW;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(write),
		ALLOW(exit_group),
		ALLOW(exit),
		ALLOW(rt_sigreturn),
		ALLOW(rt_sigprocmask),
		ALLOW(getpid),
		ALLOW(gettid),
		ALLOW(kill),
		ANSWER(tgkill, raising),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
	if ((strict ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) : load(bare, unseen, &program)) != 0)
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
