#include "crash.h"

#include "bundle.h"
#include "content_hash.h"
#include "death.h"
#include "fingerprint.h"
#include "own_functions.h"
#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Between the processes; both are this program. */
struct cell {
	int64_t number;
	uint32_t bytes;
	bool null;
};

/* Reading -------------------------------------------------------------------------------------------------------------------------- */

static int hash_event(void *context, struct snapshot_item *item)
{
	content_hash_event(context, item->event);
	return 0;
}

static int read_snapshot(const char *path, struct snapshot *snapshot, char id[CONTENT_HASH_BYTES], off_t *bytes,
			 struct snapshot_error *error)
{
	struct content_hash hash;
	const struct snapshot_visitor visitor = {.context = &hash, .decode = true, .event = hash_event};
	struct stat status;
	int result, fd = snapshot_open(path, error);

	if (fd < 0)
		return fd;
	content_hash_begin(&hash);
	*bytes = fstat(fd, &status) == 0 ? status.st_size : 0;
	result = snapshot_stream(fd, snapshot, &visitor, error);
	close(fd);
	if (!result)
		content_hash_end(&hash, snapshot, id);
	return result;
}

/* The row -------------------------------------------------------------------------------------------------------------------------- */

static struct store_value text(const char *string)
{
	return store_text(string, string ? strlen(string) : 0);
}

/* Where it died as its author sees it: not in libc, and where something was inlined, there. */
struct innermost {
	struct own_function function;
	bool is_known;
};

static void take_innermost(void *context, const struct own_function *function)
{
	struct innermost *innermost = context;

	if (!innermost->is_known)
		*innermost = (struct innermost){*function, true};
}

static void set_place(struct store_value values[CRASH_COLUMN_COUNT], const struct innermost *innermost)
{
	if (!innermost->is_known)
		return;
	values[CRASH_function] = text(innermost->function.name);
	values[CRASH_file] = text(innermost->function.file);
	if (innermost->function.line)
		values[CRASH_line] = store_number(innermost->function.line);
}

static void set_end(struct store_value values[CRASH_COLUMN_COUNT], const struct snapshot *snapshot)
{
	values[CRASH_reason] = text(snapshot->reason);
	if (snapshot->signal.present)
		values[CRASH_signal] = store_number(snapshot->signal.number);
	values[CRASH_died_at] = store_number((int64_t)snapshot->created_at);
	values[CRASH_message] = store_text(snapshot->abort_message.data, snapshot->abort_message.bytes);
}

static void set_identity(struct store_value values[CRASH_COLUMN_COUNT], const struct snapshot *snapshot)
{
	values[CRASH_service] = text(snapshot->service);
	values[CRASH_host] = text(snapshot->hostname);
	values[CRASH_pid] = store_number(snapshot->pid);
	values[CRASH_program] = text(snapshot->exe);
}

static void print_row(FILE *out, const struct store_value values[CRASH_COLUMN_COUNT])
{
	for (unsigned i = 0; i < CRASH_COLUMN_COUNT; i++) {
		const struct store_value *value = &values[i];
		const size_t bytes = value->kind == STORE_NUMBER || value->null ? 0
				     : value->bytes > CRASH_TEXT_BYTES          ? CRASH_TEXT_BYTES
										: value->bytes;
		const struct cell cell = {.number = value->number, .bytes = (uint32_t)bytes, .null = value->null};
		fwrite(&cell, sizeof(cell), 1, out);
		if (bytes)
			fwrite(value->text, 1, bytes, out);
	}
}

/* Where the snapshot is found later; of a bundle's as `ttlog view` takes it. malloc'ed, or NULL. */
static char *lasting_path(const char *path)
{
	const char *bundle = bundle_origin(path), *slash = strrchr(path, '/');
	char *whole = realpath(bundle ? bundle : path, NULL), *member = NULL;

	if (!bundle || !whole)
		return whole;
	if (asprintf(&member, "%s:%s", whole, slash ? slash + 1 : path) < 0)
		member = NULL;
	free(whole);
	return member;
}

static void print_crash(FILE *out, const char *path, const struct snapshot *snapshot, const char *id, off_t bytes)
{
	struct store_value values[CRASH_COLUMN_COUNT];
	struct innermost innermost = {.is_known = false};
	struct fingerprint fingerprint;
	char *whole = lasting_path(path);

	for (unsigned i = 0; i < CRASH_COLUMN_COUNT; i++)
		values[i] = (struct store_value){.kind = crash_column_kind((enum crash_column)i), .null = true};
	fingerprint_make(snapshot, &fingerprint);
	values[CRASH_id] = text(id);
	values[CRASH_fingerprint] = text(fingerprint.hash);
	values[CRASH_title] = text(fingerprint.title);
	values[CRASH_snapshot] = text(whole ? whole : path);
	values[CRASH_bytes] = store_number(bytes);
	set_identity(values, snapshot);
	set_end(values, snapshot);
	own_functions_each(snapshot, own_functions_thread(snapshot), take_innermost, &innermost);
	set_place(values, &innermost);
	print_row(out, values);
	free(whole);
}

int crash_print(FILE *out, const char *path, bool also_alive, struct symbols *symbols, struct snapshot_error *error)
{
	struct snapshot snapshot;
	char id[CONTENT_HASH_BYTES];
	off_t bytes;
	int result;

	snapshot_init(&snapshot);
	result = read_snapshot(path, &snapshot, id, &bytes, error);
	if (!result && !also_alive && !death_is(&snapshot))
		result = CRASH_ALIVE;
	if (!result) {
		if (symbols)
			symbols_name_frames(symbols, &snapshot, SYMBOLS_NAMES_AND_LINES);
		print_crash(out, path, &snapshot, id, bytes);
	}
	snapshot_fini(&snapshot);
	return result;
}

/* And back ------------------------------------------------------------------------------------------------------------------------- */

int crash_parse(struct crash *crash, const char *data, size_t bytes)
{
	const char *at, *end;

	crash->memory = malloc(bytes + 1);
	if (!crash->memory)
		return -ENOMEM;
	at = memcpy(crash->memory, data, bytes);
	end = at + bytes;
	for (unsigned i = 0; i < CRASH_COLUMN_COUNT; i++) {
		struct cell cell;
		if ((size_t)(end - at) < sizeof(cell))
			return -EBADMSG;
		memcpy(&cell, at, sizeof(cell));
		at += sizeof(cell);
		if ((size_t)(end - at) < cell.bytes)
			return -EBADMSG;
		crash->values[i] = (struct store_value){
			.kind = crash_column_kind((enum crash_column)i), .null = cell.null, .number = cell.number};
		crash->values[i].text = at;
		crash->values[i].bytes = cell.bytes;
		at += cell.bytes;
	}
	return at == end ? 0 : -EBADMSG;
}

void crash_fini(struct crash *crash)
{
	free(crash->memory);
	crash->memory = NULL;
}
