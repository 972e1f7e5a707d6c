/*
 * die NAME - dies in the way of that name; without a name it lists them. The function that dies is called death_NAME.
 */
#include "victim.h"

#include "faults.h"

#include <assert.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define DEATH(name) static NOINLINE void death_##name(void)

static int *volatile null_pointer;
static volatile int zero, one = 1;

/* Faults ------------------------------------------------------------------------------------------------------------------ */

DEATH(null_read)
{
	zero = *null_pointer;
	KEEP_FRAME();
}

DEATH(null_write)
{
	*null_pointer = 1;
	KEEP_FRAME();
}

DEATH(wild_write)
{
	int *volatile wild = (int *)0x10203040;
	*wild = 1;
	KEEP_FRAME();
}

DEATH(write_to_text)
{
	*(volatile char *)(uintptr_t)death_null_read = 1;
	KEEP_FRAME();
}

DEATH(jump_to_null)
{
	void (*volatile nowhere)(void) = NULL;
	nowhere();
	KEEP_FRAME();
}

DEATH(noncanonical)
{
	zero = *fault_noncanonical_address();
	KEEP_FRAME();
}

DEATH(division)
{
	zero = one / zero;
	KEEP_FRAME();
}

DEATH(illegal_instruction)
{
	fault_illegal_instruction();
	KEEP_FRAME();
}

DEATH(breakpoint)
{
	fault_breakpoint();
	KEEP_FRAME();
}

DEATH(bus_error)
{
	const int fd = open(".", O_TMPFILE | O_RDWR, 0600);
	if (fd < 0 || ftruncate(fd, 8192) != 0)
		_exit(91);
	volatile char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED || ftruncate(fd, 0) != 0)
		_exit(92);
	map[4096] = 1;
	KEEP_FRAME();
}

DEATH(bad_syscall)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = {sizeof(code) / sizeof(*code), code};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
		_exit(93);
	syscall(SYS_getpriority, 0, 0);
	KEEP_FRAME();
}

static NOINLINE int overflow_stack(volatile char *above)
{
	volatile char here[512];
	here[0] = *above;
	if (one == 0) /* never, but the compiler cannot know */
		return 0;
	return overflow_stack(here) + here[0];
}

DEATH(stack_overflow)
{
	char first = 1;
	zero = overflow_stack(&first);
}

/* Aborts ------------------------------------------------------------------------------------------------------------------ */

DEATH(abort)
{
	abort();
}

DEATH(assert)
{
	assert(zero == 1);
	KEEP_FRAME();
}

DEATH(double_free)
{
	void *volatile memory = malloc(40);
	free(memory);
	free(memory);
	KEEP_FRAME();
}

DEATH(invalid_free)
{
	void *volatile memory = (void *)((uintptr_t)&zero & ~(uintptr_t)15);
	free(memory);
	KEEP_FRAME();
}

/* Built with -fstack-protector-all and with -D_FORTIFY_SOURCE=2: each takes down its own build only. */
DEATH(stack_smash)
{
	char small[16];
	volatile size_t bytes = 64;
	char *volatile where = small;
	for (size_t i = 0; i < bytes; i++)
		where[i] = 'x';
	KEEP_FRAME();
}

DEATH(fortify)
{
	char small[8];
	volatile size_t bytes = 16;
	memset(small, 'x', bytes);
	printf("%.4s\n", small);
}

/* Other places ------------------------------------------------------------------------------------------------------------ */

static void *thread_null_write(void *unused)
{
	(void)unused;
	pthread_setname_np(pthread_self(), "victim");
	fprintf(stderr, "the thread speaks\n");
	death_null_write();
	return NULL;
}

static void *thread_stack_overflow(void *speaks)
{
	pthread_setname_np(pthread_self(), "victim");
	if (speaks)
		fprintf(stderr, "the thread speaks\n");
	death_stack_overflow();
	return NULL;
}

static void join(void *(*body)(void *), void *argument)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, body, argument) != 0)
		_exit(94);
	pthread_join(thread, NULL);
}

DEATH(in_thread)
{
	join(thread_null_write, NULL);
}

static void *thread_silent_write(void *unused)
{
	(void)unused;
	pthread_setname_np(pthread_self(), "victim");
	death_null_write();
	return NULL;
}

DEATH(overflow_in_thread)
{
	join(thread_stack_overflow, (void *)1);
}

DEATH(overflow_in_silent_thread)
{
	join(thread_stack_overflow, NULL);
}

