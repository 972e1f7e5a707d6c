/*
 * list.h - the pane of snapshots of a directory and of the processes that are recorded now.
 *
 * Files come and go meanwhile: list_refresh() looks what is there, list_work() reads what is new, one file at a time. A file that
 * cannot be read is a row with the reason. Begin with all zero. Single-threaded.
 */
#ifndef TTLOG_TUI_LIST_H
#define TTLOG_TUI_LIST_H

#include "message_pattern.h"
#include "scroll.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum list_kind { LIST_SNAPSHOT, LIST_LIVE, LIST_GONE }; /* gone: a recorder that waits for `ttlog recover` */
enum list_sort { LIST_BY_TIME, LIST_BY_SERVICE, LIST_BY_REASON, LIST_BY_SIZE };

struct list_row {
	char *path;
	enum list_kind kind;
	bool read, bad, seen;
	uint64_t time_ns, modified, bytes;
	int64_t pid;
	char service[64], reason[32], function[128];
	char error[256];
};

struct list {
	const char *directory;
	struct list_row *rows;
	struct scroll scroll;
	const char *
		home; /* path of the row where the cursor is as long as nobody moved it: the first snapshot's, or the first of all; NULL: none yet */
	size_t room;
	enum list_sort sort;
	bool reversed;
	int error; /* of the directory, positive errno; 0: it is there */
};

void list_refresh(struct list *list);
/* True: there is more to read. */
bool list_work(struct list *list);
void list_sort(struct list *list);
void list_draw(struct list *list, int y, size_t rows, struct message_pattern *pattern);
bool list_search(struct list *list, struct message_pattern *pattern, int step, bool here);
void list_fini(struct list *list);

/* NULL: the list is empty. */
const struct list_row *list_chosen(const struct list *list);

#endif
