#include "sinks.h"

#include "sink.h"
#include "syscalls.h"
#include "text.h"

#include <sys/utsname.h>

static sink_opener *const openers[SINK_KINDS] = {
	[SINK_STDOUT] = sink_stream_open, [SINK_STDERR] = sink_stream_open,    [SINK_FILE] = sink_file_open,
	[SINK_SYSLOG] = sink_syslog_open, [SINK_JOURNALD] = sink_journal_open, [SINK_UNIX] = sink_socket_open,
	[SINK_UDP] = sink_socket_open,    [SINK_TCP] = sink_socket_open,       [SINK_PLUGIN] = sink_plugin_open,
};

int sink_complain(char *error, size_t error_bytes, const char *what, const char *why, int number)
{
	struct text_writer text = text_begin(error, error_bytes);
	text_string(&text, what);
	text_string(&text, ": ");
	text_string(&text, why ? why : "unknown");
	return number;
}

void *sink_memory(size_t bytes)
{
	void *memory = sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	return sys_mmap_failed(memory) ? NULL : memory;
}

void sink_free(void *memory, size_t bytes)
{
	SYS2(SYS_munmap, memory, bytes);
}

void sink_names(struct render_syslog_names *names, unsigned facility)
{
	struct utsname machine;
	struct text_writer name = text_begin(names->hostname, sizeof(names->hostname));
	names->facility = facility;
	if (SYS1(SYS_uname, &machine) == 0)
		text_string(&name, machine.nodename);
}

/* What messages about a listener call it: its item up to the first option. Whoever asked for the listener copies it. */
static const char *name_of(const char *spec, size_t bytes)
{
	static char name[128];
	struct text_writer text = text_begin(name, sizeof(name));
	for (size_t i = 0; i < bytes && spec[i] != ','; i++)
		text_char(&text, spec[i]);
	return name;
}

int sinks_open(const char *spec, size_t bytes, struct ttlog_listener *listener, char *error, size_t error_bytes)
{
	struct sink_options options;
	error[0] = 0;
	int result = sink_options_parse(spec, bytes, &options, error, error_bytes);
	if (result)
		return result;
	*listener = (struct ttlog_listener){.version = TTLOG_LISTENER_VERSION, .policy = options.policy, .level = options.level};
	result = openers[options.kind](&options, listener, error, error_bytes);
	if (result)
		return result;
	if (options.policy_given)
		listener->policy = options.policy;
	if (options.level_given)
		listener->level = options.level;
	if (!listener->name)
		listener->name = name_of(spec, bytes);
	return 0;
}

bool sinks_wait(const char *spec, size_t bytes)
{
	struct sink_options options;
	char error[1];
	return sink_options_parse(spec, bytes, &options, error, sizeof(error)) != 0 || options.kind != SINK_FILE;
}

bool sinks_check(const char *spec)
{
	struct sink_options options;
	char error[1];
	for (size_t bytes; *spec; spec += bytes + (spec[bytes] == ';')) {
		bytes = strcspn(spec, ";");
		if (bytes && sink_options_parse(spec, bytes, &options, error, sizeof(error)) != 0)
			return false;
	}
	return true;
}
