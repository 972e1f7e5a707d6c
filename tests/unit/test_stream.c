/*
 * Snapshots read as a stream: the same as decoded whole; and of a damaged file a sound beginning, an error, and no crash.
 */
#include "place.h"
#include "sample.h"
#include "stream.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

TestSuite(stream, .init = place_init, .fini = place_fini, .timeout = 120);

enum { EVENTS = 300, STOPPED = 7 };

/* What a visit of sample_write_many() must see: number and text agree, and none is left out. */
struct watcher {
	uint64_t seen, stop_at;
	unsigned begun, ended, members;
};

static int on_member(void *context, const unsigned char *cbor, size_t bytes)
{
	struct watcher *watcher = context;
	watcher->members++;
	cr_assert(cbor && bytes > 1);
	return 0;
}

static int on_begin(void *context)
{
	((struct watcher *)context)->begun++;
	return 0;
}

static int on_end(void *context)
{
	((struct watcher *)context)->ended++;
	return 0;
}

static int on_event(void *context, struct snapshot_item *item)
{
	struct watcher *watcher = context;
	char text[64];
	watcher->seen++;
	cr_assert_eq(item->number, watcher->seen);
	cr_assert(watcher->begun == 1 && watcher->ended == 0);
	snprintf(text, sizeof(text), "event %llu of many\n", (unsigned long long)watcher->seen);
	if (item->event)
		cr_assert_str_eq(item->event->message.data, text);
	if (item->cbor)
		cr_assert(memmem(item->cbor, item->bytes, text, strlen(text)) != NULL);
	return watcher->seen == watcher->stop_at ? STOPPED : 0;
}

static struct snapshot_visitor visitor_of(struct watcher *watcher, bool decode)
{
	return (struct snapshot_visitor){
		.context = watcher, .decode = decode, .member = on_member, .begin = on_begin, .event = on_event, .end = on_end};
}

static int stream_bytes(const void *data, size_t bytes, struct watcher *watcher, struct snapshot *snapshot,
			struct snapshot_error *error)
{
	const struct snapshot_visitor visitor = visitor_of(watcher, true);
	const int fd = memfd_create("stream", MFD_CLOEXEC);
	cr_assert(fd >= 0 && write(fd, data, bytes) == (ssize_t)bytes && lseek(fd, 0, SEEK_SET) == 0);
	snapshot_init(snapshot);
	const int result = snapshot_stream(fd, snapshot, &visitor, error);
	close(fd);
	return result;
}

static size_t read_sample(char *data, size_t room, size_t events)
{
	FILE *file = fopen(sample_write_many(events), "r");
	const size_t bytes = fread(data, 1, room, file);
	cr_assert(bytes > 0 && bytes < room);
	fclose(file);
	return bytes;
}

static char data[1 << 20];

Test(stream, as_decoded_whole)
{
	const size_t bytes = read_sample(data, sizeof(data), EVENTS);
	struct watcher watcher = {.seen = 0};
	struct snapshot_error error;
	struct snapshot snapshot;
	cr_assert(stream_bytes(data, bytes, &watcher, &snapshot, &error) == 0, "%s", error.text);
	cr_assert(watcher.seen == EVENTS && watcher.begun == 1 && watcher.ended == 1 && watcher.members > 10);
	cr_assert(snapshot.pid == 4711 && snapshot.thread_count == 2 && snapshot.module_count == 1 && snapshot.event_count == 0);
	cr_assert_eq(snapshot.stats.recorded, (uint64_t)EVENTS);
	snapshot_fini(&snapshot);
}

/* Longer than the window, so that events lie across its end. */
Test(stream, long_files)
{
	enum { MANY = 60000 };
	struct watcher watcher = {.seen = 0};
	struct snapshot_error error;
	struct snapshot snapshot;
	const size_t bytes = read_sample(data, sizeof(data), MANY);
	cr_assert(stream_bytes(data, bytes, &watcher, &snapshot, &error) == 0, "%s", error.text);
	cr_assert_eq(watcher.seen, (uint64_t)MANY);
	snapshot_fini(&snapshot);
}

