#include "image.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>

#define SITES_BYTES 4096u
#define MAPS_BYTES  4096u

static size_t page_up(size_t bytes)
{
	return (bytes + RECORDER_PAGE - 1) / RECORDER_PAGE * RECORDER_PAGE;
}

/* Memory whose last byte is followed by a page without access. */
static unsigned char *guarded(size_t bytes)
{
	const size_t pages = page_up(bytes);
	unsigned char *map = mmap(NULL, pages + RECORDER_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert(map != MAP_FAILED && mprotect(map + pages, RECORDER_PAGE, PROT_NONE) == 0);
	return map + pages - bytes;
}

void image_init(struct image *image)
{
	const uint64_t identity = RECORDER_PAGE;
	const uint64_t pairs = identity + page_up(sizeof(struct recorder_identity));
	const uint64_t controls = pairs + page_up(sizeof(struct recorder_pairs));
	const uint64_t lanes = controls + page_up(IMAGE_LANES * sizeof(struct lane_control));
	const uint64_t sites = lanes + (uint64_t)IMAGE_LANES * IMAGE_UNITS * LANE_UNIT_BYTES;
	const uint64_t maps = sites + SITES_BYTES;
	const uint64_t crash = maps + MAPS_BYTES;
	const uint64_t threads = crash + (sizeof(struct crash_record) + 63) / 64 * 64;
	image->bytes = (size_t)(threads + (IMAGE_THREADS * sizeof(struct crash_thread) + 63) / 64 * 64);
	image->base = guarded(image->bytes);
	image->header = (void *)image->base;
	image->identity = (void *)(image->base + identity);
	image->controls = (void *)(image->base + controls);
	image->sites = image->base + sites;
	image->maps = (char *)image->base + maps;
	image->crash = (void *)(image->base + crash);
	image->threads = (void *)(image->base + threads);
	*image->header = (struct recorder_header){
		.magic = RECORDER_MAGIC,
		.version = RECORDER_VERSION,
		.state = RECORDER_LIVE,
		.file_bytes = image->bytes,
		.pid = 1234,
		.ppid = 1,
		.generation = 1,
		.identity_offset = identity,
		.pairs_offset = pairs,
		.controls_offset = controls,
		.lanes_offset = lanes,
		.sites_offset = sites,
		.sites_bytes = SITES_BYTES,
		.maps_offset = maps,
		.maps_bytes = MAPS_BYTES,
		.crash_offset = crash,
		.threads_max = IMAGE_THREADS,
		.threads_offset = threads,
		.lanes_owned = IMAGE_LANES - 1,
		.lanes_shared = 1,
		.lane_units = IMAGE_UNITS,
		.levels = {.epoch = 1, .text = LEVELS_DEFAULT},
		.sites_reserved = SITES_BYTES,
		.clock = {.kind = CLOCK_KIND_MONOTONIC, .begin = {.ticks = 1, .monotonic_ns = 1, .realtime_ns = 1}},
	};
	strcpy(image->identity->service, "service");
	strcpy(image->identity->exe, "/bin/victim");
	memcpy(image->identity->cmdline, "victim\0-x", 10);
	image->identity->cmdline_bytes = 10;
	for (unsigned i = 0; i < IMAGE_LANES; i++)
		image->controls[i] = (struct lane_control){.units = IMAGE_UNITS,
							   .settled = 1,
							   .owner_tid = 1234 + i,
							   .shared = i == IMAGE_LANES - 1,
							   .thread_name = "thread"};
}

void image_fini(struct image *image)
{
	const size_t pages = page_up(image->bytes);
	munmap(image->base + image->bytes - pages, pages + RECORDER_PAGE);
}

struct image image_cut(const struct image *image, size_t bytes)
{
	struct image cut = {.base = guarded(bytes), .bytes = bytes};
	memcpy(cut.base, image->base, bytes);
	return cut;
}

struct record_head *image_unit(const struct image *image, unsigned lane, uint64_t position)
{
	const uint64_t unit = (uint64_t)lane * IMAGE_UNITS + position % IMAGE_UNITS;
	return (void *)(image->base + image->header->lanes_offset + unit * LANE_UNIT_BYTES);
}

uint64_t image_put(struct image *image, unsigned lane, uint64_t position, unsigned flags, const void *payload, size_t bytes)
{
	const uint32_t units = record_units((uint32_t)bytes);
	*image_unit(image, lane, position) = (struct record_head){.stamp = unit_stamp(position, UNIT_HEAD),
								  .ticks = position,
								  .origin = 0x400000 + position,
								  .tid = 1234 + lane,
								  .bytes = (uint16_t)bytes,
								  .level_source = LEVEL_INFO | SOURCE_STDOUT << 4,
								  .flags = (uint8_t)flags};
	for (uint32_t i = 1; i < units; i++) {
		struct record_body *body = (void *)image_unit(image, lane, position + i);
		const size_t done = (size_t)(i - 1) * LANE_BODY_BYTES;
		body->stamp = unit_stamp(position + i, UNIT_BODY);
		memcpy(body->bytes, (const unsigned char *)payload + done,
		       bytes - done < LANE_BODY_BYTES ? bytes - done : LANE_BODY_BYTES);
	}
	return position + units;
}

void image_say(struct image *image, unsigned lane, const char *text)
{
	struct lane_control *control = &image->controls[lane];
	control->head = image_put(image, lane, control->head, 0, text, strlen(text));
	control->recorded++;
}

static uint64_t sum(uint64_t total, const void *data, size_t bytes)
{
	const unsigned char *at = data;
	for (size_t i = 0; data && i < bytes; i++)
		total = total * 31 + at[i];
	return total;
}

static uint64_t walk_lane(const struct recorder_view *view, uint32_t lane, uint64_t total)
{
	struct lane_cursor cursor;
	static struct record record;
	lane_cursor_open(&cursor, view, lane);
	while (lane_cursor_next(&cursor, &record)) {
		total = sum(total, record.text, record.text_bytes);
		struct event_value value;
		size_t at = 0;
		while (record.values && value_decode(record.values, record.values_bytes, &at, &value) == 1)
			total = sum(sum(total, value.key, value.key_bytes), value.string, value.string_bytes);
		struct site_view site;
		if (!(record.flags & RECORD_HAS_SITE) || recorder_view_site(view, record.origin, &site) != 0)
			continue;
		total = sum(sum(total, site.message.text, site.message.bytes), site.target.text, site.target.bytes);
		total = sum(sum(total, site.file.text, site.file.bytes), site.function.text, site.function.bytes);
		for (uint32_t n = 0; n < site.keys; n++) {
			uint32_t bytes;
			const char *key = site_key(&site, n, &bytes);
			total = sum(total, key, bytes);
		}
	}
	return total + cursor.torn;
}

uint64_t image_walk(const struct image *image)
{
	struct recorder_view view;
	const char *why;
	if (recorder_view_open(&view, image->base, image->bytes, &why) != 0)
		return 0;
	uint64_t total = 1;
	const struct recorder_identity *identity = recorder_view_identity(&view);
	if (identity)
		total = sum(sum(total, identity->service, strlen(identity->service)), identity->cmdline, identity->cmdline_bytes);
	const struct crash_record *crash = recorder_view_crash(&view);
	if (crash)
		total = sum(sum(total, crash->message, crash->message_bytes), crash->stack, crash->stack_bytes);
	size_t bytes = 0;
	const char *maps = recorder_view_maps(&view, &bytes);
	total = sum(total, maps, maps ? bytes : 0);
	for (uint32_t i = 0; i < view.header.threads_max; i++) {
		const struct crash_thread *thread = recorder_view_thread(&view, i);
		if (thread)
			total = sum(sum(total, thread->regs, thread->regs_count * sizeof(uint64_t)), thread->stack,
				    thread->stack_bytes);
	}
	for (uint32_t lane = 0; lane < view.lanes; lane++)
		total = walk_lane(&view, lane, total);
	return total;
}
