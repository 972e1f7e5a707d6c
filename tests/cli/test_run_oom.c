/*
 * ttlog run and the kernel's out-of-memory killer: the snapshot of what it killed says so.
 */
#include "command.h"
#include "describe.h"
#include "memory_group.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
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

/* Simulated, for machines whose control groups may not be written: files of both versions instead, and a program that counts up in them
 * before it kills itself. */
static void write_groups(const char *oom_kill)
{
	static const struct {
		const char *name, *text;
	} files[] = {
		{"memory.max", "67108864\n"},    {"memory.limit_in_bytes", "67108864\n"},
		{"memory.peak", "67003187\n"},   {"memory.max_usage_in_bytes", "67003187\n"},
		{"memory.current", "1048576\n"}, {"memory.usage_in_bytes", "1048576\n"},
	};
	static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/memory"};
	for (size_t place = 0; place < 2; place++) {
		char path[256];
		FILE *file;
		mkdir(places[place], 0755);
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
			snprintf(path, sizeof(path), "%s/%s", places[place], files[i].name);
			cr_assert((file = fopen(path, "w")) && fputs(files[i].text, file) >= 0 && fclose(file) == 0);
		}
		snprintf(path, sizeof(path), "%s/%s", places[place], place ? "memory.oom_control" : "memory.events");
		cr_assert((file = fopen(path, "w")) && fprintf(file, "low 0\n%s", oom_kill) > 0 && fclose(file) == 0);
	}
}

static void simulate_groups(void)
{
	if (!place_has_own_shm() || mount("tmpfs", "/sys/fs/cgroup", "tmpfs", 0, NULL) != 0)
		cr_skip_test("/sys/fs/cgroup cannot be replaced here: %s", strerror(errno));
	write_groups("oom_kill 2\n");
}

#define COUNT_UP "for f in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do echo oom_kill 3 >$f; done; "

Test(run_oom, simulated)
{
	struct snapshot snapshot;
	simulate_groups();
	TTLOG_RUN("/bin/sh", "-c", COUNT_UP "kill -KILL $$");
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
	simulate_groups();
	const struct outcome outcome = TTLOG_RUN("/bin/sh", "-c", PROGRAM("die") " kill_9; " COUNT_UP "exit 3");
	cr_assert(WEXITSTATUS(outcome.status) == 3);
	snapshot_only(&snapshot, NULL);
	cr_assert(strcmp(snapshot.reason, "killed") == 0 && snapshot.oom.present && snapshot.oom.kills == 1, "%s",
		  snapshot_describe(&snapshot));
}

/* Another process of the group was the victim; this one died of something else. */
Test(run_oom, simulated_other_death)
{
	struct snapshot snapshot;
	simulate_groups();
	TTLOG_RUN("/bin/sh", "-c", COUNT_UP "exec " PROGRAM("die") " segv_blocked");
	snapshot_only(&snapshot, NULL);
	cr_assert(strcmp(snapshot.reason, "SIGSEGV") == 0 && !snapshot.oom.present);
}

/* Not in our group, whose limit is none: the killer may have struck anybody, and the text says no more. */
Test(run_oom, simulated_on_the_machine)
{
	struct snapshot snapshot;
	const char *vmstat = place_file("vmstat", "nr_free_pages 1\noom_kill 7\n", 27);
	simulate_groups();
	if (mount(vmstat, "/proc/vmstat", NULL, MS_BIND, NULL) != 0)
		cr_skip_test("/proc/vmstat cannot be replaced here: %s", strerror(errno));
	TTLOG_RUN("/bin/sh", "-c", "echo oom_kill 9 >/proc/vmstat; kill -KILL $$");
	snapshot_only(&snapshot, NULL);
	cr_assert(snapshot.oom.present && strcmp(snapshot.oom.scope, "machine") == 0 && snapshot.oom.kills == 2);
	const struct outcome shown = ttlog(LIST("view", "--no-color", place_storage()));
	expect_shown(&shown, LIST("died of SIGKILL; the kernel's out-of-memory killer struck on this machine meanwhile"));
}
