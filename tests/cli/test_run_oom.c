/*
 * ttlog run and the kernel's out-of-memory killer: the snapshot of what it killed says so.
 */
#include "command.h"
#include "describe.h"
#include "memory_group.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(run_oom, .init = place_init, .fini = place_fini, .timeout = 120);

enum { LIMIT_MB = 48 };

static struct outcome run_in_group(const char *script, const char *last)
{
	return process_run(&(struct process_setup){
		.argv = LIST("/bin/sh", "-c", script, "sh", memory_group_procs(), TTLOG, place_storage(), PROGRAM("eats"), last)});
}

/* The real one, in a control group of 48 MB. */
Test(run_oom, killed_by_the_kernel)
{
	const char *why;
	struct snapshot snapshot;
	if (!memory_group_make(LIMIT_MB, &why))
		cr_skip_test("%s; the simulated test covers what is done with the counters", why);
	const struct outcome outcome = run_in_group("echo $$ >\"$1\" && exec \"$2\" run --storage \"$3\" -- \"$4\" \"$5\"", "1000");
	memory_group_remove();
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGKILL, "%s\n%s", status_text(outcome.status),
		  outcome.err.data);
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "SIGKILL");
	cr_assert(snapshot.oom.present && strcmp(snapshot.oom.scope, "cgroup") == 0 && snapshot.oom.kills == 1, "%s",
		  snapshot_describe(&snapshot));
	cr_assert(snapshot.oom.limit == (uint64_t)LIMIT_MB << 20 && snapshot.oom.used <= snapshot.oom.limit &&
			  snapshot.oom.used > snapshot.oom.limit / 2,
		  "%lu of %lu", snapshot.oom.used, snapshot.oom.limit);
	/* With pages of libraries, which are charged to whoever read them first. */
	cr_assert(snapshot.system.peak_rss > (16u << 20) && snapshot.system.peak_rss < 2 * snapshot.oom.limit, "%lu",
		  snapshot.system.peak_rss);
	expect_event_holding(&snapshot, "ate 32 MB");
	const struct outcome shown = ttlog(LIST("view", "--no-color", place_storage()));
	expect_shown(&shown, LIST("eats was killed by the kernel: out of memory: its control group may use 48 MB and used 48 MB",
				  "memory   at most ", "ate 32 MB"));
}

/* Where nobody struck nothing is claimed, though the group is full of limits. */
Test(run_oom, killed_by_somebody_else)
{
	const char *why;
	struct snapshot snapshot;
	if (!memory_group_make(LIMIT_MB, &why))
		cr_skip_test("%s", why);
	run_in_group("echo $$ >\"$1\" && exec \"$2\" run --storage \"$3\" -- /bin/sh -c 'kill -KILL $$'", NULL);
	memory_group_remove();
	snapshot_only(&snapshot, NULL);
	cr_assert(strcmp(snapshot.reason, "SIGKILL") == 0 && !snapshot.oom.present);
}

/*
 * Simulated, for machines whose control groups may not be written: `ttlog` finds files of ours instead, of both versions
 * (elsewhere.so), and the program counts up in them before it kills itself.
 */
static const char *elsewhere;

static void write_file(const char *path, const char *text)
{
	char whole[1024];
	FILE *file;
	snprintf(whole, sizeof(whole), "%s%s", elsewhere, path);
	for (char *at = whole + strlen(elsewhere) + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = 0;
		cr_assert(mkdir(whole, 0755) == 0 || errno == EEXIST, "%s: %s", whole, strerror(errno));
		*at = '/';
	}
	cr_assert((file = fopen(whole, "w")) && fputs(text, file) >= 0 && fclose(file) == 0, "%s: %s", whole, strerror(errno));
}

