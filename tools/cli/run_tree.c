#include "proc_number.h"
#include "process_stat.h"
#include "run.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEPTH_MAX 4096 /* of a chain of parents: a bound, should it change while we climb */

/* All of the machine, by their numbers in /proc, out of which the descendants are picked. */
struct listing {
	struct run_process *processes;
	size_t count, room;
};

static bool grow(struct run_process **processes, size_t count, size_t *room)
{
	struct run_process *grown;
	size_t more = *room ? *room * 2 : 64;

	if (count < *room)
		return true;
	grown = reallocarray(*processes, more, sizeof(*grown));
	if (!grown)
		return false;
	*processes = grown;
	*room = more;
	return true;
}

static void list_all(struct listing *all)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		pid_t number = (pid_t)strtol(entry->d_name, NULL, 10);
		struct process_stat stat;
		if (number <= 0 || !process_stat_read_number(number, &stat) || !process_stat_is_living(&stat))
			continue;
		if (!grow(&all->processes, all->count, &all->room))
			break;
		all->processes[all->count++] = (struct run_process){number, stat.parent, RUN_PROGRAM, stat.started,
								    stat.waited[0] + stat.waited[1]};
	}
	if (directory)
		closedir(directory);
}

static bool runs_file(pid_t number, const char *path)
{
	char link[64];
	struct stat one, other;

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)number);
	return *path && stat(link, &one) == 0 && stat(path, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

static enum run_role role_of(const struct run *run, pid_t number)
{
	if (runs_file(number, run->capture))
		return RUN_HELPER;
	return runs_file(number, "/proc/self/exe") ? RUN_NESTED : RUN_PROGRAM;
}

static void add_children(struct run_tree *tree, const struct listing *all, const struct run *run, pid_t parent)
{
	for (size_t i = 0; i < all->count; i++) {
		if (all->processes[i].parent != parent || !grow(&tree->processes, tree->count, &tree->room))
			continue;
		tree->processes[tree->count] = all->processes[i];
		tree->processes[tree->count++].role = role_of(run, all->processes[i].pid);
	}
}

/* As kill(2) and wait(2) have them. */
static void take_own_numbers(struct run_tree *tree)
{
	size_t kept = 0;

	for (size_t i = 0; i < tree->count; i++) {
		struct run_process process = tree->processes[i];
		process.pid = proc_own_process(process.pid);
		process.parent = proc_own_process(process.parent);
		if (process.pid > 0) /* it has not ended meanwhile */
			tree->processes[kept++] = process;
	}
	tree->count = kept;
}

/* Whoever is orphaned comes to us: without a child we have no descendant, and need not look through the machine. */
static bool has_child(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

void run_tree_open(struct run_tree *tree, const struct run *run)
{
	struct listing all = {0};

	memset(tree, 0, sizeof(*tree));
	if (!has_child())
		return;
	list_all(&all);
	add_children(tree, &all, run, proc_number(getpid()));
	for (size_t i = 0; i < tree->count; i++)
		add_children(tree, &all, run, tree->processes[i].pid);
	free(all.processes);
	take_own_numbers(tree);
}

void run_tree_close(struct run_tree *tree)
{
	free(tree->processes);
	memset(tree, 0, sizeof(*tree));
}

bool run_tree_has(const struct run *run, enum run_role role)
{
	struct run_tree tree;
	bool found = false;

	run_tree_open(&tree, run);
	for (size_t i = 0; i < tree.count; i++)
		found |= tree.processes[i].role == role;
	run_tree_close(&tree);
	return found;
}

bool run_tree_descends(pid_t pid)
{
	struct process_stat stat;

	const pid_t self = proc_number(getpid());
	pid_t number = proc_number(pid);

	for (int depth = 0; number > 1 && depth < DEPTH_MAX; depth++) {
		if (!process_stat_read_number(number, &stat))
			return false;
		number = stat.parent;
		if (number == self)
			return true;
	}
	return false;
}

bool run_tree_is_there(const struct run_process *process)
{
	struct process_stat stat;

	return process_stat_read(process->pid, &stat) && stat.started == process->started && process_stat_is_living(&stat);
}
