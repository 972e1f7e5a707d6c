#include "reader.h"

#include "word.h"

#include <errno.h>
#include <string.h>

/* The file may be written while we read it: every word of a lane is read whole, and once. */
static const uint64_t *words(const unsigned char *at)
{
	return (const uint64_t *)(const void *)at;
}

static void copy_words(void *to, const unsigned char *from, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += sizeof(uint64_t)) {
		const uint64_t word = word_get(words(from + at));
		memcpy((unsigned char *)to + at, &word, sizeof(word));
	}
}

static uint64_t load_stamp(const unsigned char *unit)
{
	return word_seen(words(unit));
}

/* True where `count` objects of `size` bytes at `offset` lie inside the file and are aligned for their widest member. */
static int section_fits(const struct recorder_view *view, uint64_t offset, uint64_t count, uint64_t size)
{
	return offset % sizeof(uint64_t) == 0 && offset <= view->bytes && (count == 0 || size <= (view->bytes - offset) / count);
}

static int power_of_two(uint64_t n)
{
	return n && !(n & (n - 1));
}

static const char *header_defect(const struct recorder_view *view)
{
	const struct recorder_header *h = &view->header;
	if (memcmp(h->magic, RECORDER_MAGIC, sizeof(h->magic)) != 0)
		return "not a recorder file";
	if (h->version != RECORDER_VERSION)
		return "recorder file of another version";
	if (h->state < RECORDER_LIVE || h->state > RECORDER_REPLACED)
		return "unknown recorder state";
	const uint64_t lanes = (uint64_t)h->lanes_owned + h->lanes_shared;
	if (lanes > UINT16_MAX || !power_of_two(h->lane_units) || h->lane_units < LANE_UNITS_INITIAL)
		return "impossible lane geometry";
	if (!section_fits(view, h->identity_offset, 1, sizeof(struct recorder_identity)) ||
	    !section_fits(view, h->pairs_offset, 1, sizeof(struct recorder_pairs)) ||
	    !section_fits(view, h->controls_offset, lanes, sizeof(struct lane_control)) ||
	    !section_fits(view, h->lanes_offset, lanes, (uint64_t)h->lane_units * LANE_UNIT_BYTES) ||
	    !section_fits(view, h->sites_offset, 1, h->sites_bytes) || !section_fits(view, h->maps_offset, 1, h->maps_bytes) ||
	    !section_fits(view, h->crash_offset, 1, sizeof(struct crash_record)) || h->threads_max > CRASH_THREADS_MAX ||
	    !section_fits(view, h->threads_offset, h->threads_max, sizeof(struct crash_thread)))
		return "a section lies outside the file (truncated?)";
	return NULL;
}

int recorder_view_open(struct recorder_view *view, const void *base, size_t bytes, const char **why)
{
	memset(view, 0, sizeof(*view));
	view->base = base;
	view->bytes = bytes;
	if (bytes < sizeof(view->header)) {
		*why = "too short for a recorder file";
		return -EINVAL;
	}
	copy_words(&view->header, base, sizeof(view->header));
	*why = header_defect(view);
	if (*why)
		return -EINVAL;
	view->lanes = view->header.lanes_owned + view->header.lanes_shared;
	return 0;
}

static int terminated(const char *string, size_t bytes)
{
	return memchr(string, 0, bytes) != NULL;
}

const struct recorder_identity *recorder_view_identity(const struct recorder_view *view)
{
	const struct recorder_identity *id = (const void *)(view->base + view->header.identity_offset);
	const int whole = terminated(id->service, sizeof(id->service)) && terminated(id->storage, sizeof(id->storage)) &&
			  terminated(id->exe, sizeof(id->exe)) && terminated(id->cwd, sizeof(id->cwd)) &&
			  terminated(id->run_id, sizeof(id->run_id)) && terminated(id->config_error, sizeof(id->config_error)) &&
			  terminated(id->listener_error, sizeof(id->listener_error)) &&
			  terminated(id->listener_dying, sizeof(id->listener_dying)) && id->cmdline_bytes <= sizeof(id->cmdline);
	return whole ? id : NULL;
}

