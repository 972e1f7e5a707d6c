/* Where in the program a death can come: each place goes there and calls suffer(). */
#include "combine.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <ucontext.h>

static void *suffer_in_thread(void *unused)
{
	pthread_setname_np(pthread_self(), "victim");
	suffer();
	return unused;
}

static void in_thread(void)
{
	join(suffer_in_thread, NULL);
}

static void *thread_of_a_thread(void *unused)
{
	join(suffer_in_thread, NULL);
	return unused;
}

static void in_second_thread(void)
{
	join(thread_of_a_thread, NULL);
}

/* As small as a stack may be. */
static void in_small_thread(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
	errno = pthread_create(&thread, &attributes, suffer_in_thread, NULL);
	if (errno)
		LOST("pthread_create");
	pthread_join(thread, NULL);
}

static void suffer_in_handler(int sig)
{
	(void)sig;
	suffer();
}

static void in_handler(void)
{
	signal(SIGUSR1, suffer_in_handler);
	raise(SIGUSR1);
}

static void in_handler_on_own_stack(void)
{
	static char memory[64 * 1024];
	const stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};
	const struct sigaction action = {.sa_handler = suffer_in_handler, .sa_flags = SA_ONSTACK};
	if (sigaltstack(&stack, NULL) != 0 || sigaction(SIGUSR1, &action, NULL) != 0)
		LOST("sigaltstack");
	raise(SIGUSR1);
}

static void in_atexit(void)
{
	atexit(suffer);
	exit(5);
}

static bool wants_destructor;

__attribute__((destructor)) static void late(void)
{
	if (wants_destructor)
		suffer();
}

static void in_destructor(void)
{
	wants_destructor = true;
	exit(5);
}

static void suffer_with_value(void *value)
{
	(void)value;
	suffer();
}

static void *leave_a_value(void *unused)
{
	pthread_key_t key;
	(void)unused;
	pthread_key_create(&key, suffer_with_value);
	pthread_setspecific(key, &key);
	return NULL;
}

static void in_tls_destructor(void)
{
	join(leave_a_value, NULL);
}

static void *exit_with_cleanup(void *unused)
{
	pthread_cleanup_push(suffer_with_value, unused);
	pthread_exit(NULL);
	pthread_cleanup_pop(0);
	return NULL;
}

static void in_cleanup(void)
{
	join(exit_with_cleanup, NULL);
}

void plugin_loaded(void)
{
	suffer();
}

/* The loader's lock is held. The plug-in lies beside the program. */
static void in_dlopen(void)
{
	char path[PATH_MAX];
	const ssize_t bytes = readlink("/proc/self/exe", path, sizeof(path) - 32);
	if (bytes <= 0)
		LOST("readlink");
	path[bytes] = 0;
	strcpy(strrchr(path, '/'), "/die_plugin.so");
	if (!dlopen(path, RTLD_NOW)) {
		dprintf(2, "die: %s\n", dlerror());
		_exit(97);
	}
}

static int compare_and_suffer(const void *a, const void *b)
{
	suffer();
	return *(const int *)a - *(const int *)b;
}

static void in_qsort(void)
{
	int numbers[] = {2, 1};
	qsort(numbers, 2, sizeof(*numbers), compare_and_suffer);
}

static void in_bsearch(void)
{
	const int numbers[] = {1}, key = 1;
	if (!bsearch(&key, numbers, 1, sizeof(*numbers), compare_and_suffer))
		_exit(97);
}

static ssize_t write_and_suffer(void *cookie, const char *data, size_t bytes)
{
	(void)cookie;
	(void)data;
	suffer();
	return (ssize_t)bytes;
}

/* Inside of printf, the stream's lock held. */
static void in_stream(void)
{
	FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_and_suffer});
	setvbuf(stream, NULL, _IONBF, 0);
	fprintf(stream, "a line of %d words\n", 4);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void in_once(void)
{
	pthread_once(&once, suffer);
}

static void in_atfork(void)
{
	pthread_atfork(suffer, NULL, NULL);
	if (fork() == 0)
		_exit(0);
}

static ucontext_t main_context;

static void in_coroutine(void)
{
	static char memory[256 * 1024];
	ucontext_t other;
	getcontext(&other);
	other.uc_stack.ss_sp = memory;
	other.uc_stack.ss_size = sizeof(memory);
	other.uc_link = &main_context;
	makecontext(&other, suffer, 0);
	swapcontext(&main_context, &other);
}

/* In a process of its own: the parent tells how it ended, in its own words and its own status. */
static void await_child(pid_t child)
{
	int status = 0;
	if (child < 0)
		LOST("fork");
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			LOST("waitpid");
	printf("child: status %#x\n", (unsigned)status);
	exit(6);
}

static void in_fork_child(void)
{
	const pid_t child = fork();
	if (child == 0)
		suffer();
	if (child == 0)
		_exit(5);
	await_child(child);
}

static void in_vfork_child(void)
{
	const pid_t child = vfork();
	if (child == 0) {
		suffer();
		_exit(5);
	}
	await_child(child);
}

static void in_daemon(void)
{
	const pid_t child = fork();
	if (child == 0) {
		setsid();
		if (fork() != 0)
			_exit(0);
		suffer();
		_exit(5);
	}
	waitpid(child, NULL, 0);
	_exit(0);
}

/*
 * Process 1 of a namespace of its own, with a /proc of its own as containers have it: the kernel gives it no default actions but
 * for faults.
 */
static void as_init(void)
{
	if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0)
		LOST("unshare");
	const pid_t child = fork();
	if (child == 0) {
		mount("none", "/proc", NULL, MS_REC | MS_PRIVATE, NULL);
		if (mount("proc", "/proc", "proc", 0, NULL) != 0)
			LOST("mount");
		suffer();
		_exit(5);
	}
	await_child(child);
}

/* The same program again, at the place main. */
static void behind_exec(void)
{
	for (char **at = combined + 2; *at; at++)
		if (strncmp(*at, "place=", 6) == 0)
			*at = (char *)(uintptr_t) "place=main";
	fflush(NULL);
	execv("/proc/self/exe", combined);
	LOST("exec");
}

const struct choice places[] = {
	{"main", suffer},
	{"thread", in_thread},
	{"second_thread", in_second_thread},
	{"small_thread", in_small_thread},
	{"handler", in_handler},
	{"handler_on_own_stack", in_handler_on_own_stack},
	{"constructor", suffer},
	{"atexit", in_atexit},
	{"destructor", in_destructor},
	{"tls_destructor", in_tls_destructor},
	{"cleanup", in_cleanup},
	{"dlopen", in_dlopen},
	{"qsort", in_qsort},
	{"bsearch", in_bsearch},
	{"stream", in_stream},
	{"once", in_once},
	{"atfork", in_atfork},
	{"coroutine", in_coroutine},
	{"fork_child", in_fork_child},
	{"vfork_child", in_vfork_child},
	{"daemon", in_daemon},
	{"init", as_init},
	{"exec", behind_exec},
	{NULL, NULL},
};
