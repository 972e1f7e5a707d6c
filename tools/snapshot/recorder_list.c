#include "recorder_list.h"

#include "proc_number.h"
#include "recorder.h"
#include "recorder_owner.h"
#include "recorder_place.h"
#include "shortage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void recorder_directory(char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, RECORDER_DIRECTORY "%u", (unsigned)geteuid());
}

/* The pid in "<pid>-<something>.rec", or 0 for any other name. */
static pid_t parse_name(const char *name)
{
	size_t length = strlen(name), suffix = sizeof(RECORDER_SUFFIX) - 1;
	char *end;
	long pid;

	if (length <= suffix || strcmp(name + length - suffix, RECORDER_SUFFIX) != 0)
		return 0;
	if (name[0] < '1' || name[0] > '9')
		return 0;
	errno = 0;
	pid = strtol(name, &end, 10);
	return *end == '-' && !errno && pid <= INT_MAX ? (pid_t)pid : 0;
}

static int append(struct recorder_list *list, const char *directory, const char *name, pid_t pid)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		struct recorder_entry *entries = reallocarray(list->entries, room, sizeof(*entries));
		if (!entries)
			return -ENOMEM;
		list->entries = entries;
		list->room = room;
	}
	struct recorder_entry *entry = &list->entries[list->count];
	entry->pid = pid;
	if ((size_t)snprintf(entry->path, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX)
		return 0;
	const int owner = recorder_owner(entry->path, &entry->pid);
	entry->unseen = owner == OWNER_UNSEEN;
	list->count += owner >= 0;
	return owner < 0 ? owner : 0;
}

static int by_pid(const void *left, const void *right)
{
	const struct recorder_entry *a = left, *b = right;

	return a->pid != b->pid ? (a->pid > b->pid) - (a->pid < b->pid) : strcmp(a->path, b->path);
}

static int add_directory(struct recorder_list *list, const char *path, uid_t owner)
{
	const int fd = recorder_place_open(path, owner);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int error;

	if (fd < 0) /* another user could have made it first, or put a link there: there is nothing of ours */
		return fd == -ENOENT || fd == -ELOOP || fd == -ENOTDIR || fd == -EPERM ? 0 : fd;
	if (!stream) {
		close(fd);
		return -ENOMEM;
	}
	while ((error = next_entry(stream, &entry)) > 0) {
		pid_t pid = parse_name(entry->d_name);
		error = pid ? append(list, path, entry->d_name, pid) : 0;
		if (error)
			break;
	}
	closedir(stream);
	return error;
}

static void sort(struct recorder_list *list)
{
	if (list->count)
		qsort(list->entries, list->count, sizeof(*list->entries), by_pid);
}

int recorder_list_open(struct recorder_list *list)
{
	char directory[PATH_MAX];
	int error;

	memset(list, 0, sizeof(*list));
	recorder_directory(directory);
	error = add_directory(list, directory, getuid());
	sort(list);
	return error;
}

int recorder_list_open_all(struct recorder_list *list)
{
	char path[PATH_MAX] = RECORDER_DIRECTORY;
	char *slash = strrchr(path, '/');
	struct dirent *entry;
	uid_t user;
	DIR *stream;
	int error;

	if (geteuid() != 0)
		return recorder_list_open(list);
	memset(list, 0, sizeof(*list));
	*slash = 0;
	stream = opendir(path);
	if (!stream)
		return errno == ENOENT ? 0 : -errno;
	while ((error = next_entry(stream, &entry)) > 0) {
		*slash = '/';
		snprintf(slash + 1, (size_t)(path + sizeof(path) - slash - 1), "%s", entry->d_name);
		if (!recorder_place_user(path, &user))
			continue;
		error = add_directory(list, path, user);
		if (error)
			break;
	}
	closedir(stream);
	sort(list);
	return error;
}

void recorder_list_close(struct recorder_list *list)
{
	free(list->entries);
	memset(list, 0, sizeof(*list));
}

static bool is_gone(int error)
{
	return error == -ENOENT || error == -ESRCH;
}

/* 1: mentioned, 0: not, -errno: cannot be read. */
static int maps_mention(const char *maps, const char *name)
{
	FILE *file = fopen(maps, "re");
	char *line = NULL;
	size_t room = 0;
	int found = 0;

	if (!file)
		return -errno;
	while (!found && getline(&line, &room, file) > 0)
		found = strstr(line, name) != NULL;
	if (!found && !feof(file))
		found = -errno;
	free(line);
	fclose(file);
	return found;
}

/* The main thread may have ended before the others: then /proc/pid/maps is empty and those of its threads are not. */
static int threads_mention(pid_t number, const char *name)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int found = 0, result;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)number);
	tasks = opendir(path);
	if (!tasks)
		return -errno;
	while ((result = next_entry(tasks, &entry)) > 0 && !found) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%.20s/maps", (int)number, entry->d_name);
		found = maps_mention(path, name);
		if (is_gone(found)) /* meanwhile */
			found = 0;
	}
	closedir(tasks);
	return found || result >= 0 ? found : result;
}

/* Somebody has its number whom we may not look into: unless it was the number of another namespace, that may be its process. */
static bool may_be_its(const char *path)
{
	const char *name = strrchr(path, '/');
	pid_t pid = parse_name(name ? name + 1 : path);

	return pid == 0 || recorder_owner(path, &pid) != OWNER_GONE;
}

/*
 * Without the right to look (EACCES: it changed its user), or what it takes to look (a descriptor, memory), a process of that number counts
 * as alive: files are removed on a no.
 */
int recorder_life(pid_t pid, const char *path)
{
	const char *name = strrchr(path, '/');
	const pid_t number = proc_number(pid);
	char maps[64];
	int found;

	if (number < 0 && is_shortage(number))
		return number;
	snprintf(maps, sizeof(maps), "/proc/%d/maps", (int)number);
	name = name ? name : path;
	found = maps_mention(maps, name);
	if (!found)
		found = threads_mention(number, name);
	if (found < 0 && is_shortage(found))
		return found;
	if (is_gone(found)) /* from /proc, which may not be mounted, or hide it (hidepid) */
		return kill(pid, 0) == 0 || errno == EPERM;
	return found < 0 ? may_be_its(path) : found;
}

bool recorder_is_alive(pid_t pid, const char *path)
{
	return recorder_life(pid, path) != 0;
}

bool recorder_pid(const char *name, pid_t *pid)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(name, &end, 10);
	if (name[0] < '0' || name[0] > '9' || *end || errno || number < 1 || number > INT_MAX)
		return false;
	*pid = (pid_t)number;
	return true;
}

bool recorder_find(pid_t pid, char path[PATH_MAX], bool *alive)
{
	struct recorder_list list;
	bool found = false;

	*alive = false;
	if (recorder_list_open(&list) != 0)
		return false;
	for (size_t i = 0; i < list.count && !*alive; i++) {
		if (list.entries[i].pid != pid)
			continue;
		*alive = recorder_is_alive(pid, list.entries[i].path);
		if (*alive || !found)
			snprintf(path, PATH_MAX, "%s", list.entries[i].path);
		found = true;
	}
	recorder_list_close(&list);
	return found;
}
