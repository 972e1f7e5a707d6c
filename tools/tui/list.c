#include "list.h"

#include "describe.h"
#include "directory.h"
#include "live.h"
#include "recorder_list.h"
#include "stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is there --------------------------------------------------------------------------------------------------------------- */

/* The row of that path, made where there is none. */
static struct list_row *row_of(struct list *list, const char *path)
{
	for (size_t i = 0; i < list->scroll.count; i++) {
		if (!strcmp(list->rows[i].path, path))
			return &list->rows[i];
	}
	if (list->scroll.count == list->room) {
		const size_t room = list->room ? list->room * 2 : 64;
		void *grown = reallocarray(list->rows, room, sizeof(*list->rows));
		if (!grown)
			return NULL;
		list->rows = grown;
		list->room = room;
	}
	list->rows[list->scroll.count] = (struct list_row){.path = strdup(path)};
	return list->rows[list->scroll.count].path ? &list->rows[list->scroll.count++] : NULL;
}

static void find_files(struct list *list)
{
	struct directory directory;

	list->error = -directory_open(&directory, list->directory);
	for (size_t i = 0; i < directory.count; i++) {
		const struct directory_entry *entry = &directory.entries[i];
		struct list_row *row = row_of(list, entry->path);
		if (!row)
			break;
		row->read &= row->modified == entry->modified && row->bytes == entry->bytes; /* another file, or more of it */
		row->modified = entry->modified;
		row->bytes = entry->bytes;
		row->time_ns = row->read ? row->time_ns : entry->modified;
		row->seen = true;
	}
	directory_close(&directory);
}

/* Recorders are opened once; that their process lives is asked each time. */
static void find_processes(struct list *list)
{
	struct recorder_list files;

	if (recorder_list_open_all(&files) != 0)
		return;
	for (size_t i = 0; i < files.count; i++) {
		const bool alive = recorder_is_alive(files.entries[i].pid, files.entries[i].path);
		struct list_row *row = row_of(list, files.entries[i].path);
		if (!row)
			break;
		row->read &= row->kind == (alive ? LIST_LIVE : LIST_GONE);
		row->kind = alive ? LIST_LIVE : LIST_GONE;
		row->pid = files.entries[i].pid;
		row->seen = true;
	}
	recorder_list_close(&files);
}

static void remove_row(struct list *list, size_t at)
{
	static const char elsewhere[] = ""; /* no row's path */

	if (list->rows[at].path == list->home)
		list->home = at == list->scroll.cursor ? NULL : elsewhere;
	free(list->rows[at].path);
	memmove(&list->rows[at], &list->rows[at + 1], (list->scroll.count - at - 1) * sizeof(*list->rows));
	list->scroll.count--;
	list->scroll.cursor -= at < list->scroll.cursor;
}

static void remove_unseen(struct list *list)
{
	for (size_t i = list->scroll.count; i-- > 0;) {
		if (!list->rows[i].seen)
			remove_row(list, i);
	}
}

void list_refresh(struct list *list)
{
	for (size_t i = 0; i < list->scroll.count; i++)
		list->rows[i].seen = false;
	find_files(list);
	find_processes(list);
	remove_unseen(list);
	list_sort(list);
}

void list_fini(struct list *list)
{
	while (list->scroll.count)
		remove_row(list, list->scroll.count - 1);
	free(list->rows);
	list->rows = NULL;
}

const struct list_row *list_chosen(const struct list *list)
{
	return list->scroll.count ? &list->rows[list->scroll.cursor] : NULL;
}

/* Read ------------------------------------------------------------------------------------------------------------------------ */

static void fill(struct list_row *row, const struct snapshot *snapshot)
{
	const struct snapshot_thread *crashed = describe_crashed(snapshot);
	const struct snapshot_thread *first = snapshot->thread_count ? &snapshot->threads[0] : NULL;
	const struct snapshot_frame *frame = describe_innermost(crashed ? crashed : first);

	row->time_ns = snapshot->created_at;
	row->pid = snapshot->pid;
	snprintf(row->service, sizeof(row->service), "%s", snapshot->service ? snapshot->service : "-");
	snprintf(row->reason, sizeof(row->reason), "%s", snapshot->reason ? snapshot->reason : "-");
	if (frame && frame->function)
		snprintf(row->function, sizeof(row->function), "%.*s", (int)describe_function_bytes(frame->function),
			 frame->function);
	else
		row->function[0] = '\0';
}

