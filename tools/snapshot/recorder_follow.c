#include "recorder_follow.h"

#include "recorder_load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NO_HOLE     UINT64_MAX
#define HOLE_NS     500000000ull /* in a shared lane another writer may have been stopped in a record: so long it is waited for */
#define BYTES_KEPT  ((uint64_t)1 << 20) /* by one look */
#define PIECE_UNITS 1024u               /* read at a time: the less, the more of a fast lane is still there; the more, the faster */
#define UNITS_MAX   (1 + (RECORD_PAYLOAD_MAX + LANE_BODY_BYTES - 1) / LANE_BODY_BYTES) /* of one record */

_Static_assert(PIECE_UNITS > UNITS_MAX, "a piece holds any record");
_Static_assert(LANE_UNITS_INITIAL >= PIECE_UNITS, "a piece is no more than a ring");

/* The file ------------------------------------------------------------------------------------------------------------------- */

static int read_part(struct recorder_follow *follow, uint64_t offset, uint64_t bytes)
{
	follow->bytes_read += bytes;
	return recorder_read(follow->fd, follow->data + offset, bytes, (off_t)offset);
}

/* The layout is that of the opening, whatever the file says now. */
static bool same_layout(const struct recorder_header *a, const struct recorder_header *b)
{
	return memcmp(a->magic, b->magic, sizeof(a->magic)) == 0 && a->version == b->version && a->file_bytes == b->file_bytes &&
	       a->identity_offset == b->identity_offset && a->pairs_offset == b->pairs_offset &&
	       a->controls_offset == b->controls_offset && a->lanes_offset == b->lanes_offset &&
	       a->sites_offset == b->sites_offset && a->sites_bytes == b->sites_bytes && a->lanes_owned == b->lanes_owned &&
	       a->lanes_shared == b->lanes_shared && a->lane_units == b->lane_units && a->crash_offset == b->crash_offset;
}

static int read_header(struct recorder_follow *follow)
{
	struct recorder_header now;
	int error = read_part(follow, 0, sizeof(now));

	if (error)
		return error;
	memcpy(&now, follow->data, sizeof(now));
	if (!same_layout(&now, &follow->view.header))
		return -EBADMSG;
	now.maps_offset = follow->view.header.maps_offset; /* not read here */
	now.maps_bytes = follow->view.header.maps_bytes;
	now.threads_offset = follow->view.header.threads_offset;
	now.threads_max = follow->view.header.threads_max;
	follow->view.header = now;
	return 0;
}

static int read_controls(struct recorder_follow *follow)
{
	return read_part(follow, follow->view.header.controls_offset, follow->view.lanes * sizeof(struct lane_control));
}

/*
 * Call sites come one behind the other, and each is whole before a record names it; but one before it may still be under way, and
 * is read again then.
 */
static int read_sites(struct recorder_follow *follow)
{
	const struct recorder_header *header = &follow->view.header;
	int error = read_header(follow);
	uint64_t used = header->sites_used < header->sites_bytes ? header->sites_used : header->sites_bytes;

	if (error || used <= follow->sites_read)
		return error;
	error = read_part(follow, header->sites_offset + follow->sites_read, used - follow->sites_read);
	while (!error && used - follow->sites_read >= sizeof(struct site_record)) {
		struct site_record site;
		memcpy(&site, follow->data + header->sites_offset + follow->sites_read, sizeof(site));
		if (site.bytes < sizeof(site) || site.bytes % SITE_ALIGN || site.bytes > used - follow->sites_read)
			break;
		follow->sites_read += site.bytes;
	}
	return error;
}

static uint64_t lane_offset(const struct recorder_follow *follow, uint32_t lane)
{
	return follow->view.header.lanes_offset + (uint64_t)lane * follow->view.header.lane_units * LANE_UNIT_BYTES;
}

