/* The groups that are shown, each with its newest death, or with all: read once more, one at a time, and written. */
#include "collect.h"
#include "death.h"
#include "describe.h"
#include "memory_stream.h"
#include "own_functions.h"
#include "place.h"
#include "source.h"
#include "view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define EVENTS_SHOWN 15u
#define OTHERS_SHOWN 8u   /* threads, where none crashed */
#define LINE_BYTES   300u /* of stacks and events: a report of fifty groups stays one that servers take */
#define MESSAGE_MAX  200u

struct writing {
	struct collection *collection;
	struct report report;
	struct filter *filter;
	const char *shown_path;   /* of the one that is written */
	struct html_request page; /* of html; the directories of source stay in use */
	int status;
};

/* Text of a death ---------------------------------------------------------------------------------------------------------------- */

/* Lines are cut, between characters. malloc'ed. */
static char *clip_lines(const char *text)
{
	char *clipped = NULL;
	size_t bytes = 0;
	FILE *out = memory_stream_open(&clipped, &bytes);

	for (const char *end; *text; text = *end ? end + 1 : end) {
		size_t cut;
		end = strchrnul(text, '\n');
		cut = (size_t)(end - text);
		if (cut > LINE_BYTES) {
			for (cut = LINE_BYTES; cut && ((unsigned char)text[cut] & 0xc0) == 0x80;)
				cut--;
		}
		fprintf(out, "%.*s%s\n", (int)cut, text, text + cut < end ? "…" : "");
	}
	memory_stream_close(out, &clipped);
	return clipped;
}

/* What `print` prints, with its lines cut. */
static char *text_of(struct view *view, void (*print)(struct view *view))
{
	char *text = NULL, *clipped;
	size_t bytes = 0;

	view->out = memory_stream_open(&text, &bytes);
	print(view);
	memory_stream_close(view->out, &text);
	clipped = clip_lines(text);
	free(text);
	return clipped;
}

/* Who hangs waits for others: what they do belongs to it. */
static void print_others(struct view *view, const struct snapshot_thread *shown)
{
	for (size_t i = 0, count = 0; i < view->snapshot->thread_count && count < OTHERS_SHOWN; i++) {
		const struct snapshot_thread *thread = &view->snapshot->threads[i];
		if (thread == shown)
			continue;
		fprintf(view->out, "thread %u ", thread->tid);
		terminal_string(view->out, thread->name ? thread->name : "", 32);
		putc('\n', view->out);
		view_stack(view->out, view->snapshot, thread, &(struct view_stack_style){.source = false});
		count++;
	}
}

static void print_stack(struct view *view)
{
	const struct snapshot_thread *thread = own_functions_thread(view->snapshot);

	if (!thread)
		return;
	view_stack(view->out, view->snapshot, thread, &(struct view_stack_style){.source = true});
	if (!describe_crashed(view->snapshot))
		print_others(view, thread);
}

static void print_events(struct view *view)
{
	if (view->rows.matched)
		(void)view_events(view);
}

/* "died of SIGABRT: it aborted itself: free(): double free detected in tcache 2" */
static void describe(const struct snapshot *snapshot, char end[DESCRIBE_BYTES])
{
	const struct snapshot_text *message = &snapshot->abort_message;
	const size_t bytes = message->data ? strcspn(message->data, "\n") : 0;
	char first[DESCRIBE_BYTES];
	size_t used;

	describe_end(snapshot, end);
	used = strlen(end);
	if (bytes) {
		snprintf(end + used, DESCRIBE_BYTES - used, ": %.*s", (int)(bytes < MESSAGE_MAX ? bytes : MESSAGE_MAX),
			 message->data);
	} else if (snapshot->first_signal.present) {
		describe_signal(&snapshot->first_signal, first);
		snprintf(end + used, DESCRIBE_BYTES - used, ", after %.200s", first);
	}
}

/* Deaths ------------------------------------------------------------------------------------------------------------------------- */

typedef void write_death(struct report *report, const struct report_death *death);

static void show(struct writing *writing, struct view *view, const struct group *group, uint64_t number, write_death *write)
{
	struct place place;
	char end[DESCRIBE_BYTES];
	char *stack, *events;

	collect_name(writing->collection, view->snapshot);
	view->symbols = writing->collection->symbols;
	view->snapshot->cwd = writing->collection->request->source_root; /* stacks name places as the report does */
	stack = text_of(view, print_stack);
	events = text_of(view, print_events);
	place_find(view->snapshot, writing->collection->request->source_root, &place);
	describe(view->snapshot, end);
	write(&writing->report, &(struct report_death){
					.group = group,
					.snapshot = view->snapshot,
					.place = &place,
					.path = writing->shown_path,
					.end = end,
					.stack = stack,
					.events = events,
					.number = number,
				});
	free(stack);
	free(events);
}

static int failed(const char *name, const char *why)
{
	return command_error(&command_collect, COMMAND_BAD_FILE, "%s: %s; left out", name, why);
}

