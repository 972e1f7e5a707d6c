#include "run.h"

#include "proc_file.h"
#include "recorder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENVIRONMENT_BYTES ((size_t)1 << 20)
#define ONE_BYTES         (RUN_ID_BYTES + 12u)

static void mark_path(const char *id, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, RECORDER_ENDED "%s", id);
}

/* Takes no descriptor: without the mark those who are ended would make snapshots of it. */
static void mark(const char *id)
{
	char path[PATH_MAX];

	mark_path(id, path);
	(void)mknod(path, S_IFREG | 0644, 0);
}

/* An id begins with the pid of its run. The sticky directory gives us our own only. */
void run_sweep(const char *names)
{
	char place[64];
	const char *prefix = strrchr(names, '/') + 1;
	struct dirent *entry;
	DIR *directory;

	snprintf(place, sizeof(place), "%.*s", (int)(prefix - names), names);
	directory = opendir(place);
	while (directory && (entry = readdir(directory))) {
		const char *id = entry->d_name + strlen(prefix);
		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		if (kill((pid_t)strtol(id, NULL, 10), 0) != 0 && errno == ESRCH)
			unlinkat(dirfd(directory), entry->d_name, 0);
	}
	if (directory)
		closedir(directory);
}

/* Of a `ttlog run` inside ours the programs know their own run's id. */
static bool nested_id(pid_t pid, char id[RUN_ID_BYTES])
{
	static const char key[] = "TTLOG_RUN=";
	char *text = malloc(ENVIRONMENT_BYTES), *found = NULL;
	const size_t bytes = text ? proc_file_read(pid, "environ", text, ENVIRONMENT_BYTES) : 0;

	for (size_t at = 0; !found && at < bytes; at += strlen(text + at) + 1)
		found = strncmp(text + at, key, sizeof(key) - 1) == 0 ? text + at + sizeof(key) - 1 : NULL;
	snprintf(id, RUN_ID_BYTES, "%s", found ? found : "");
	free(text);
	return id[0] && !strchr(id, '/');
}

static void each_id(const struct run *run, void (*act)(const char *id))
{
	struct run_tree tree;
	char id[RUN_ID_BYTES];

	act(run->id);
	run_tree_open(&tree, run);
	for (size_t i = 0; i < tree.count; i++) {
		if (nested_id(tree.processes[i].pid, id) && strcmp(id, run->id) != 0)
			act(id);
	}
	run_tree_close(&tree);
}

void run_mark_end(const struct run *run)
{
	run_sweep(RECORDER_ENDED);
	each_id(run, mark);
}

void run_unmark_end(const struct run *run)
{
	char path[PATH_MAX];

	mark_path(run->id, path);
	unlink(path);
	run_sweep(RECORDER_ENDED); /* those of the runs inside ours, which have ended */
}

static void id_of_one(const char *id, pid_t pid, char one[ONE_BYTES])
{
	snprintf(one, ONE_BYTES, "%s-%d", id, (int)pid);
}

void run_mark_end_of(const struct run *run, pid_t pid)
{
	char id[RUN_ID_BYTES], one[ONE_BYTES];

	id_of_one(nested_id(pid, id) ? id : run->id, pid, one);
	mark(one);
}

/* That of a run inside ours goes with that run. */
void run_unmark_end_of(const struct run *run, pid_t pid)
{
	char path[PATH_MAX], one[ONE_BYTES];

	id_of_one(run->id, pid, one);
	mark_path(one, path);
	unlink(path);
}

static bool is_marked(const char *id)
{
	char path[PATH_MAX];

	mark_path(id, path);
	return access(path, F_OK) == 0;
}

bool run_is_ended_from_above(const struct run *run, pid_t pid)
{
	char one[ONE_BYTES];

	id_of_one(run->id, pid, one);
	return run->stage == RUN_IN_TIME && (is_marked(run->id) || is_marked(one));
}