/* Units [from, to) of a ring of `units`, at most one ring; they may go round its end. */
static int read_units(struct recorder_follow *follow, uint32_t lane, uint32_t units, uint64_t from, uint64_t to)
{
	int error = 0;

	while (!error && from < to) {
		const uint64_t place = from & (units - 1);
		const uint64_t count = to - from < units - place ? to - from : units - place;
		const uint64_t at = lane_offset(follow, lane) + place * LANE_UNIT_BYTES;
		follow->bytes_read += 3 * count * LANE_UNIT_BYTES;
		error = recorder_read_units(follow->fd, follow->data + at, count * LANE_UNIT_BYTES, (off_t)at);
		from += count;
	}
	return error;
}

/* A lane ------------------------------------------------------------------------------------------------------------------- */

/* One lane during one look. */
struct follow_look {
	struct recorder_follow *follow;
	struct follow_lane *lane;
	uint32_t number, units;
	bool shared;
	uint64_t end; /* what was handed out when the look began is before it */
	uint64_t now_ns;
	follow_take *take;
	void *context;
	struct record record;
};

static uint64_t oldest_of(const struct lane_control *control)
{
	return control->settled && control->head > control->units ? control->head - control->units : 0;
}

/* What has been handed out again is gone, or soon will be; we begin `slack` units behind that, for the writer goes on while we read. */
static int drop_overwritten(struct follow_look *look, uint32_t slack)
{
	const uint64_t at = look->follow->view.header.controls_offset + look->number * sizeof(struct lane_control);
	int error = read_part(look->follow, at, sizeof(struct lane_control));
	struct lane_control control = recorder_view_lane(&look->follow->view, look->number);
	uint64_t oldest = oldest_of(&control);

	if (error || oldest <= look->lane->next)
		return error;
	look->lane->next = oldest + slack;
	if (look->lane->next > look->end)
		look->lane->next = oldest > look->end ? oldest : look->end;
	if (look->lane->loaded < look->lane->next)
		look->lane->loaded = look->lane->next;
	return 0;
}

static uint64_t stamp_at(const struct follow_look *look, uint64_t position)
{
	const uint64_t place = (position & (look->units - 1)) * LANE_UNIT_BYTES;
	uint64_t stamp;

	memcpy(&stamp, look->follow->data + lane_offset(look->follow, look->number) + place, sizeof(stamp));
	return stamp;
}

/* No record will begin in [from, to): places that were given up, and the rest of a record whose beginning we did not see. */
static bool is_settled(const struct follow_look *look, uint64_t from, uint64_t to)
{
	for (; from < to; from++) {
		const uint64_t stamp = stamp_at(look, from);
		if (stamp != unit_stamp(from, UNIT_BODY) && stamp != unit_stamp(from, UNIT_NONE))
			return false;
	}
	return true;
}

/*
 * A record behind `next` is whole, and `next` was not. What we read of them we did not read at one moment, so it may be by now:
 * look again. In an owned lane it was left for ever if it is not then; in a shared one its writer may be slow.
 */
static bool may_pass(struct follow_look *look)
{
	struct follow_lane *lane = look->lane;

	if (lane->hole == lane->next)
		return !look->shared || look->now_ns - lane->hole_since >= HOLE_NS;
	lane->hole = lane->next;
	lane->hole_since = look->now_ns;
	return false;
}

enum take_result { TAKEN_ALL, TAKE_WAITS };

/* Hands out what is whole of what is loaded. */
static enum take_result take_loaded(struct follow_look *look)
{
	struct follow_lane *lane = look->lane;
	struct lane_cursor cursor;

	lane_cursor_open(&cursor, &look->follow->view, look->number);
	cursor.control.units = look->units;
	cursor.next = lane->next;
	cursor.end = lane->loaded;
	while (lane_cursor_next(&cursor, &look->record) == 1) {
		if (!is_settled(look, lane->next, look->record.position) && !may_pass(look))
			return TAKE_WAITS;
		look->take(look->context, &look->record);
		lane->delivered++;
		lane->next = cursor.next;
		lane->hole = NO_HOLE;
	}
	return TAKEN_ALL;
}