Test(stream, ends_where_the_visitor_wants)
{
	const size_t bytes = read_sample(data, sizeof(data), EVENTS);
	struct watcher watcher = {.stop_at = 5};
	struct snapshot_error error;
	struct snapshot snapshot;
	cr_assert_eq(stream_bytes(data, bytes, &watcher, &snapshot, &error), STOPPED);
	cr_assert(watcher.seen == 5 && watcher.ended == 0);
	snapshot_fini(&snapshot);
}

/* From memory: the same members, the same events. */
Test(stream, from_memory)
{
	struct snapshot_event events[3];
	char texts[3][64];
	struct watcher watcher = {.seen = 0};
	const struct snapshot_visitor visitor = visitor_of(&watcher, true);
	struct snapshot_error error;
	struct snapshot snapshot;
	for (size_t i = 0; i < 3; i++) {
		const int bytes = snprintf(texts[i], sizeof(texts[i]), "event %zu of many\n", i + 1);
		events[i] = (struct snapshot_event){.timestamp = 1, .message = {texts[i], (size_t)bytes}};
	}
	snapshot_init(&snapshot);
	snapshot.pid = 1;
	snapshot.events = events;
	snapshot.event_count = 3;
	cr_assert(snapshot_visit(&snapshot, &visitor, &error) == 0, "%s", error.text);
	cr_assert(watcher.seen == 3 && watcher.begun == 1 && watcher.ended == 1 && watcher.members >= 6);
	cr_assert(snapshot.event_count == 3 && snapshot.events == events);
	snapshot_fini(&snapshot);
}

/* The more there is of the file, the more of it is read. */
Test(stream, cut_off_at_every_byte)
{
	const size_t bytes = read_sample(data, sizeof(data), EVENTS);
	uint64_t before = 0;
	for (size_t cut = 0; cut < bytes; cut++) {
		struct watcher watcher = {.seen = 0};
		struct snapshot_error error;
		struct snapshot snapshot;
		cr_assert_eq(stream_bytes(data, cut, &watcher, &snapshot, &error), -EBADMSG, "cut at %zu", cut);
		cr_assert(error.text[0], "cut at %zu: no text", cut);
		cr_assert(watcher.seen >= before && watcher.seen <= EVENTS, "cut at %zu: %llu events after %llu", cut,
			  (unsigned long long)watcher.seen, (unsigned long long)before);
		before = watcher.seen;
		snapshot_fini(&snapshot);
	}
	cr_assert_eq(before, (uint64_t)EVENTS, "all that stands before the last byte is read");
}

static int no_check(void *context, struct snapshot_item *item)
{
	*(uint64_t *)context += item->event->message.bytes + item->event->value_count;
	return 0;
}

/* Each byte changed: an error, or what happens to be sound too (a letter of a text, whose checksum then fails). */
Test(stream, every_byte_changed)
{
	const size_t bytes = read_sample(data, sizeof(data), EVENTS);
	uint64_t sum = 0;
	for (size_t at = 0; at < bytes; at++) {
		const struct snapshot_visitor visitor = {.context = &sum, .decode = true, .event = no_check};
		const int fd = memfd_create("stream", MFD_CLOEXEC);
		struct snapshot_error error;
		struct snapshot snapshot;
		data[at] ^= 0x55;
		cr_assert(fd >= 0 && write(fd, data, bytes) == (ssize_t)bytes && lseek(fd, 0, SEEK_SET) == 0);
		data[at] ^= 0x55;
		snapshot_init(&snapshot);
		cr_expect(snapshot_stream(fd, &snapshot, &visitor, &error) < 0, "byte %zu changed, and nobody noticed", at);
		snapshot_fini(&snapshot);
		close(fd);
	}
}
