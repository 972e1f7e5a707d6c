#include "tail_source.h"

#include "line_join.h"
#include "process_stat.h"
#include "recorder_list.h"
#include "redact.h"
#include "signals.h"
#include "spans.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRIES 200 /* to open a recorder that is being made, some milliseconds apart; then it is looked at when others are */

/* Found -------------------------------------------------------------------------------------------------------------------- */

static bool grow(void *list, size_t count, size_t *room, size_t bytes)
{
	void **pointer = list;
	size_t more = *room ? *room * 2 : 16;
	void *grown;

	if (count < *room)
		return true;
	grown = reallocarray(*pointer, more, bytes);
	if (!grown)
		return false;
	*pointer = grown;
	*room = more;
	return true;
}

static bool is_known(const struct tail_sources *sources, const char *path)
{
	for (size_t i = 0; i < sources->count; i++) {
		if (!strcmp(sources->sources[i]->process.path, path))
			return true;
	}
	for (size_t i = 0; i < sources->refused_count; i++) {
		if (!strcmp(sources->refused[i], path))
			return true;
	}
	return false;
}

static void refuse(struct tail_sources *sources, const char *path)
{
	if (grow(&sources->refused, sources->refused_count, &sources->refused_room, sizeof(char *)))
		sources->refused[sources->refused_count++] = strdup(path);
}

/* Files that are gone need not be remembered. */
static void forget_refused(struct tail_sources *sources)
{
	size_t kept = 0;

	for (size_t i = 0; i < sources->refused_count; i++) {
		if (sources->refused[i] && access(sources->refused[i], F_OK) == 0)
			sources->refused[kept++] = sources->refused[i];
		else
			free(sources->refused[i]);
	}
	sources->refused_count = kept;
}

/* An earlier recorder of the same process: it called exec, or this one is a copy of it for the user that it has become. */
static void replace_earlier(struct tail_sources *sources, struct tail_source *source)
{
	for (size_t i = 0; i < sources->count; i++) {
		struct tail_source *other = sources->sources[i];
		if (other->process.pid != source->process.pid || other->became)
			continue;
		if (recorder_follow_resume(&source->process.follow, &other->process.follow)) {
			source->early = source->resumed = true;
			source->missed = other->missed;
			other->became = "";
		} else {
			other->became = "became another program";
		}
	}
}

static void add(struct tail_sources *sources, struct live_process *process)
{
	struct tail_source *source = calloc(1, sizeof(*source));

	if (!source || !grow(&sources->sources, sources->count, &sources->room, sizeof(struct tail_source *))) {
		free(source);
		recorder_follow_close(&process->follow);
		return;
	}
	source->process = *process;
	source->events = recorder_events_create(&source->process.follow.view);
	/* One that was made while we watched is that process's, also where exec has taken it out of its memory by now. */
	source->living = process->alive || sources->started;
	source->exit = source->living ? (int)syscall(SYS_pidfd_open, process->pid, 0) : -1;
	source->started = source->exit < 0 ? live_started(process->pid) : 0;
	source->early = sources->started;
	snapshot_init(&source->rounds[0]);
	snapshot_init(&source->rounds[1]);
	replace_earlier(sources, source);
	sources->sources[sources->count++] = source;
}

/* One that is gone is followed only where it began, and ended, while we watched. */
static void consider(struct tail_sources *sources, const struct recorder_entry *entry)
{
	struct live_process process;
	int chosen;

	if (is_known(sources, entry->path))
		return;
	chosen = live_open_one(&process, entry->path, entry->pid, &sources->choice);
	if (chosen == -EAGAIN) {
		sources->again = true;
	} else if (chosen == 1 && (process.alive || sources->started)) {
		add(sources, &process);
	} else {
		if (chosen == 1)
			recorder_follow_close(&process.follow);
		refuse(sources, entry->path);
	}
}

/* Directories of users that come later are made in the one above. A watch that is there already is no second one. */
static void watch_directory(struct tail_sources *sources, const char *path)
{
	const int watch = inotify_add_watch(sources->watch, path, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW);

	if (watch > sources->watches)
		sources->watches = watch;
}

/* False: one is new, and what was made in its directory before that has to be looked for. */
static bool watch_directories(struct tail_sources *sources, const struct recorder_list *files)
{
	char path[PATH_MAX], last[PATH_MAX] = "";
	const int before = sources->watches;

	snprintf(path, sizeof(path), "%s", RECORDER_DIRECTORY);
	*strrchr(path, '/') = '\0';
	watch_directory(sources, path);
	recorder_directory(path);
	watch_directory(sources, path);
	for (size_t i = 0; i < files->count; i++) {
		snprintf(path, sizeof(path), "%s", files->entries[i].path);
		*strrchr(path, '/') = '\0';
		if (strcmp(path, last) != 0)
			watch_directory(sources, path);
		memcpy(last, path, sizeof(last));
	}
	return sources->watches == before;
}

static void drain(struct tail_sources *sources)
{
	char events[4096];

	while (read(sources->watch, events, sizeof(events)) > 0)
		sources->tries = 0;
}

static void list_files(struct tail_sources *sources, struct recorder_list *files)
{
	while (recorder_list_open_all(files) == 0 && !watch_directories(sources, files))
		recorder_list_close(files);
}