const struct recorder_pairs *recorder_view_pairs(const struct recorder_view *view)
{
	return (const void *)(view->base + view->header.pairs_offset);
}

const struct crash_record *recorder_view_crash(const struct recorder_view *view)
{
	const struct crash_record *crash = (const void *)(view->base + view->header.crash_offset);
	const int whole = crash->message_bytes <= sizeof(crash->message) && crash->stack_bytes <= sizeof(crash->stack) &&
			  terminated(crash->snapshot_path, sizeof(crash->snapshot_path)) &&
			  crash->death.regs_count <= CRASH_REGISTERS;
	for (unsigned i = 0; i < CRASH_FIRST; i++) {
		if (crash->first[i].regs_count > CRASH_REGISTERS)
			return NULL;
	}
	return whole ? crash : NULL;
}

const struct crash_thread *recorder_view_thread(const struct recorder_view *view, uint32_t i)
{
	if (i >= view->header.threads_max)
		return NULL;
	const struct crash_thread *thread = (const void *)(view->base + view->header.threads_offset +
							   i * sizeof(struct crash_thread));
	const int whole = thread->valid && thread->regs_count && thread->regs_count <= CRASH_REGISTERS &&
			  thread->stack_bytes <= sizeof(thread->stack);
	return whole ? thread : NULL;
}

const char *recorder_view_maps(const struct recorder_view *view, size_t *bytes)
{
	*bytes = view->header.maps_used <= view->header.maps_bytes ? view->header.maps_used : 0;
	return (const char *)view->base + view->header.maps_offset;
}

struct lane_control recorder_view_lane(const struct recorder_view *view, uint32_t lane)
{
	struct lane_control control;
	memset(&control, 0, sizeof(control));
	if (lane < view->lanes)
		copy_words(&control, view->base + view->header.controls_offset + lane * sizeof(control), sizeof(control));
	control.thread_name[sizeof(control.thread_name) - 1] = 0;
	return control;
}

/* Call sites --------------------------------------------------------------------------------------------------------------- */

/* One string of a site; moves *at behind it. 0 or -ENOENT. */
static int site_string(const unsigned char **at, const unsigned char *end, const char **text, uint32_t *bytes)
{
	uint16_t length;
	if ((size_t)(end - *at) < sizeof(length))
		return -ENOENT;
	memcpy(&length, *at, sizeof(length));
	*at += sizeof(length);
	*text = NULL;
	*bytes = 0;
	if (length == UINT16_MAX)
		return 0;
	if ((size_t)(end - *at) < length)
		return -ENOENT;
	*text = (const char *)*at;
	*bytes = length;
	*at += length;
	return 0;
}

int recorder_view_site(const struct recorder_view *view, uint64_t id, struct site_view *site)
{
	memset(site, 0, sizeof(*site));
	const uint64_t area = view->header.sites_bytes;
	if (id == 0 || id - 1 >= area / SITE_ALIGN)
		return -ENOENT;
	const uint64_t offset = (id - 1) * SITE_ALIGN;
	const unsigned char *base = view->base + view->header.sites_offset + offset;
	struct site_record record;
	if (area - offset < sizeof(record))
		return -ENOENT;
	const uint32_t bytes = __atomic_load_n((const uint32_t *)(const void *)base, __ATOMIC_ACQUIRE);
	if (bytes < sizeof(record) || bytes > area - offset)
		return -ENOENT;
	memcpy(&record, base, sizeof(record));
	site->line = record.line;
	site->column = record.column;
	site->level = record.level;
	site->keys = record.keys;
	site->types = record.types;
	site->end = base + bytes;
	const unsigned char *at = base + sizeof(record);
	if (site_string(&at, site->end, &site->message.text, &site->message.bytes) ||
	    site_string(&at, site->end, &site->target.text, &site->target.bytes) ||
	    site_string(&at, site->end, &site->file.text, &site->file.bytes) ||
	    site_string(&at, site->end, &site->function.text, &site->function.bytes))
		return -ENOENT;
	site->key_strings = at;
	return 0;
}

