/* The whole snapshot as JSON, keys that this version does not know with it; and its events alone, one in a line. */
#include "writer.h"

static void separate(struct writer *writer, bool first, const char *indent)
{
	fputs(first ? "" : ",", writer->out);
	fputs(indent, writer->out);
}

static int begin(struct writer *writer)
{
	putc('{', writer->out);
	writer->first_member = true;
	return 0;
}

static int member(struct writer *writer, const unsigned char *cbor, size_t bytes)
{
	separate(writer, writer->first_member, "\n  ");
	writer->first_member = false;
	return snapshot_print_json_member(writer->out, cbor, bytes, writer->error);
}

static int begin_events(struct writer *writer)
{
	separate(writer, writer->first_member, "\n  ");
	writer->first_member = false;
	fputs("\"events\": [", writer->out);
	return 0;
}

static int print_event(struct writer *writer, const struct snapshot_item *item)
{
	const unsigned char *cbor;
	size_t bytes;
	const int error = writer_cbor(writer, item, &cbor, &bytes);

	return error ? error
		     : snapshot_print_json_event(writer->out, cbor, bytes, writer->numbers ? item->number : 0, writer->error);
}

static int event(struct writer *writer, struct snapshot_item *item)
{
	separate(writer, !writer->written, "\n    ");
	return print_event(writer, item);
}

static int end_events(struct writer *writer)
{
	fputs(writer->written ? "\n  ]" : "]", writer->out);
	return 0;
}

static int end(struct writer *writer)
{
	fputs("\n}\n", writer->out);
	return 0;
}

const struct writer_format writer_json = {
	.option = "json",
	.wants_members = true,
	.begin = begin,
	.member = member,
	.begin_events = begin_events,
	.event = event,
	.end_events = end_events,
	.end = end,
};

static int line(struct writer *writer, struct snapshot_item *item)
{
	const int error = print_event(writer, item);

	putc('\n', writer->out);
	return error;
}

const struct writer_format writer_ndjson = {
	.option = "ndjson",
	.event = line,
};
