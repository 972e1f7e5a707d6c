/* The agent's beginning and end in the life of a process. */
#define TTLOG_ABI_ONLY
#include "abort.h"
#include "api.h"
#include "config.h"
#include "containment.h"
#include "crash.h"
#include "disposition.h"
#include "journal.h"
#include "libc.h"
#include "libc_ways.h"
#include "listen.h"
#include "log_file.h"
#include "outlet.h"
#include "record.h"
#include "recorder_file.h"
#include "site.h"
#include "syscalls.h"
#include "text.h"
#include "throw.h"
#include "ttlog.h"
#include "writer.h"

#include <errno.h>
#include <sys/auxv.h>

/* Only where asked for: a program's standard error is its own. */
static void report_bad_value(void)
{
	char line[200];
	if (!config.error[0] || !config.set.debug)
		return;
	struct text_writer text = text_begin(line, sizeof(line));
	text_string(&text, "ttlog: ");
	text_string(&text, config.error);
	text_char(&text, '\n');
	sys_write(2, line, text.used);
}

static void last_words_as(int signal)
{
	stream_last_words_as();
	abort_last_words_as(signal);
}

/*
 * Runs before the constructors of the program. Costs some look-ups and system calls (make bench: start-up); the recorder is made at
 * the first event. A set-uid process gets nothing: its environment is its caller's.
 */
static void start(char *const *environment)
{
	if (getauxval(AT_SECURE)) {
		config.set.disable = true;
		return;
	}
	config_load(environment, program_invocation_short_name);
	report_bad_value();
	config.set.disable = config.set.disable || !recorder_init();
	if (config.set.disable)
		return;
	crash_find_helper();
	altstack_install();
	disposition_install();
	site_init();
	__atomic_store_n(&agent_ready, 1, __ATOMIC_RELEASE);
	crash_last_words_as = last_words_as;
	crash_saved_as = listen_last_words_as;
	crash_own_fault_as = containment_fault_as;
	log_file_init(config.set.files);
	stream_init(config.set.capture);
	journal_init();
	listen_init();
	writer_init();
	throw_init();
}

/* Nothing is unmapped: threads and destructors that come after may still record. */
static void stop(void *unused)
{
	const int saved_errno = errno;
	(void)unused;
	if (agent_ready) {
		stream_take_rest(stdout);
		stream_take_rest(stderr);
		writer_stop(LISTEN_END_MS);
		listen_stop(LISTEN_END_MS);
		recorder_leave();
	}
	errno = saved_errno;
}

__attribute__((constructor)) static void engine_start(int argc, char **argv, char **environment)
{
	(void)argc;
	(void)argv;
	const int saved_errno = errno;
	libc_resolve();
	api_init();
	start(libc_environment(environment));
	libc_at_quick_exit(stop); /* quick_exit(3) calls no destructor; the first to come is the last to be called */
	errno = saved_errno;
}

__attribute__((destructor)) static void engine_stop(void)
{
	stop(NULL);
}