const char *site_key(const struct site_view *site, uint32_t n, uint32_t *bytes)
{
	const unsigned char *at = site->key_strings;
	const char *text = NULL;
	*bytes = 0;
	if (n >= site->keys)
		return NULL;
	for (uint32_t i = 0; i <= n; i++) {
		if (site_string(&at, site->end, &text, bytes))
			return NULL;
	}
	return text;
}

/* Records ------------------------------------------------------------------------------------------------------------------ */

void lane_cursor_open(struct lane_cursor *cursor, const struct recorder_view *view, uint32_t lane)
{
	memset(cursor, 0, sizeof(*cursor));
	cursor->view = view;
	cursor->lane = lane;
	cursor->control = recorder_view_lane(view, lane);
	const uint32_t units = cursor->control.units;
	if (lane >= view->lanes || !power_of_two(units) || units > view->header.lane_units)
		return;
	cursor->end = cursor->control.head;
	if (view->oldest)
		cursor->next = view->oldest[lane];
	if (cursor->end <= units)
		return;
	if (cursor->control.settled && cursor->next < cursor->end - units)
		cursor->next = cursor->end - units;
	else if (!cursor->control.settled)
		cursor->end = units; /* not wrapped round: a head beyond is that of a writer who is just doubling the ring */
}

static const unsigned char *unit_at(const struct lane_cursor *cursor, uint64_t position)
{
	const uint64_t lane_bytes = (uint64_t)cursor->view->header.lane_units * LANE_UNIT_BYTES;
	return cursor->view->base + cursor->view->header.lanes_offset + cursor->lane * lane_bytes +
	       (position & (cursor->control.units - 1)) * LANE_UNIT_BYTES;
}

/* The oldest position whose unit has not been handed out again, as seen now. A ring that is not settled has not wrapped round. */
static uint64_t oldest_in_place(const struct lane_cursor *cursor)
{
	const unsigned char *control = cursor->view->base + cursor->view->header.controls_offset +
				       cursor->lane * sizeof(struct lane_control);
	const uint64_t geometry = word_get(words(control + offsetof(struct lane_control, units)));
	const uint64_t head = word_get(words(control + offsetof(struct lane_control, head)));
	const uint64_t units = (uint32_t)geometry;
	return geometry >> 32 && head > units ? head - units : 0;
}

/* Copies `bytes` that fill the body units from `position` on. False: one of them is none. */
static bool copy_bodies(const struct lane_cursor *cursor, uint64_t position, void *to, uint32_t bytes)
{
	uint64_t copy[LANE_BODY_BYTES / sizeof(uint64_t)];
	for (uint32_t done = 0; done < bytes; done += LANE_BODY_BYTES, position++) {
		const unsigned char *unit = unit_at(cursor, position);
		if (load_stamp(unit) != unit_stamp(position, UNIT_BODY))
			return false;
		const uint32_t left = bytes - done;
		copy_words(copy, unit + sizeof(uint64_t), LANE_BODY_BYTES);
		memcpy((unsigned char *)to + done, copy, left < LANE_BODY_BYTES ? left : LANE_BODY_BYTES);
	}
	return true;
}

/* The context behind the units of the payload. Returns its units; 0: not whole. */
static uint32_t copy_context(const struct lane_cursor *cursor, uint64_t position, struct record_context *context)
{
	struct record_context first = {0};
	if (position >= cursor->end || !copy_bodies(cursor, position, &first, LANE_BODY_BYTES) || first.bytes == 0 ||
	    first.bytes > CONTEXT_BYTES_MAX || context_units(&first) > cursor->end - position)
		return 0;
	const bool whole = copy_bodies(cursor, position, context, context_bytes(&first)) && context->bytes == first.bytes;
	return whole ? context_units(&first) : 0;
}