static void read_snapshot(struct list_row *row)
{
	const struct snapshot_visitor no_events = {.context = NULL};
	struct snapshot_error error = {.text = ""};
	struct snapshot snapshot;
	int fd = snapshot_open(row->path, &error);

	snapshot_init(&snapshot);
	row->bad = fd < 0 || snapshot_stream(fd, &snapshot, &no_events, &error) != 0;
	snprintf(row->error, sizeof(row->error), "%s", error.text);
	if (!row->bad)
		fill(row, &snapshot);
	if (fd >= 0)
		close(fd);
	snapshot_fini(&snapshot);
}

static void read_recorder(struct list_row *row)
{
	const struct live_choice all = {.pid = 0};
	struct live_process process;
	const int opened = live_open_one(&process, row->path, (pid_t)row->pid, &all);

	row->bad = opened == 0;
	row->read = opened != -EAGAIN; /* it is being made */
	snprintf(row->error, sizeof(row->error), "not a sound recorder file");
	snprintf(row->reason, sizeof(row->reason), "%s", row->kind == LIST_LIVE ? "lives" : "gone");
	snprintf(row->service, sizeof(row->service), "-");
	snprintf(row->function, sizeof(row->function), "%s", row->kind == LIST_LIVE ? "" : "(ttlog recover)");
	if (opened != 1)
		return;
	row->time_ns = process.follow.view.header.clock.begin.realtime_ns;
	snprintf(row->service, sizeof(row->service), "%s", *live_service(&process) ? live_service(&process) : "-");
	recorder_follow_close(&process.follow);
}

bool list_work(struct list *list)
{
	for (size_t i = 0; i < list->scroll.count; i++) {
		struct list_row *row = &list->rows[i];
		if (row->read)
			continue;
		row->read = true;
		if (row->kind == LIST_SNAPSHOT)
			read_snapshot(row);
		else
			read_recorder(row);
		return true;
	}
	return false;
}

/* Order ----------------------------------------------------------------------------------------------------------------------- */

static int rank_of(enum list_kind kind)
{
	return kind == LIST_LIVE ? 0 : kind == LIST_SNAPSHOT ? 1 : 2;
}

static int compare_rows(const struct list_row *a, const struct list_row *b, enum list_sort sort)
{
	int order = 0;

	if (sort == LIST_BY_SERVICE)
		order = strcmp(a->service, b->service);
	else if (sort == LIST_BY_REASON)
		order = strcmp(a->reason, b->reason);
	else if (sort == LIST_BY_SIZE)
		order = a->bytes < b->bytes ? 1 : a->bytes > b->bytes ? -1 : 0;
	if (order)
		return order;
	if (a->kind != b->kind) /* the living first; recorders of all that was ever killed here hide no snapshot */
		return rank_of(a->kind) - rank_of(b->kind);
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? 1 : -1;
	return strcmp(a->path, b->path);
}

static int compare(const void *left, const void *right, void *context)
{
	const struct list *list = context;
	const int order = compare_rows(left, right, list->sort);

	return list->reversed ? -order : order;
}

static size_t find_home(const struct list *list)
{
	size_t home = 0;

	while (home < list->scroll.count && list->rows[home].kind != LIST_SNAPSHOT)
		home++;
	return home < list->scroll.count ? home : 0;
}

/* The cursor stays on its row; or where it began, whatever comes there. */
void list_sort(struct list *list)
{
	const struct list_row *chosen = list_chosen(list);
	const char *path = chosen && list->home && chosen->path != list->home ? chosen->path : NULL;
	size_t home;

	if (list->scroll.count)
		qsort_r(list->rows, list->scroll.count, sizeof(*list->rows), compare, list);
	home = find_home(list);
	list->home = list->scroll.count ? list->rows[home].path : NULL;
	if (!path)
		list->scroll.cursor = home;
	for (size_t i = 0; path && i < list->scroll.count; i++) {
		if (list->rows[i].path == path)
			list->scroll.cursor = i;
	}
	scroll_fit(&list->scroll);
}
