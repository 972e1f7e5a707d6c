#include "live.h"

#include "process_stat.h"
#include "recorder_list.h"
#include "shortage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int live_choose(const struct command *command, struct live_choice *choice, bool all, int argc, char **argv)
{
	*choice = (struct live_choice){0, NULL};
	if (argc > 1 || (argc == 1 && all))
		return command_error(command, COMMAND_USAGE, "%s: one PID, SERVICE or --all, not more; see `ttlog %s --help`",
				     argv[argc - 1], command->name);
	if (argc == 0 && !all)
		return command_error(command, COMMAND_USAGE, "no PID, SERVICE or --all given; see `ttlog %s --help`",
				     command->name);
	if (all)
		return COMMAND_DONE;
	if (!argv[0][0])
		return command_error(command, COMMAND_USAGE, "\"\": neither a PID nor a SERVICE");
	if (!recorder_pid(argv[0], &choice->pid))
		choice->service = argv[0];
	return COMMAND_DONE;
}

uint64_t live_started(pid_t pid)
{
	struct process_stat stat;

	return process_stat_read(pid, &stat) ? stat.started : 0;
}

uint64_t live_started_ns(pid_t pid)
{
	const uint64_t ticks = live_started(pid), per_second = (uint64_t)sysconf(_SC_CLK_TCK);
	struct timespec boot, now;

	if (!ticks || clock_gettime(CLOCK_BOOTTIME, &boot) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0)
		return 0;
	const uint64_t up = (uint64_t)boot.tv_sec * 1000000000u + (uint64_t)boot.tv_nsec;
	const uint64_t then = ticks / per_second * 1000000000u + ticks % per_second * 1000000000u / per_second;
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec - up + then;
}

const char *live_service(const struct live_process *process)
{
	const struct recorder_identity *identity = recorder_view_identity(&process->follow.view);

	return identity ? identity->service : "";
}

static bool is_chosen(const struct live_process *process, const struct live_choice *choice)
{
	if (choice->pid)
		return process->pid == choice->pid;
	return !choice->service || !strcmp(live_service(process), choice->service);
}

int live_open_one(struct live_process *process, const char *path, pid_t pid, const struct live_choice *choice)
{
	struct stat status;
	const char *why;
	int error;

	if (choice->pid && pid != choice->pid)
		return 0;
	process->pid = pid;
	snprintf(process->path, sizeof(process->path), "%s", path);
	error = recorder_follow_open(&process->follow, path, &why);
	if (error)
		return error == -EAGAIN || is_shortage(error) ? error : 0; /* one that is damaged `ttlog recover` names */
	process->uid = fstat(process->follow.fd, &status) == 0 ? status.st_uid : 0;
	process->alive = recorder_is_alive(pid, path);
	if (is_chosen(process, choice))
		return 1;
	recorder_follow_close(&process->follow);
	return 0;
}

static struct live_process *make_room(struct live_list *list)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		struct live_process *grown = reallocarray(list->processes, room, sizeof(*grown));
		if (!grown)
			return NULL;
		list->processes = grown;
		list->room = room;
	}
	return &list->processes[list->count];
}

int live_open(struct live_list *list, const struct live_choice *choice, bool dead)
{
	struct recorder_list files;
	int error = recorder_list_open_all(&files);

	memset(list, 0, sizeof(*list));
	for (size_t i = 0; i < files.count && !error; i++) {
		struct live_process *process = make_room(list);
		if (!process)
			error = -ENOMEM;
		else if (files.entries[i].unseen)
			continue;
		else if (live_open_one(process, files.entries[i].path, files.entries[i].pid, choice) != 1)
			continue;
		else if (process->alive || dead)
			list->count++;
		else
			recorder_follow_close(&process->follow);
	}
	recorder_list_close(&files);
	return error;
}

void live_close(struct live_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		recorder_follow_close(&list->processes[i].follow);
	free(list->processes);
	memset(list, 0, sizeof(*list));
}