/* All of its units are still what they were, and have not been handed out since. */
static bool still_there(const struct lane_cursor *cursor, uint64_t position, uint32_t units)
{
	if (word_get(words(unit_at(cursor, position))) != unit_stamp(position, UNIT_HEAD))
		return false;
	for (uint32_t i = 1; i < units; i++) {
		if (word_get(words(unit_at(cursor, position + i))) != unit_stamp(position + i, UNIT_BODY))
			return false;
	}
	return oldest_in_place(cursor) <= position;
}

/*
 * Copies the record at `position`, then looks again: its stamps are what they were, and its units have not been handed out since, so
 * nobody wrote in between (G3). Returns the units it takes, 0 where there is no whole record.
 */
static uint32_t copy_record(const struct lane_cursor *cursor, uint64_t position, struct record_head *head, struct record *record)
{
	uint64_t copy[LANE_UNIT_BYTES / sizeof(uint64_t)];
	const unsigned char *first = unit_at(cursor, position);
	copy[0] = load_stamp(first);
	if (copy[0] != unit_stamp(position, UNIT_HEAD))
		return 0;
	copy_words(copy + 1, first + sizeof(uint64_t), LANE_BODY_BYTES);
	memcpy(head, copy, sizeof(*head));
	uint32_t units = record_units(head->bytes);
	if (head->bytes > RECORD_PAYLOAD_MAX || units > cursor->end - position ||
	    !copy_bodies(cursor, position + 1, record->payload, head->bytes))
		return 0;
	record->context.bytes = 0;
	if (head->flags & RECORD_HAS_CONTEXT) {
		const uint32_t behind = copy_context(cursor, position + units, &record->context);
		if (!behind)
			return 0;
		units += behind;
	}
	/* The copies above come before the second looks; a writer moves head, and makes the stamp BUSY, before it changes data. */
	word_fence_gets();
	return still_there(cursor, position, units) ? units : 0;
}

/* Splits the payload into full length, text and values as the flags say. 0 or -EINVAL. */
static int parse_payload(struct record *record, uint32_t bytes)
{
	const unsigned char *at = record->payload;
	const unsigned char *end = at + bytes;
	uint32_t full = 0;
	if (record->flags & RECORD_TRUNCATED) {
		if (end - at < (ptrdiff_t)sizeof(full))
			return -EINVAL;
		memcpy(&full, at, sizeof(full));
		at += sizeof(full);
	}
	uint32_t text_bytes = (uint32_t)(end - at);
	record->values = NULL;
	record->values_bytes = 0;
	if (record->flags & RECORD_HAS_WORDS) {
		record->values = at;
		record->values_bytes = text_bytes;
		text_bytes = 0;
	} else if (record->flags & RECORD_HAS_VALUES) {
		uint16_t length;
		if (end - at < (ptrdiff_t)sizeof(length))
			return -EINVAL;
		memcpy(&length, at, sizeof(length));
		at += sizeof(length);
		if (end - at < (ptrdiff_t)length)
			return -EINVAL;
		text_bytes = length;
		record->values = at + length;
		record->values_bytes = (uint32_t)(end - at) - length;
	}
	record->text = (const char *)at;
	record->text_bytes = text_bytes;
	record->full_bytes = full > text_bytes ? full : text_bytes;
	return 0;
}

int record_value(const struct record *record, struct value_cursor *cursor, struct event_value *value)
{
	if (!record->values)
		return 0;
	if (record->flags & RECORD_HAS_WORDS)
		return value_word_decode(record->values, record->values_bytes, &cursor->words, value);
	return value_decode(record->values, record->values_bytes, &cursor->at, value);
}

int record_context_value(const struct record *record, size_t *at, struct event_value *value)
{
	return value_decode(record->context.values, record->context.bytes, at, value);
}

/*
 * A unit without a whole record. What is written over meanwhile is not torn, nor is the rest of a record whose beginning has
 * been written over. What is left is a place where a record was begun and not completed; in an owned lane its first unit still
 * bears an older stamp.
 */
