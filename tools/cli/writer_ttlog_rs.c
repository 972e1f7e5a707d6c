/*
 * What the Rust crate ttlog calls a SnapShot, with its ResolvedEvents, under the names that its serde gives them (0.1.21), for tools
 * that were written for it.
 *
 * packed_meta is milliseconds << 12 | level << 8 | the low 8 bits of the thread's number, as there: what is lost is lost in
 * that format. Strings that are not known are empty.
 */
#include "writer.h"

#include <inttypes.h>
#include <time.h>

static void print_string(FILE *out, const char *string)
{
	writer_json_string(out, string ? string : "");
}

static int begin(struct writer *writer)
{
	const struct snapshot *snapshot = writer->snapshot;
	const time_t seconds = (time_t)(snapshot->created_at / 1000000000u);
	char created[32] = "";
	struct tm utc;

	if (gmtime_r(&seconds, &utc))
		strftime(created, sizeof(created), "%Y%m%d%H%M%S", &utc);
	fputs("{\"service\": ", writer->out);
	print_string(writer->out, snapshot->service);
	fputs(", \"hostname\": ", writer->out);
	print_string(writer->out, snapshot->hostname);
	fprintf(writer->out, ", \"pid\": %" PRId64 ", \"created_at\": \"%s\", \"reason\": ", snapshot->pid, created);
	print_string(writer->out, snapshot->reason);
	fputs(", \"events\": [", writer->out);
	return 0;
}

static int event(struct writer *writer, struct snapshot_item *item)
{
	const struct snapshot_event *event = item->event;
	const unsigned level = event->level > LEVEL_FATAL ? LEVEL_FATAL : event->level;

	fprintf(writer->out, "%s\n{\"packed_meta\": %" PRIu64 ", \"message\": ", writer->written ? "," : "",
		(event->timestamp / 1000000u) << 12 | (uint64_t)level << 8 | (event->tid & 0xff));
	snapshot_print_json_text(writer->out, event->message.data ? event->message.data : "", event->message.bytes);
	fputs(", \"target\": ", writer->out);
	print_string(writer->out, event->target);
	fputs(", \"kv\": ", writer->out);
	writer_json_values(writer->out, event);
	fputs(", \"file\": ", writer->out);
	print_string(writer->out, event->file);
	fprintf(writer->out, ", \"position\": [%u, %u]}", event->line, event->column);
	return 0;
}

static int end(struct writer *writer)
{
	fputs("\n]}\n", writer->out);
	return 0;
}

const struct writer_format writer_ttlog_rs = {
	.option = "ttlog-rs",
	.wants_event = true,
	.begin = begin,
	.event = event,
	.end = end,
};