/* All that was counted when the look began has been dealt with: what was not handed out was missed. */
static void count_missed(struct follow_look *look)
{
	const uint64_t recorded = look->follow->recorded[look->number];

	if (recorded > look->lane->delivered + look->lane->missed)
		look->lane->missed = recorded - look->lane->delivered;
}

static int look_at_lane(struct follow_look *look)
{
	struct follow_lane *lane = look->lane;
	enum take_result result = TAKEN_ALL;
	int error;

	lane->loaded = lane->next; /* what is under way may have been completed: read once more */
	error = drop_overwritten(look, 0);
	while (!error && result == TAKEN_ALL && lane->loaded < look->end) {
		const uint64_t left = look->end - lane->loaded, from = lane->loaded;
		lane->loaded += left < PIECE_UNITS ? left : PIECE_UNITS;
		error = read_units(look->follow, look->number, look->units, from, lane->loaded);
		if (!error)
			error = drop_overwritten(look, look->units / 4);
		if (!error)
			error = read_sites(look->follow); /* after the records that name them */
		if (!error)
			result = take_loaded(look);
	}
	if (!error && result == TAKEN_ALL)
		count_missed(look);
	return error;
}

/* False: there is nothing new, nothing was ever written there, or it is damaged. */
static bool begin_lane(struct follow_look *look)
{
	const struct recorder_view *view = &look->follow->view;
	const struct lane_control control = recorder_view_lane(view, look->number);
	const uint32_t units = control.units;

	if (units < LANE_UNITS_INITIAL || (units & (units - 1)) || units > view->header.lane_units)
		return false;
	look->lane = &look->follow->lanes[look->number];
	look->units = units;
	look->shared = control.shared;
	/* Not settled it has not wrapped round: a head beyond is that of a writer who is just doubling the ring. */
	look->end = control.settled || control.head < units ? control.head : units;
	if (look->end <= look->lane->next) {
		count_missed(look); /* passed over by an earlier look, which did not know yet how many they were */
		return false;
	}
	if (look->end - look->lane->next > units) /* also where the file lies */
		look->lane->next = look->end - units;
	return true;
}

/* All ----------------------------------------------------------------------------------------------------------------------- */

static int note_recorded(struct recorder_follow *follow)
{
	const int error = read_controls(follow);

	for (uint32_t lane = 0; !error && lane < follow->view.lanes; lane++)
		follow->recorded[lane] = recorder_view_lane(&follow->view, lane).recorded;
	return error;
}

/* The memory of the lanes that were copied: what is waited for is read once more anyway. */
static void give_back(struct recorder_follow *follow)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t from = (follow->view.header.lanes_offset + page - 1) / page * page;
	const uint64_t to = lane_offset(follow, follow->view.lanes) / page * page;

	if (from < to)
		madvise(follow->data + from, to - from, MADV_DONTNEED);
}

/* The counters are read before the heads: what they count is before these, so that none is taken for missed that is yet to come. */
int recorder_follow_look(struct recorder_follow *follow, uint64_t now_ns, follow_take *take, void *context)
{
	struct follow_look look = {.follow = follow, .now_ns = now_ns, .take = take, .context = context};
	uint64_t bytes_kept = follow->bytes_read;
	int error = read_header(follow);

	if (!error)
		error = note_recorded(follow);
	if (!error)
		error = read_controls(follow);
	for (uint32_t lane = 0; !error && lane < follow->view.lanes; lane++) {
		look.number = lane;
		if (begin_lane(&look))
			error = look_at_lane(&look);
		if (follow->bytes_read - bytes_kept > BYTES_KEPT) {
			give_back(follow);
			bytes_kept = follow->bytes_read;
		}
	}
	follow->delivered = follow->missed = 0;
	for (uint32_t lane = 0; lane < follow->view.lanes; lane++) {
		follow->delivered += follow->lanes[lane].delivered;
		follow->missed += follow->lanes[lane].missed;
	}
	return error;
}

