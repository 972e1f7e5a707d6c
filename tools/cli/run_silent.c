#include "run.h"

#include "describe.h"
#include "snapshot.h"
#include "version.h"

#include <sys/resource.h>
#include <unistd.h>

#define FEW_BYTES 65536u /* of a file: as a rule a snapshot has less */

/* Only the hard limit is in the way of who makes one. */
static void add_limit(struct snapshot *snapshot)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_max < FEW_BYTES)
		snapshot_add_degradation(snapshot, arena_format(&snapshot->arena,
								"files may have no more than %llu bytes here (ulimit -f): "
								"a snapshot with events and stacks may not have fitted",
								(unsigned long long)limit.rlim_max));
}

/* The environment and the command line are all that is known; it is still the place where people look for the reason. */
void run_describe_silent(const struct run *run, struct snapshot *snapshot)
{
	struct arena *arena = &snapshot->arena;
	char *const *command = run->options.command;
	char directory[PATH_MAX];
	size_t count = 0;

	snapshot_add_system(snapshot, 0);
	snapshot->service = run->options.service ? run->options.service : describe_base_name(command[0]);
	snapshot->run = run->id;
	snapshot->pid = run->child;
	snapshot->ppid = getpid();
	snapshot->cwd = arena_string(arena, getcwd(directory, sizeof(directory)));
	while (command[count])
		count++;
	snapshot->cmdline = arena_alloc(arena, count, sizeof(char *));
	for (snapshot->cmdline_count = 0; snapshot->cmdline_count < count; snapshot->cmdline_count++)
		snapshot->cmdline[snapshot->cmdline_count] = command[snapshot->cmdline_count];
	snapshot->agent.version = TTLOG_VERSION;
	snapshot_add_degradation(snapshot, run->unreachable
						   ? "the agent could not be preloaded"
						   : "no recorder of it was found: it said nothing, or could not make one");
	add_limit(snapshot);
}
