/* The text view of one target: through the file once, for what its parts need, then the parts. */
#include "describe.h"
#include "spans.h"
#include "symbols.h"
#include "view.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

/* While the file goes by. */
struct pass {
	struct view *view;
	uint64_t end_ns; /* known from an earlier pass; 0: not */
	int status;
};

enum { AGAIN = 2 }; /* the end is needed, and stands behind the events: other writers order keys as they like */

static void note_line(void *context, const struct snapshot_event *event, uint64_t number)
{
	struct pass *pass = context;

	said_note(&pass->view->said, event, number);
}

/* What a handler does that was asked to end its program is no report. */
static bool is_request(int number)
{
	return number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT;
}

/* Of rows that were asked for by number none is left out. */
static struct rows_report report_of(const struct view *view)
{
	const struct snapshot_signal *first = &view->snapshot->first_signal;
	const struct snapshot_thread *crashed = describe_crashed(view->snapshot);

	if (view->options->has_last || view->options->no_fold || !crashed || !describe_after_fault(view->snapshot) ||
	    is_request(first->number))
		return (struct rows_report){0, 0};
	return (struct rows_report){crashed->tid, first->timestamp};
}

static int begin(void *context)
{
	struct pass *pass = context;
	struct view *view = pass->view;
	const struct view_options *options = view->options;
	const uint64_t end_ns = view->snapshot->created_at ? view->snapshot->created_at : pass->end_ns;
	const struct rows_settings settings = {
		.filter = options->filter,
		.last = options->last,
		.fold = !options->no_fold,
		.report = report_of(view),
		.context = pass,
		.line = options->all_threads ? note_line : NULL,
	};

	if (!end_ns && filter_needs_end(options->filter))
		return AGAIN;
	filter_begin(options->filter, end_ns);
	if (options->all_threads && said_init(&view->said, view->snapshot) != 0)
		return -ENOMEM;
	return rows_init(&view->rows, &settings);
}

/* Depth is known on the way; what is open, at the end. */
static void note_span(struct view *view, struct snapshot_event *event)
{
	view->has_spans = view->has_spans || event->span;
	if (view->has_spans && !view->spans)
		view->spans = spans_create();
	if (view->spans)
		spans_follow(view->spans, event);
}

static int follow_only(void *context, struct snapshot_item *item)
{
	note_span(context, item->event);
	return 0;
}

/* The first pass did not look at events, and some are of spans. */
static void find_open_spans(struct view *view)
{
	const struct snapshot_visitor visitor = {.context = view, .decode = true, .event = follow_only};
	struct snapshot unused;
	struct snapshot_error error;

	snapshot_init(&unused);
	(void)target_read(view->target, view->target->fd < 0 ? NULL : &unused, &visitor, &error);
	snapshot_fini(&unused);
}

static int put(void *context, struct snapshot_item *item)
{
	struct view *view = ((struct pass *)context)->view;

	view->events++;
	if (item->event) {
		note_span(view, item->event);
		return rows_put(&view->rows, item->event, item->number);
	}
	view->has_spans = view->has_spans || !item->cbor || memmem(item->cbor, item->bytes, "span_id", strlen("span_id"));
	/* Nobody asks what it is: all are shown, and will be read again for that. */
	view->rows.pieces++;
	view->rows.lines++;
	view->rows.matched++;
	return 0;
}

/* With all events to be shown and none refused, the first pass need not look at them. */
static bool must_decode(const struct view_options *options)
{
	return options->last != ROWS_ALL || options->all_threads || filter_is_set(options->filter);
}

static int read_once(struct pass *pass)
{
	struct view *view = pass->view;
	const struct snapshot_visitor visitor = {
		.context = pass, .decode = must_decode(view->options), .begin = begin, .event = put};
	int result = target_read(view->target, NULL, &visitor, &view->damage);

	if (result <= 0 && view->rows.join)
		(void)rows_flush(&view->rows);
	return result;
}

/* The file for its end alone. */
static int find_end(struct pass *pass)
{
	const struct snapshot_visitor nothing = {.context = NULL};
	int result = target_read(pass->view->target, NULL, &nothing, &pass->view->damage);

	pass->end_ns = pass->view->snapshot->created_at ? pass->view->snapshot->created_at : 1;
	return result < 0 && !pass->view->snapshot->version ? result : read_once(pass);
}

/* The parts stand on standard output only where there is something to show. */
static int show(struct view *view)
{
	view->symbols = symbols_create(&(struct symbols_options){.cache = true});
	if (view->has_spans && !view->spans)
		find_open_spans(view);
	view_head(view);
	view_threads(view);
	if (view_events(view) == 0)
		view_foot(view);
	symbols_destroy(view->symbols);
	if (view->damage.text[0]) {
		view_note_damage(view->target, &view->damage, view->events);
		return COMMAND_BAD_FILE;
	}
	return COMMAND_DONE;
}

int view_read(struct view *view)
{
	struct pass pass = {.view = view};
	const int result = read_once(&pass);

	return result == AGAIN ? find_end(&pass) : result;
}

void view_fini(struct view *view)
{
	rows_fini(&view->rows);
	said_fini(&view->said);
	spans_destroy(view->spans);
}

int view_text(struct target *target, const struct view_options *options, const struct output *output)
{
	struct view view = {
		.options = options, .target = target, .snapshot = &target->snapshot, .out = output->stream, .output = output};
	const int result = view_read(&view);
	int status;

	if (result < 0 && !view.rows.join)
		status = command_error(&command_view, COMMAND_BAD_FILE, "%s: %s", target->path, view.damage.text);
	else
		status = show(&view);
	view_fini(&view);
	return status;
}