static void count_torn(struct lane_cursor *cursor, uint64_t position)
{
	const uint64_t stamp = load_stamp(unit_at(cursor, position));
	const bool begun = cursor->control.shared ? stamp == unit_stamp(position, UNIT_BUSY)
						  : stamp < unit_stamp(position, UNIT_NONE);
	if (begun && oldest_in_place(cursor) <= position) {
		cursor->torn += !cursor->in_hole;
		cursor->in_hole = true;
	}
}

static int fill_record(const struct lane_cursor *cursor, uint64_t position, const struct record_head *head, struct record *record)
{
	record->position = position;
	record->ticks = head->ticks;
	record->origin = head->origin;
	record->lane = cursor->lane;
	record->tid = head->tid;
	record->level = head->level_source & 15;
	record->source = head->level_source >> 4;
	record->flags = head->flags;
	return parse_payload(record, head->bytes);
}

int lane_cursor_next(struct lane_cursor *cursor, struct record *record)
{
	struct record_head head;
	while (cursor->next < cursor->end) {
		const uint64_t position = cursor->next;
		const uint32_t units = copy_record(cursor, position, &head, record);
		cursor->next += units ? units : 1;
		if (!units) {
			count_torn(cursor, position);
			continue;
		}
		cursor->in_hole = false;
		if (fill_record(cursor, position, &head, record) == 0)
			return 1;
		cursor->torn++;
	}
	return 0;
}

/* Following a lane ----------------------------------------------------------------------------------------------------------- */

static const uint64_t *control_word(const struct lane_cursor *cursor, size_t offset)
{
	return words(cursor->view->base + cursor->view->header.controls_offset + cursor->lane * sizeof(struct lane_control) +
		     offset);
}

uint64_t lane_cursor_recorded(const struct lane_cursor *cursor)
{
	return word_seen(control_word(cursor, offsetof(struct lane_control, recorded)));
}

void lane_cursor_refresh(struct lane_cursor *cursor)
{
	struct lane_cursor now;
	lane_cursor_open(&now, cursor->view, cursor->lane);
	cursor->control = now.control;
	cursor->end = now.end;
}

/* Of a unit that no whole record begins with. */
static enum lane_look look_at_stamp(const struct lane_cursor *cursor)
{
	const uint64_t position = cursor->next;
	const uint64_t stamp = load_stamp(unit_at(cursor, position));
	if (oldest_in_place(cursor) > position)
		return LOOK_OVERWRITTEN;
	if (stamp < unit_stamp(position, UNIT_NONE) || stamp == unit_stamp(position, UNIT_BUSY) ||
	    stamp == unit_stamp(position, UNIT_HEAD)) /* completed by now */
		return LOOK_UNDER_WAY;
	return stamp < unit_stamp(position + 1, UNIT_NONE) ? LOOK_HOLE : LOOK_OVERWRITTEN;
}

enum lane_look lane_cursor_look(struct lane_cursor *cursor, struct record *record)
{
	struct record_head head;
	if (cursor->next >= cursor->end)
		return LOOK_END;
	const uint64_t position = cursor->next;
	const uint32_t units = copy_record(cursor, position, &head, record);
	enum lane_look look = LOOK_RECORD;
	if (!units)
		look = look_at_stamp(cursor);
	else if (fill_record(cursor, position, &head, record) != 0)
		look = LOOK_HOLE;
	if (look == LOOK_RECORD || look == LOOK_HOLE)
		cursor->next += units ? units : 1;
	return look;
}

bool lane_cursor_count(const struct lane_cursor *cursor, uint64_t *count)
{
	uint64_t position = cursor->next;
	*count = 0;
	while (position < cursor->end) {
		struct record_head head;
		const unsigned char *unit = unit_at(cursor, position);
		if (load_stamp(unit) != unit_stamp(position, UNIT_HEAD)) {
			position++;
			continue;
		}
		copy_words(&head, unit, sizeof(head));
		position += record_units(head.bytes);
		++*count;
	}
	word_fence_gets();
	return oldest_in_place(cursor) <= cursor->next;
}