static void handler_null_write(int sig)
{
	(void)sig;
	death_null_write();
}

DEATH(in_handler)
{
	signal(SIGUSR1, handler_null_write);
	raise(SIGUSR1);
}

DEATH(in_atexit)
{
	atexit(death_null_write);
	exit(0);
}

static int compare(const void *a, const void *b)
{
	(void)a;
	(void)b;
	death_null_write();
	return 0;
}

DEATH(in_qsort)
{
	int numbers[] = {3, 2, 1};
	qsort(numbers, 3, sizeof(*numbers), compare);
}

DEATH(in_fork_child)
{
	const pid_t child = fork();
	if (child == 0) {
		fprintf(stderr, "the child speaks\n");
		death_null_write();
	}
	int status = 0;
	waitpid(child, &status, 0);
	printf("child: signal %d core %d\n", WTERMSIG(status), WCOREDUMP(status));
	exit(0);
}

DEATH(as_daemon)
{
	if (fork() != 0)
		_exit(0);
	setsid();
	if (fork() != 0)
		_exit(0);
	fprintf(stderr, "the daemon speaks\n");
	death_null_write();
}

/* As a constructor of the program: before main, after the agent's own. */
__attribute__((constructor)) static void early(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "in_constructor") == 0) {
		victim_speak(argv[1]);
		death_null_write();
	}
}

DEATH(in_constructor)
{
}

/* Handlers of the program's own ------------------------------------------------------------------------------------------- */

static struct sigaction before;

static void install(int sig, void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
	sigemptyset(&action.sa_mask);
	if (sigaction(sig, &action, &before) != 0 || before.sa_handler != SIG_DFL)
		_exit(95);
}

static void say_handled(int sig)
{
	static const char text[] = "handler\n";
	(void)sig;
	if (write(2, text, sizeof(text) - 1) < 0)
		_exit(96);
}

static void handler_exits(int sig)
{
	say_handled(sig);
	_exit(7);
}

DEATH(handler_exits)
{
	install(SIGSEGV, handler_exits, 0);
	death_null_write();
}

static void handler_reraises(int sig)
{
	say_handled(sig);
	signal(sig, SIG_DFL);
	raise(sig);
}

DEATH(handler_reraises)
{
	install(SIGSEGV, handler_reraises, 0);
	death_null_write();
}

/* The thread that faults has said nothing yet: it is not known to the recorder. */
DEATH(handler_in_silent_thread)
{
	install(SIGSEGV, handler_reraises, 0);
	join(thread_silent_write, NULL);
}

static void handler_restores(int sig)
{
	say_handled(sig);
	sigaction(sig, &before, NULL);
	raise(sig);
}

DEATH(handler_restores)
{
	install(SIGSEGV, handler_restores, SA_NODEFER);
	death_null_write();
}

/* Returns to the fault, which then finds the default. */
static void handler_restores_and_returns(int sig)
{
	say_handled(sig);
	sigaction(sig, &before, NULL);
}

DEATH(handler_returns)
{
	install(SIGSEGV, handler_restores_and_returns, 0);
	death_null_write();
}

DEATH(handler_resethand)
{
	install(SIGSEGV, say_handled, SA_RESETHAND);
	death_null_write();
}

static void handler_aborts(int sig)
{
	say_handled(sig);
	abort();
}

DEATH(handler_aborts)
{
	install(SIGSEGV, handler_aborts, 0);
	death_null_write();
}

/* A fault inside the handler of the same signal, which is blocked there: the kernel does not ask anybody. */
DEATH(handler_faults)
{
	install(SIGSEGV, handler_null_write, 0);
	death_null_write();
}

static sigjmp_buf back;

static void handler_jumps(int sig)
{
	(void)sig;
	siglongjmp(back, 1);
}

DEATH(handler_jumps)
{
	static volatile int jumps;
	install(SIGSEGV, handler_jumps, 0);
	while (jumps < 1000) {
		if (sigsetjmp(back, 1) == 0)
			death_null_write();
		jumps++;
	}
	printf("%d jumps\n", jumps);
	exit(0);
}

DEATH(term_ignored)
{
	signal(SIGTERM, SIG_IGN);
	raise(SIGTERM);
	kill(getpid(), SIGTERM);
	puts("still here");
	exit(0);
}

DEATH(term_handled)
{
	install(SIGTERM, say_handled, 0);
	raise(SIGTERM);
	puts("still here");
	exit(0);
}

DEATH(abort_handled)
{
	install(SIGABRT, say_handled, 0);
	abort();
}