static void write_groups(void)
{
	static const char *const files[][2] = {
		{"/sys/fs/cgroup/memory.max", "67108864\n"},
		{"/sys/fs/cgroup/memory.peak", "67003187\n"},
		{"/sys/fs/cgroup/memory.events", "low 0\noom 2\noom_kill 2\n"},
		{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "67108864\n"},
		{"/sys/fs/cgroup/memory/memory.max_usage_in_bytes", "67003187\n"},
		{"/sys/fs/cgroup/memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"},
		{"/proc/vmstat", "nr_free_pages 1\noom_kill 7\n"},
	};
	elsewhere = place_directory();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		write_file(files[i][0], files[i][1]);
}

static struct outcome run_elsewhere(const char *script)
{
	char setting[1024];
	write_groups();
	snprintf(setting, sizeof(setting), "ELSEWHERE=%s", elsewhere);
	return process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--", "/bin/sh", "-c", script),
					.environment = LIST("LD_PRELOAD=" PROGRAM("elsewhere.so"), setting)});
}

#define COUNT_UP "for f in memory.events memory/memory.oom_control; do echo oom_kill 3 >$ELSEWHERE/sys/fs/cgroup/$f; done; "

Test(run_oom, simulated)
{
	struct snapshot snapshot;
	run_elsewhere(COUNT_UP "kill -KILL $$");
	snapshot_only(&snapshot, NULL);
	cr_assert(snapshot.oom.present && snapshot.oom.kills == 1 && snapshot.oom.limit == 67108864 &&
			  snapshot.oom.used == 67003187,
		  "%s", snapshot_describe(&snapshot));
	const struct outcome shown = ttlog(LIST("view", "--no-color", place_storage()));
	expect_shown(&shown, LIST("sh was killed by the kernel: out of memory: its control group may use 64 MB and used 63.9 MB"));
	const struct outcome json = ttlog(LIST("view", "--json", place_storage()));
	expect_shown(&json, LIST("\"oom\"", "\"scope\"", "\"cgroup\"", "\"kills\"", "\"limit\""));
}

/* The shell has its child's status, not we. */
Test(run_oom, simulated_grandchild)
{
	struct snapshot snapshot;
	const struct outcome outcome = run_elsewhere(PROGRAM("die") " kill_9; " COUNT_UP "exit 3");
	cr_assert(WEXITSTATUS(outcome.status) == 3, "%s%s", status_text(outcome.status), outcome.err.data);
	snapshot_only(&snapshot, NULL);
	cr_assert(strcmp(snapshot.reason, "killed") == 0 && snapshot.oom.present && snapshot.oom.kills == 1, "%s",
		  snapshot_describe(&snapshot));
}

/* Another process of the group was the victim; this one died of something else. */
Test(run_oom, simulated_other_death)
{
	struct snapshot snapshot;
	run_elsewhere(COUNT_UP "exec " PROGRAM("die") " segv_blocked");
	snapshot_only(&snapshot, NULL);
	cr_assert(strcmp(snapshot.reason, "SIGSEGV") == 0 && !snapshot.oom.present);
}

/* Nothing in our group: the killer may have struck anybody, and the text says no more. */
Test(run_oom, simulated_on_the_machine)
{
	struct snapshot snapshot;
	run_elsewhere("echo oom_kill 9 >$ELSEWHERE/proc/vmstat; kill -KILL $$");
	snapshot_only(&snapshot, NULL);
	cr_assert(snapshot.oom.present && strcmp(snapshot.oom.scope, "machine") == 0 && snapshot.oom.kills == 2);
	const struct outcome shown = ttlog(LIST("view", "--no-color", place_storage()));
	expect_shown(&shown, LIST("died of SIGKILL; the kernel's out-of-memory killer struck on this machine meanwhile"));
}

Test(run_oom, simulated_without_a_victim)
{
	struct snapshot snapshot;
	run_elsewhere("kill -KILL $$");
	snapshot_only(&snapshot, NULL);
	cr_assert(strcmp(snapshot.reason, "SIGKILL") == 0 && !snapshot.oom.present);
}
