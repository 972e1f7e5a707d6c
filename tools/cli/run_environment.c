#include "command.h"
#include "describe.h"
#include "preload_path.h"
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void run_set(const char *name, const char *value)
{
	if (setenv(name, value, 1) != 0)
		exit(command_error(&command_run, COMMAND_NOTHING, "%s: %s", name, strerror(errno)));
}

static const char agent[] = "libttlog_agent.so";

/* The agent beside the binary in a build directory, in ../lib of an installation; a link in ../libexec/ttlog leads to it elsewhere. */
static bool find_agent(const char *home, char path[PATH_MAX])
{
	static const char *const places[] = {"", "../lib/", "../lib/ttlog/", "../libexec/ttlog/"};
	char candidate[PATH_MAX + 64];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(candidate, sizeof(candidate), "%s/%s%s", home, places[i], agent);
		if (realpath(candidate, path))
			return true;
	}
	return false;
}

/* The helper beside the binary in a build directory, in ../libexec/ttlog or ../lib/ttlog of an installation. */
static void find_capture(struct run *run)
{
	static const char *const places[] = {"", "../libexec/ttlog/", "../lib/ttlog/"};
	char candidate[PATH_MAX + 64];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(candidate, sizeof(candidate), "%s/%sttlog-capture", run->home, places[i]);
		if (realpath(candidate, run->capture))
			return;
	}
	run->capture[0] = '\0';
}

static int find_home(struct run *run)
{
	ssize_t length = readlink("/proc/self/exe", run->home, sizeof(run->home) - 1);

	if (length <= 0)
		return command_error(&command_run, COMMAND_NOTHING, "/proc/self/exe: cannot be read: is /proc mounted?");
	run->home[length] = '\0';
	*strrchr(run->home, '/') = '\0';
	find_capture(run);
	return 0;
}

/* What is there, without agents: another one would be a second recorder in the process, and one by a relative path an error elsewhere. */
static char *others(void)
{
	const char *old = getenv("LD_PRELOAD");
	char *list = strdup(old ? old : ""), *kept = calloc(1, strlen(list ? list : "") + 2), *rest = list;
	const char *word;

	if (!list || !kept) {
		free(list);
		free(kept);
		return NULL;
	}
	while ((word = strsep(&rest, PRELOAD_SEPARATORS))) {
		if (*word && strcmp(describe_base_name(word), agent) != 0)
			strcat(strcat(kept, ":"), word);
	}
	free(list);
	return kept;
}

/* What is there stays, behind the agent. */
static int set_preload(const struct run *run)
{
	char path[PATH_MAX], *value, *old;
	int error;

	if (!find_agent(run->home, path))
		return command_error(&command_run, COMMAND_NOTHING, "%s: neither in %s nor in ../lib nor in ../libexec/ttlog of it",
				     agent, run->home);
	error = preload_path(path);
	if (error)
		return command_error(&command_run, COMMAND_NOTHING, "%s: cannot be the way to an agent with blanks in its path: %s",
				     path, strerror(-error));
	old = others();
	if (!old || asprintf(&value, "%s%s", path, old) < 0) {
		free(old);
		return command_error(&command_run, COMMAND_NOTHING, "out of memory");
	}
	run_set("LD_PRELOAD", value);
	free(value);
	free(old);
	return 0;
}

/* The option, or else TTLOG_STORAGE, or else ./tmp; absolute, since the program may change its directory. */
static int set_storage(struct run *run)
{
	const char *given = run->options.storage, *set = getenv("TTLOG_STORAGE");
	char directory[PATH_MAX] = "";

	if (!given)
		given = set && *set ? set : "tmp";
	if (!strncmp(given, "./", 2))
		given += 2;
	if (given[0] != '/' && !getcwd(directory, sizeof(directory)))
		return command_error(&command_run, COMMAND_NOTHING, "the current directory is gone");
	if ((size_t)snprintf(run->storage, sizeof(run->storage), "%s%s%s", directory, given[0] == '/' ? "" : "/", given) >=
	    sizeof(run->storage))
		return command_error(&command_run, COMMAND_USAGE, "--storage %s: too long", given);
	run_set("TTLOG_STORAGE", run->storage);
	return 0;
}

/* Unique among runs of this machine: our pid while we live, and the time against its reuse. */
static void set_id(struct run *run)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(run->id, sizeof(run->id), "%ld-%llx", (long)getpid(),
		 (unsigned long long)now.tv_sec * 1000000000u + (unsigned long long)now.tv_nsec);
	run_set("TTLOG_RUN", run->id);
}

/* What commands obey, and the agent does not: that they are set is no mistake. `entry` is NAME=VALUE. */
static bool is_of_commands(const char *entry)
{
	static const char *const names[] = {"TTLOG_RUN=", "TTLOG_DB=", "TTLOG_PAGER="};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strncmp(entry, names[i], strlen(names[i])))
			return true;
	}
	return false;
}

/* The agent uses the default for a bad value and says nothing (standard error is the program's); here somebody is reading. */
static void check_variables(struct run *run)
{
	struct variables variables;

	variables_default(&variables);
	for (char **entry = environ; *entry; entry++) {
		const char *equals = strchr(*entry, '=');
		int error;

		if (strncmp(*entry, "TTLOG_", 6) != 0 || is_of_commands(*entry) || !equals)
			continue;
		error = variables_set(&variables, *entry + 6, equals + 1);
		if (error)
			fprintf(stderr, "ttlog: %.*s=%s: %s; see `ttlog env`\n", (int)(equals - *entry), *entry, equals + 1,
				error == -ENOENT ? "no such variable, ignored" : "bad value, using the default");
	}
	run->keep_snapshots = variables.keep_snapshots;
	run->keep_mb = variables.keep_mb;
	run->options.quiet |= variables.quiet;
	if (!run->options.has_interval)
		run->options.interval_ns = variables.interval_s * 1000000000ull;
}

static void set_given(const char *name, const char *value)
{
	if (value)
		run_set(name, value);
}

int run_prepare(struct run *run, bool preload)
{
	int status = find_home(run);

	if (!status && preload)
		status = set_preload(run);
	if (!status)
		status = set_storage(run);
	if (status)
		return status;
	set_given("TTLOG_KEEP", run->options.keep);
	check_variables(run);
	set_id(run);
	status = run_count_deaths(run);
	if (status)
		return status;
	set_given("TTLOG_SERVICE", run->options.service);
	set_given("TTLOG_ON_EXIT", run->options.on_exit_name);
	set_given("TTLOG_QUIET", run->options.quiet ? "1" : NULL);
	return 0;
}
