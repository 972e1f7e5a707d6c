/* span_places - spans in a signal handler, left by longjmp, and over a fork whose child ends its copy and dies, as then does the parent. */
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <ttlog.h>
#include <unistd.h>

static jmp_buf back;

static void handle(int signal)
{
	ttlog_span("in a handler", ttlog_kv("signal", signal));
	ttlog_info("said in a handler");
}

static void jump_out(void)
{
	ttlog_span("jumped over");
	longjmp(back, 1);
}

int main(void)
{
	signal(SIGUSR1, handle);
	{
		ttlog_span("around");
		raise(SIGUSR1);
		if (!setjmp(back))
			jump_out();
	}
	ttlog_info("after the jump");
	struct ttlog_span span = ttlog_span_begin("over fork");
	const pid_t child = fork();
	if (child == 0) {
		ttlog_span_end(&span);
		ttlog_info("said in the child");
		abort();
	}
	waitpid(child, NULL, 0);
	ttlog_span_end(&span);
	raise(SIGTERM);
	return 0;
}
