#include "row.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const struct column {
	const char *name;
	enum cell_kind kind;
	bool null;
} columns[COLUMN_COUNT] = {
#define ROW_COLUMN(name, kind, null) [COLUMN_##name] = {#name, CELL_##kind, null},
	ROW_COLUMNS(ROW_COLUMN)
#undef ROW_COLUMN
};

int row_begin(struct row_writer *writer)
{
	memset(writer, 0, sizeof(*writer));
	const int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	const ssize_t count = fd < 0 ? -1 : read(fd, writer->boot_id, sizeof(writer->boot_id) - 1);
	const int error = count < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	writer->boot_id[strcspn(writer->boot_id, "\n")] = 0;
	return error;
}

/* Cells ------------------------------------------------------------------------------------------------------------------------ */

static struct ttlog_text string(const char *text)
{
	return (struct ttlog_text){text, text ? strlen(text) : 0};
}

static const char *span_name(uint32_t kind)
{
	return kind == TTLOG_EVENT_PLAIN ? NULL : kind == TTLOG_EVENT_SPAN_ENTER ? "enter" : "exit";
}

static struct ttlog_text text_of(const struct row_writer *writer, const struct ttlog_event *event, enum row_column column)
{
	switch (column) {
	case COLUMN_boot_id:
		return string(writer->boot_id);
	case COLUMN_level:
		return string(render_level(event->level));
	case COLUMN_service:
		return string(event->service ? event->service : "");
	case COLUMN_thread_name:
		return string(event->thread_name && event->thread_name[0] ? event->thread_name : NULL);
	case COLUMN_source:
		return string(event->source ? event->source : "");
	case COLUMN_target:
		return event->target;
	case COLUMN_message:
		return event->message;
	case COLUMN_file:
		return event->file;
	case COLUMN_function:
		return event->function;
	case COLUMN_span:
		return string(span_name(event->kind));
	default:
		return (struct ttlog_text){NULL, 0};
	}
}

static uint64_t number_of(const struct ttlog_event *event, enum row_column column)
{
	switch (column) {
	case COLUMN_pid:
		return event->pid;
	case COLUMN_recorder:
		return event->recorder;
	case COLUMN_lane:
		return event->lane;
	case COLUMN_position:
		return event->position;
	case COLUMN_timestamp:
		return event->realtime_ns;
	case COLUMN_tid:
		return event->tid;
	case COLUMN_line:
		return event->line;
	case COLUMN_column:
		return event->column;
	case COLUMN_caller:
		return event->caller;
	case COLUMN_truncated:
		return event->truncated;
	case COLUMN_lost:
		return event->lost;
	default:
		return event->duration_ns;
	}
}

/* Every byte may become three; the values' JSON is whole or not there. */
static struct ttlog_text clean_text(struct ttlog_text text, char *scratch, size_t bytes)
{
	struct render out = {scratch, 0, bytes, false};
	render_utf8(&out, text.data, text.bytes < bytes / 3 ? text.bytes : bytes / 3, false);
	return (struct ttlog_text){scratch, out.used};
}

static struct ttlog_text values_text(const struct ttlog_event *event, char *scratch, size_t bytes)
{
	struct render out = {scratch, 0, bytes, false};
	struct ttlog_event fewer = *event;
	if (!event->value_count)
		return (struct ttlog_text){NULL, 0};
	do {
		out.used = 0;
		out.full = false;
		render_json_values(&out, &fewer, false);
	} while (out.full && fewer.value_count--);
	return (struct ttlog_text){scratch, out.used};
}

struct cell row_cell(const struct row_writer *writer, const struct ttlog_event *event, enum row_column column, char *scratch,
		     size_t bytes)
{
	struct cell cell = {.kind = columns[column].kind};
	if (cell.kind == CELL_NUMBER) {
		cell.number = (int64_t)number_of(event, column);
		cell.null = columns[column].null && cell.number == 0;
		return cell;
	}
	if (cell.kind == CELL_JSON)
		cell.text = values_text(event, scratch, bytes);
	else
		cell.text = text_of(writer, event, column);
	cell.null = cell.text.data == NULL;
	if (cell.kind == CELL_TEXT && !cell.null)
		cell.text = clean_text(cell.text, scratch, bytes);
	return cell;
}

void row_schema(struct render *sql, const char *name, const struct row_types *types)
{
	render_string(sql, "CREATE TABLE IF NOT EXISTS ");
	render_string(sql, name);
	render_string(sql, " (");
	for (unsigned i = 0; i < COLUMN_COUNT; i++) {
		const struct column *column = &columns[i];
		render_char(sql, '"');
		render_string(sql, column->name);
		render_string(sql, "\" ");
		render_string(sql, column->kind == CELL_NUMBER ? types->number
				   : column->kind == CELL_TEXT ? types->text
							       : types->json);
		render_string(sql, column->null ? ", " : " NOT NULL, ");
	}
	render_string(sql, "PRIMARY KEY (" ROW_KEY "))");
}