/* False: it was there, and sound, a moment ago, and is no more; it was said. */
static bool read_again(struct writing *writing, const struct group *group, size_t number, uint64_t count, write_death *write)
{
	const struct view_options options = {.last = EVENTS_SHOWN, .filter = writing->filter};
	const struct output output = {.stream = stdout};
	struct target target;
	bool good;

	writing->shown_path = writing->collection->shown[number];
	if (target_open(&command_collect, &target, writing->collection->inputs.names[number]) != COMMAND_DONE) {
		writing->status = failed(writing->shown_path, "cannot be opened any more");
		return false;
	}
	struct view view = {.options = &options, .target = &target, .snapshot = &target.snapshot, .output = &output};
	good = view_read(&view) >= 0;
	if (good)
		show(writing, &view, group, count, write);
	else
		writing->status = failed(writing->shown_path, view.damage.text);
	view_fini(&view);
	target_close(&target);
	return good;
}

/* Html: a page beside the index. */
static void write_page(struct writing *writing, const struct group *group)
{
	const struct collect_request *request = writing->collection->request;
	char name[REPORT_PAGE_BYTES], path[PATH_MAX];
	struct target target;
	int status;

	report_page_name(group, name);
	snprintf(path, sizeof(path), "%s/%s", request->output, name);
	writing->page = request->directories;
	writing->page.output = path;
	status = target_open(&command_collect, &target, writing->collection->inputs.names[group->newest]);
	if (!status) {
		status = html_make_page(&target, &writing->page);
		target_close(&target);
	}
	writing->page.output = NULL;
	writing->status = status ? status : writing->status;
}

static void write_deaths(struct writing *writing, const struct group *group)
{
	const struct collection *collection = writing->collection;
	uint64_t count = 0;

	for (size_t i = collection->inputs.count; i > 0; i--) {
		if (collection->group_of[i - 1] == group->id)
			(void)read_again(writing, group, i - 1, ++count, collection->request->format->death);
	}
}

static void write_group(struct writing *writing, const struct group *group)
{
	const struct report_format *format = writing->collection->request->format;

	if (!read_again(writing, group, group->newest, 1, format->group))
		return;
	if (format->death)
		write_deaths(writing, group);
	if (format->end_group)
		format->end_group(&writing->report);
}

/* All ---------------------------------------------------------------------------------------------------------------------------- */

static void write_all(struct writing *writing)
{
	const struct report_format *format = writing->collection->request->format;
	struct report *report = &writing->report;

	if (format->begin)
		format->begin(report);
	for (size_t i = 0; i < report->shown && !ferror(report->out); i++)
		write_group(writing, &report->groups->list[i]);
	if (format->end)
		format->end(report);
	/* What a page is made with replaces what is known of where to look: so not before all else was looked up. */
	for (size_t i = 0; i < report->shown && format == &report_html; i++)
		write_page(writing, &report->groups->list[i]);
}

/* The index of html lies in the directory that was named. */
static int open_output(const struct collect_request *request, struct output *output, char path[PATH_MAX])
{
	if (request->format != &report_html)
		return output_open(&command_collect, output, request->output, request->format == &report_text);
	if (mkdir(request->output, 0777) != 0 && errno != EEXIST)
		return command_error(&command_collect, COMMAND_NOTHING, "%s: %s", request->output, strerror(errno));
	snprintf(path, PATH_MAX, "%s/index.html", request->output);
	return output_open(&command_collect, output, path, false);
}

static void print_sum(const struct writing *writing)
{
	char sum[256];

	report_sum(&writing->report, sum);
	if (writing->collection->request->output || writing->report.shown < writing->report.groups->count)
		command_error(&command_collect, COMMAND_DONE, "%s", sum);
}

int collect_report(struct collection *collection)
{
	const struct collect_request *request = collection->request;
	struct writing writing = {.collection = collection, .filter = filter_create()};
	struct output output;
	char path[PATH_MAX];
	int status = writing.filter ? open_output(request, &output, path)
				    : command_error(&command_collect, COMMAND_USAGE, "out of memory");

	if (!status) {
		writing.report = (struct report){
			.out = output.stream,
			.groups = &collection->groups,
			.shown = collection->groups.count < request->max_groups ? collection->groups.count : request->max_groups,
			.has_baseline = request->baseline != NULL,
			.new_groups = collection->new_groups,
			.living = collection->living,
			.paths = (const char *const *)collection->shown,
			.group_of = collection->group_of,
			.path_count = collection->inputs.count,
			.unreadable = collection->unreadable,
			.unreadable_count = collection->unreadable_count,
		};
		terminal_init(stdout, TERMINAL_COLOUR_NEVER);
		source_directories(request->directories.source.names);
		write_all(&writing);
		status = output_close(&command_collect, &output, writing.status);
		print_sum(&writing);
	}
	filter_destroy(writing.filter);
	return status;
}