struct follow_counts recorder_follow_counts(const struct recorder_follow *follow)
{
	struct follow_counts counts = {.dropped = follow->view.header.dropped_early};

	for (uint32_t lane = 0; lane < follow->view.lanes; lane++) {
		const struct lane_control control = recorder_view_lane(&follow->view, lane);
		counts.recorded += control.recorded;
		counts.dropped += control.dropped;
		counts.truncated += control.truncated;
		counts.threads += control.owner_tid != 0;
	}
	return counts;
}

int recorder_follow_count(struct recorder_follow *follow)
{
	const int error = read_header(follow);

	return error ? error : read_controls(follow);
}

/* Opening ------------------------------------------------------------------------------------------------------------------- */

/* All but lanes, sites and what a death leaves. */
static int read_beginning(struct recorder_follow *follow, const char **why)
{
	struct recorder_header header;
	int error = recorder_read(follow->fd, follow->data, sizeof(header), 0);

	if (error)
		return error;
	memcpy(&header, follow->data, sizeof(header));
	if (!header.magic[0]) /* it is written last */
		return -EAGAIN;
	if (recorder_view_open(&follow->view, follow->data, follow->bytes, why) != 0)
		return -EBADMSG;
	error = read_part(follow, header.identity_offset, sizeof(struct recorder_identity));
	follow->lanes = calloc(follow->view.lanes + 1u, sizeof(*follow->lanes));
	follow->recorded = calloc(follow->view.lanes + 1u, sizeof(*follow->recorded));
	if (!follow->lanes || !follow->recorded)
		return -ENOMEM;
	for (uint32_t lane = 0; lane < follow->view.lanes; lane++)
		follow->lanes[lane].hole = NO_HOLE;
	return error ? error : read_controls(follow);
}

static int open_copy(struct recorder_follow *follow, const char **why)
{
	struct stat status = {0};
	int error = recorder_check_file(follow->fd, &status, why);

	if (error)
		return S_ISREG(status.st_mode) && !status.st_size ? -EAGAIN : error;
	follow->bytes = (size_t)status.st_size;
	follow->data = mmap(NULL, follow->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (follow->data == MAP_FAILED) {
		follow->data = NULL;
		return -errno;
	}
	return read_beginning(follow, why);
}

int recorder_follow_open(struct recorder_follow *follow, const char *path, const char **why)
{
	int error;

	*why = NULL;
	memset(follow, 0, sizeof(*follow));
	follow->fd = recorder_open_file(path);
	if (follow->fd < 0)
		return follow->fd;
	error = open_copy(follow, why);
	if (error)
		recorder_follow_close(follow);
	return error;
}

void recorder_follow_close(struct recorder_follow *follow)
{
	if (follow->data)
		munmap(follow->data, follow->bytes);
	if (follow->fd >= 0)
		close(follow->fd);
	free(follow->lanes);
	free(follow->recorded);
	memset(follow, 0, sizeof(*follow));
	follow->fd = -1;
}

int recorder_follow_read(struct recorder_follow *follow, uint64_t offset, uint64_t bytes)
{
	if (offset > follow->bytes || bytes > follow->bytes - offset)
		return -EBADMSG;
	return read_part(follow, offset, bytes);
}

bool recorder_follow_resume(struct recorder_follow *copy, const struct recorder_follow *follow)
{
	const struct recorder_header *a = &copy->view.header, *b = &follow->view.header;

	if (!same_layout(a, b) || a->pid != b->pid || memcmp(&a->clock.begin, &b->clock.begin, sizeof(a->clock.begin)) != 0)
		return false;
	memcpy(copy->lanes, follow->lanes, copy->view.lanes * sizeof(*copy->lanes));
	return true;
}
