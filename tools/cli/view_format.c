/* One target through one of the writers: its head first, so that a file that is none leaves nothing on standard output. */
#include "view.h"

#include <string.h>

struct formatting {
	const struct view_options *options;
	const struct output *output;
	struct writer *writer;
	uint64_t events, matched, skip; /* skip: so many of the first that match */
	bool in_events;
};

static int count(void *context, struct snapshot_item *item)
{
	struct formatting *formatting = context;

	formatting->events++;
	formatting->matched += !item->event || filter_matches(formatting->options->filter, item->event, item->number);
	return 0;
}

static int member(void *context, const unsigned char *cbor, size_t bytes)
{
	struct writer *writer = ((struct formatting *)context)->writer;

	return ((struct formatting *)context)->options->format->member(writer, cbor, bytes);
}

static int begin(void *context)
{
	struct formatting *formatting = context;
	const struct writer_format *format = formatting->options->format;

	formatting->in_events = true;
	return format->begin_events ? format->begin_events(formatting->writer) : 0;
}

static int event(void *context, struct snapshot_item *item)
{
	struct formatting *formatting = context;
	int error;

	if (item->event && !filter_matches(formatting->options->filter, item->event, item->number))
		return 0;
	if (formatting->skip) {
		formatting->skip--;
		return 0;
	}
	error = formatting->options->format->event(formatting->writer, item);
	formatting->writer->written++;
	return error ? error : output_is_over(formatting->output);
}

static int end(void *context)
{
	struct formatting *formatting = context;
	const struct writer_format *format = formatting->options->format;

	formatting->in_events = false;
	return format->end_events ? format->end_events(formatting->writer) : 0;
}

/* Through the target for its head, and for the number of events that match where only the last of them are wanted. */
static int read_head(struct formatting *formatting, struct target *target, struct snapshot_error *error)
{
	const struct view_options *options = formatting->options;
	struct snapshot_visitor visitor = {.context = formatting, .event = count};
	struct snapshot again;
	int result = target_read(target, NULL, &visitor, error);

	filter_begin(options->filter, target->snapshot.created_at);
	if (options->has_last && options->last != ROWS_ALL && filter_is_set(options->filter) && target->snapshot.version) {
		struct snapshot_error same;
		formatting->events = formatting->matched = 0;
		visitor.decode = true;
		snapshot_init(&again);
		(void)target_read(target, &again, &visitor, &same);
		snapshot_fini(&again);
	}
	if (options->has_last && formatting->matched > options->last)
		formatting->skip = formatting->matched - options->last;
	return result;
}

static int write_all(struct formatting *formatting, struct target *target, struct snapshot_error *error)
{
	const struct writer_format *format = formatting->options->format;
	const struct snapshot_visitor visitor = {
		.context = formatting,
		.decode = format->wants_event || filter_is_set(formatting->options->filter),
		.member = format->wants_members ? member : NULL,
		.begin = begin,
		.event = event,
		.end = end,
	};
	struct snapshot again;
	int result = format->begin ? format->begin(formatting->writer) : 0;

	snapshot_init(&again);
	if (!result)
		result = target_read(target, &again, &visitor, error);
	snapshot_fini(&again);
	if (formatting->in_events)
		(void)end(formatting);
	if (format->end)
		(void)format->end(formatting->writer);
	return result;
}

int view_format(struct target *target, const struct view_options *options, const struct output *output, struct writer *writer)
{
	struct formatting formatting = {.options = options, .output = output, .writer = writer};
	struct snapshot_error damage, error = {.text = ""};
	const int head = read_head(&formatting, target, &damage);
	int result;

	if (head < 0 && (!target->snapshot.version || target->snapshot.version > SNAPSHOT_VERSION))
		return command_error(&command_view, COMMAND_BAD_FILE, "%s: %s", target->path, damage.text);
	writer->snapshot = &target->snapshot;
	writer->written = 0;
	writer->error = &error;
	if (!writer->snapshots++ && options->format->open)
		options->format->open(writer);
	result = write_all(&formatting, target, &error);
	writer->error = NULL;
	if (result >= 0 && head >= 0)
		return COMMAND_DONE;
	view_note_damage(target, damage.text[0] ? &damage : &error, formatting.events);
	return COMMAND_BAD_FILE;
}