DEATH(abort_ignored)
{
	signal(SIGABRT, SIG_IGN);
	abort();
}

DEATH(segv_blocked)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	sigprocmask(SIG_BLOCK, &set, NULL);
	death_null_write();
}

DEATH(abort_blocked)
{
	sigset_t set;
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	abort();
}

/* The process looks at what it would see without an agent. */
DEATH(looks_around)
{
	for (int sig = 1; sig < 32; sig++) {
		struct sigaction action;
		if (sigaction(sig, NULL, &action) == 0)
			printf("%d: %s flags %#x\n", sig,
			       action.sa_handler == SIG_DFL   ? "default"
			       : action.sa_handler == SIG_IGN ? "ignored"
							      : "handled",
			       (unsigned)action.sa_flags);
	}
	stack_t stack;
	sigaltstack(NULL, &stack);
	printf("altstack: flags %d, %zu bytes\n", stack.ss_flags, stack.ss_size);
	const int fd = open("/dev/null", O_RDONLY);
	printf("next descriptor: %d\n", fd);
	printf("children: %d\n", (int)waitpid(-1, NULL, WNOHANG));
	printf("errno: %d\n", errno);
	exit(0);
}

/* Exits ------------------------------------------------------------------------------------------------------------------- */

DEATH(exit_0)
{
	exit(0);
}

DEATH(exit_3)
{
	exit(3);
}

DEATH(_exit_4)
{
	_exit(4);
}

DEATH(kill_9)
{
	kill(getpid(), SIGKILL);
}

DEATH(user_signal)
{
	kill(getpid(), SIGUSR2);
}

/* Waits for a signal from somebody else. */
DEATH(waits)
{
	puts("waiting");
	fflush(stdout);
	for (;;)
		pause();
}

/* Sent to itself: raise:SEGV, kill:TERM, tgkill:HUP, sigqueue:ABRT ------------------------------------------------------------ */

static NOINLINE void send_to_itself(const char *how, int sig)
{
	if (strcmp(how, "raise") == 0)
		raise(sig);
	else if (strcmp(how, "kill") == 0)
		kill(getpid(), sig);
	else if (strcmp(how, "tgkill") == 0)
		tgkill(getpid(), gettid(), sig);
	else if (strcmp(how, "sigqueue") == 0)
		sigqueue(getpid(), sig, (union sigval){.sival_int = 42});
	KEEP_FRAME();
}

static int signal_of(const char *name)
{
	for (int sig = 1; sig < 32; sig++)
		if (sigabbrev_np(sig) && strcmp(sigabbrev_np(sig), name) == 0)
			return sig;
	return 0;
}

static const struct {
	const char *name;
	void (*die)(void);
} deaths[] = {
#define D(name) {#name, death_##name},
    D(null_read) D(null_write) D(wild_write) D(write_to_text) D(jump_to_null) D(noncanonical) D(division) D(illegal_instruction)
	D(breakpoint) D(bus_error) D(bad_syscall) D(stack_overflow) D(abort) D(assert) D(double_free) D(invalid_free) D(stack_smash)
	    D(fortify) D(in_thread) D(overflow_in_thread) D(overflow_in_silent_thread) D(in_handler) D(in_atexit) D(in_qsort)
		D(in_fork_child) D(as_daemon) D(in_constructor) D(handler_exits) D(handler_reraises) D(handler_restores)
		    D(handler_in_silent_thread)
		    D(handler_returns) D(handler_resethand) D(handler_aborts) D(handler_faults) D(handler_jumps) D(term_ignored)
			D(term_handled) D(abort_handled) D(abort_ignored) D(segv_blocked) D(abort_blocked) D(looks_around) D(exit_0)
			    D(exit_3) D(_exit_4) D(kill_9) D(user_signal) D(waits)
#undef D
};

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	const char *colon = strchr(name, ':');
	for (size_t i = 0; i < sizeof(deaths) / sizeof(*deaths); i++) {
		if (argc < 2) {
			puts(deaths[i].name);
		} else if (strcmp(deaths[i].name, name) == 0) {
			victim_speak(name);
			victim_last_words();
			deaths[i].die();
			return 98;
		}
	}
	if (colon && signal_of(colon + 1)) {
		char how[16];
		snprintf(how, sizeof(how), "%.*s", (int)(colon - name), name);
		victim_speak(name);
		victim_last_words();
		send_to_itself(how, signal_of(colon + 1));
		return 98;
	}
	return argc < 2 ? 0 : 99;
}
