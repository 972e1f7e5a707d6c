/*
 * Events as a table: RFC 4180, in UTF-8, with a first line of names. Bytes that are no character are U+FFFD.
 *
 * Spreadsheets run what begins with = + - @ (or a tab or carriage return) as a formula: such a text gets an apostrophe in
 * front, which they take as "this is text". What must be exact byte by byte is better read from NDJSON.
 */
#include "memory_stream.h"
#include "utf8.h"
#include "writer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char heading[] = "number,timestamp,time,level,service,pid,tid,thread_name,source,target,message,kv,file,line,function,"
			      "truncated\r\n";

static void open_table(struct writer *writer)
{
	fputs(heading, writer->out);
}

static void print_bytes(FILE *out, const char *data, size_t bytes)
{
	size_t at = 0, plain = 0;

	while (at < bytes) {
		const unsigned char c = (unsigned char)data[at];
		const size_t length = c && c < 0x80 ? 1 : c ? utf8_character(data + at, bytes - at) : 0;
		if (length && c != '"') {
			at += length;
			continue;
		}
		fwrite(data + plain, 1, at - plain, out);
		fputs(length ? "\"\"" : "\xef\xbf\xbd", out);
		plain = ++at;
	}
	fwrite(data + plain, 1, bytes - plain, out);
}

/* A cell with a comma behind it. */
static void print_text(FILE *out, const char *data, size_t bytes)
{
	if (data && bytes) {
		fputs(memchr("=+-@\t\r", data[0], 6) ? "\"'" : "\"", out);
		print_bytes(out, data, bytes);
		putc('"', out);
	}
	putc(',', out);
}

static void print_string(FILE *out, const char *string)
{
	print_text(out, string, string ? strlen(string) : 0);
}

static void print_time(FILE *out, uint64_t ns)
{
	static time_t last = -1; /* events come many in a second */
	static char text[32];
	const time_t seconds = (time_t)(ns / 1000000000u);
	struct tm utc;

	if (seconds != last && gmtime_r(&seconds, &utc)) {
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
		last = seconds;
	}
	fprintf(out, "%s.%06uZ,", text, (unsigned)(ns / 1000u % 1000000u));
}

/* JSON in a cell: made aside, for its quotes are doubled. It begins with a brace, which is no formula. */
static void print_values(FILE *out, const struct snapshot_event *event)
{
	char *text = NULL;
	size_t bytes = 0;

	if (event->value_count) {
		FILE *aside = memory_stream_open(&text, &bytes);
		writer_json_values(aside, event);
		memory_stream_close(aside, &text);
	}
	print_text(out, text, bytes);
	free(text);
}

static int row(struct writer *writer, struct snapshot_item *item)
{
	const struct snapshot_event *event = item->event;
	const char *level = level_name(event->level), *source = source_name(event->source);
	size_t bytes = event->message.bytes;
	FILE *out = writer->out;

	while (bytes && (event->message.data[bytes - 1] == '\n' || event->message.data[bytes - 1] == '\r'))
		bytes--;
	fprintf(out, "%" PRIu64 ",%" PRIu64 ",", item->number, event->timestamp);
	print_time(out, event->timestamp);
	fprintf(out, "%s,", level ? level : "");
	print_string(out, writer->snapshot->service);
	fprintf(out, "%" PRId64 ",%u,", writer->snapshot->pid, event->tid);
	print_string(out, event->thread_name);
	fprintf(out, "%s,", source ? source : "");
	print_string(out, event->target);
	print_text(out, event->message.data, bytes);
	print_values(out, event);
	print_string(out, event->file);
	if (event->line)
		fprintf(out, "%u", event->line);
	putc(',', out);
	print_string(out, event->function);
	if (event->truncated)
		fprintf(out, "%" PRIu64, event->truncated);
	fputs("\r\n", out);
	return 0;
}

const struct writer_format writer_csv = {
	.option = "csv",
	.wants_event = true,
	.open = open_table,
	.event = row,
};
