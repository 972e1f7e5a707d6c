#include "command.h"
#include "recorder_list.h"
#include "recovery.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct tally {
	size_t found;
	int status;
};

static int failed(struct tally *tally, const char *path, const char *what)
{
	tally->status = command_error(&command_recover, COMMAND_BAD_FILE, "%s: %s", path, what);
	return tally->status;
}

static void remove_done(const char *recorder, struct tally *tally)
{
	if (!recovery_remove(&command_recover, recorder))
		tally->status = COMMAND_BAD_FILE;
}

/* Prints the name of the snapshot on standard output: scripts read it. */
static void save(struct snapshot *snapshot, const struct recorder_view *view, const char *storage, const char *recorder,
		 struct tally *tally)
{
	struct snapshot_error error;
	char path[PATH_MAX];

	if (snapshot_write(snapshot, storage, path, sizeof(path), &error) != 0) {
		failed(tally, recorder, error.text);
		return;
	}
	puts(path);
	tally->found++;
	remove_done(recorder, tally);
	recovery_retain(view, storage, path);
}

static void recover_one(const struct recorder_view *view, const char *storage, const char *recorder, struct tally *tally)
{
	struct snapshot snapshot;
	int error;

	snapshot_init(&snapshot);
	error = recovery_build(&snapshot, view, recorder, false);
	if (error)
		failed(tally, recorder, strerror(-error));
	else
		save(&snapshot, view, recovery_storage(view, storage), recorder, tally);
	snapshot_fini(&snapshot);
}

/* Killed before it had said anything. Its maker may not have it mapped yet, so a process of that number keeps it. */
static bool remove_half_made(const struct recorder_entry *entry, struct tally *tally)
{
	if (!recorder_is_half_made(entry->path))
		return false;
	if (kill(entry->pid, 0) != 0 && errno == ESRCH)
		remove_done(entry->path, tally);
	return true;
}

/* A file that cannot be read is left where it is: somebody may want to look at it. */
static void look_at(const struct recorder_entry *entry, const char *storage, struct tally *tally)
{
	const int life = entry->unseen ? 1 : recorder_life(entry->pid, entry->path);
	struct recorder_copy copy;
	const char *why;
	int error;

	if (life < 0)
		failed(tally, entry->path, strerror(-life));
	if (life || remove_half_made(entry, tally))
		return;
	error = recorder_load(&copy, entry->path, &why);
	if (error == -ENOENT)
		return; /* another `ttlog` was faster */
	if (error) {
		failed(tally, entry->path, why ? why : strerror(-error));
		return;
	}
	if (recovery_is_wanted(&copy.view))
		recover_one(&copy.view, storage, entry->path, tally);
	else
		remove_done(entry->path, tally);
	recorder_unload(&copy);
}

static int recover(const char *storage)
{
	struct tally tally = {0, COMMAND_DONE};
	struct recorder_list list;
	char directory[PATH_MAX];
	int error = recorder_list_open(&list);

	recorder_directory(directory);
	if (error)
		return command_error(&command_recover, COMMAND_BAD_FILE, "%s: %s", directory, strerror(-error));
	for (size_t i = 0; i < list.count; i++)
		look_at(&list.entries[i], storage, &tally);
	recorder_list_close(&list);
	if (tally.status)
		return tally.status;
	if (!tally.found)
		return command_error(&command_recover, COMMAND_NOTHING, "%s: no recorder of a process that died", directory);
	return COMMAND_DONE;
}

static int run_recover(int argc, char **argv)
{
	static const struct option none[] = {{NULL, 0, NULL, 0}};
	int option = command_option(&command_recover, argc, argv, none, 0);

	if (option == OPTION_HELP)
		return COMMAND_DONE;
	if (option == OPTION_BAD)
		return COMMAND_USAGE;
	if (argc - optind > 1)
		return command_error(&command_recover, COMMAND_USAGE, "%s: more than one DIR; see `ttlog recover --help`",
				     argv[optind + 1]);
	return recover(optind < argc ? argv[optind] : NULL);
}

const struct command command_recover = {
	.name = "recover",
	.summary = "snapshots of processes that died without one (SIGKILL, no memory)",
	.run = run_recover,
	.operands = COMMAND_TAKES_DIRECTORY,
	.help = "usage: ttlog recover [DIR]\n\n"
		"Looks at the recorder files that dead processes of this user left in /dev/shm,\n"
		"writes a snapshot of each that has none into DIR (default: the storage directory\n"
		"of that process), prints its name, and removes the recorder file. All of them,\n"
		"wherever these processes ran: DIR picks none.\n"
		"Exit status 1: there was none.\n\n"
		"Examples:\n"
		"  ttlog recover\n"
		"  ttlog recover /var/crash && ttlog ls /var/crash\n",
};