/* One whose maker was killed meanwhile is being made for ever. */
void tail_sources_find(struct tail_sources *sources)
{
	struct recorder_list files;

	drain(sources);
	sources->again = false;
	forget_refused(sources);
	list_files(sources, &files);
	for (size_t i = 0; i < files.count; i++)
		consider(sources, &files.entries[i]);
	recorder_list_close(&files);
	sources->again &= sources->tries++ < TRIES;
	sources->started = true;
}

int tail_sources_open(struct tail_sources *sources, const struct live_choice *choice)
{
	memset(sources, 0, sizeof(*sources));
	sources->choice = *choice;
	sources->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (sources->watch < 0)
		return -errno;
	tail_sources_find(sources);
	return 0;
}

void tail_sources_close(struct tail_sources *sources)
{
	while (sources->count)
		tail_source_drop(sources, sources->count - 1);
	for (size_t i = 0; i < sources->refused_count; i++)
		free(sources->refused[i]);
	free(sources->refused);
	free(sources->sources);
	close(sources->watch);
}

void tail_source_drop(struct tail_sources *sources, size_t index)
{
	struct tail_source *source = sources->sources[index];

	refuse(sources, source->process.path); /* its file may stay for `ttlog recover` */
	memmove(&sources->sources[index], &sources->sources[index + 1], (sources->count - index - 1) * sizeof(source));
	sources->count--;
	if (source->exit >= 0)
		close(source->exit);
	if (source->events)
		recorder_events_destroy(source->events);
	redaction_destroy(source->redaction);
	recorder_follow_close(&source->process.follow);
	snapshot_fini(&source->rounds[0]);
	snapshot_fini(&source->rounds[1]);
	tail_modules_fini(&source->modules);
	spans_destroy(source->spans);
	free(source);
}

/* Looked at ------------------------------------------------------------------------------------------------------------------ */

/* The clock pairs that its writers noted meanwhile. */
static void read_pairs(struct recorder_follow *follow)
{
	recorder_follow_read(follow, follow->view.header.pairs_offset, sizeof(struct recorder_pairs));
}

/* Linux has pidfds since 5.3; sandboxes may know none; and where our descriptors are used up /proc tells nothing either. */
static bool has_ended(const struct tail_source *source)
{
	struct pollfd process = {.fd = source->exit, .events = POLLIN};
	struct process_stat stat;

	if (source->exit >= 0)
		return poll(&process, 1, 0) == 1;
	if (kill(source->process.pid, 0) != 0 && errno == ESRCH)
		return true;
	return process_stat_read(source->process.pid, &stat) &&
	       (!process_stat_is_living(&stat) || (source->started && stat.started != source->started));
}

static void note_exit(struct tail_source *source)
{
	if (!source->living || !has_ended(source))
		return;
	if (source->exit >= 0)
		close(source->exit);
	source->exit = -1;
	source->living = false;
}

/* How deep each event is: from one look to the next. */
static void follow_spans(struct tail_source *source, struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->event_count; i++) {
		if (snapshot->events[i].span && !source->spans)
			source->spans = spans_create();
		if (source->spans)
			spans_follow(source->spans, &snapshot->events[i]);
	}
}

struct snapshot *tail_source_look(struct tail_source *source, uint64_t now_ns)
{
	struct snapshot *snapshot = &source->rounds[source->round ^= 1];
	int error;

	if (!source->events)
		return NULL;
	note_exit(source);
	source->ended = !source->living || source->became; /* before the look, which so is the last one */
	snapshot_fini(snapshot);
	snapshot_init(snapshot);
	read_pairs(&source->process.follow);
	recorder_events_begin(source->events, snapshot);
	error = recorder_follow_look(&source->process.follow, now_ns, recorder_events_take, source->events);
	if (recorder_events_end(source->events) != 0 || error)
		source->ended = true;
	if (snapshot->event_count) {
		source->last_event_ns = snapshot->events[snapshot->event_count - 1].timestamp;
		follow_spans(source, snapshot);
		line_join_snapshot(snapshot);
		if (!source->redaction)
			source->redaction = redaction_create(snapshot->redact);
		redaction_apply(source->redaction, snapshot);
		tail_modules_give(&source->modules, snapshot, source->process.pid, source->process.path, now_ns);
	}
	return snapshot;
}

static void describe_death(struct tail_source *source, char *text, size_t bytes)
{
	struct recorder_follow *follow = &source->process.follow;
	const struct crash_record *crash = NULL;
	const char *name;

	if (recorder_follow_read(follow, follow->view.header.crash_offset, sizeof(*crash)) == 0)
		crash = recorder_view_crash(&follow->view);
	name = crash ? signal_name((int)crash->signal) : NULL;
	snprintf(text, bytes, "died of %s%s%.*s", name ? name : "a signal", crash && crash->snapshot_path[0] ? "; snapshot " : "",
		 crash ? (int)sizeof(crash->snapshot_path) : 0, crash ? crash->snapshot_path : "");
}

void tail_source_describe_end(struct tail_source *source, char *text, size_t bytes)
{
	if (source->became) {
		snprintf(text, bytes, "%s", source->became);
		return;
	}
	switch (source->process.follow.view.header.state) {
	case RECORDER_EXITED:
		snprintf(text, bytes, "exited");
		break;
	case RECORDER_DYING:
	case RECORDER_CAPTURED:
		describe_death(source, text, bytes);
		break;
	case RECORDER_REPLACED:
		snprintf(text, bytes, "became another program, of which nothing was seen");
		break;
	default:
		snprintf(text, bytes, "was killed");
	}
}
