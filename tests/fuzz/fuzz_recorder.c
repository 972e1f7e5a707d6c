/*
 * Recorder files: the reader in memory, the one that copies a file, the one that follows it while it is written, and the snapshot that
 * is made of it. The input is a sparse image; mutations keep to whole words and know what stamps and offsets look like.
 */
#include "fuzz.h"
#include "recorder_events.h"
#include "recorder_follow.h"
#include "recorder_load.h"
#include "snapshot.h"
#include "sparse.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char path[64];
static int file;

/* A name, for what follows a file opens it itself. In memory: /dev/shm where there is one. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	snprintf(path, sizeof(path), "%s/ttlog-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	file = mkstemp(path);
	FUZZ_HOLDS(file >= 0);
	return 0;
}

__attribute__((destructor)) static void remove_file(void)
{
	if (path[0])
		unlink(path);
}

/* Snapshots ------------------------------------------------------------------------------------------------------------------ */

static void check_events(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->event_count; i++) {
		const struct snapshot_event *event = &snapshot->events[i];
		FUZZ_HOLDS(event->source < 16 && event->message.bytes <= RECORD_PAYLOAD_MAX + UINT16_MAX);
		FUZZ_HOLDS(!event->message.bytes || event->message.data);
	}
}

/* All that is said of a dead process; it can be written, and what is written can be read. */
static void to_snapshot(const struct recorder_view *view)
{
	struct snapshot_error error;
	struct snapshot snapshot, again;
	unsigned char *cbor;
	size_t bytes;

	snapshot_init(&snapshot);
	snapshot.version = SNAPSHOT_VERSION;
	if (snapshot_add_recorder(&snapshot, view) == 0) {
		const char *maps = recorder_view_maps(view, &bytes);
		snapshot_add_maps(&snapshot, maps, bytes);
		snapshot_add_crash(&snapshot, view);
		snapshot_add_crash_thread(&snapshot, view);
		snapshot_place_frames(&snapshot);
		check_events(&snapshot);
		if (snapshot_encode(&snapshot, &cbor, &bytes, &error) == 0) {
			snapshot_init(&again);
			FUZZ_HOLDS(snapshot_decode(&again, cbor, bytes, &error) == 0);
			FUZZ_HOLDS(again.event_count == snapshot.event_count && again.module_count == snapshot.module_count);
			snapshot_fini(&again);
			free(cbor);
		}
	}
	snapshot_fini(&snapshot);
}

static void load(void)
{
	struct recorder_copy copy;
	const char *why;

	if (recorder_load_descriptor(&copy, file, &why) != 0)
		return;
	for (uint32_t i = 0; i <= copy.view.header.threads_max; i++)
		recorder_view_thread(&copy.view, i);
	to_snapshot(&copy.view);
	recorder_unload(&copy);
}

/* Following ------------------------------------------------------------------------------------------------------------------ */

struct follower {
	struct recorder_follow follow;
	struct recorder_events *events; /* NULL: not open */
	uint64_t now_ns, last_delivered;
};

static void follow_open(struct follower *follower)
{
	const char *why;

	memset(follower, 0, sizeof(*follower));
	if (recorder_follow_open(&follower->follow, path, &why) != 0)
		return;
	follower->events = recorder_events_create(&follower->follow.view);
	FUZZ_HOLDS(follower->events);
}

static void follow_look(struct follower *follower)
{
	struct snapshot snapshot;

	if (!follower->events)
		return;
	snapshot_init(&snapshot);
	recorder_events_begin(follower->events, &snapshot);
	recorder_follow_look(&follower->follow, follower->now_ns += 300000000, recorder_events_take, follower->events);
	recorder_events_end(follower->events);
	check_events(&snapshot);
	FUZZ_HOLDS(follower->follow.delivered >= follower->last_delivered);
	follower->last_delivered = follower->follow.delivered;
	recorder_follow_counts(&follower->follow);
	snapshot_fini(&snapshot);
}

static void follow_close(struct follower *follower)
{
	if (!follower->events)
		return;
	recorder_follow_read(&follower->follow, follower->follow.view.header.crash_offset, sizeof(struct crash_record));
	recorder_events_destroy(follower->events);
	recorder_follow_close(&follower->follow);
}

/* One input ------------------------------------------------------------------------------------------------------------------ */

static void put(const struct sparse_piece *piece, size_t file_bytes)
{
	const size_t at = 8 * (size_t)piece->where, bytes = 8 * (size_t)piece->words;

	if (at < file_bytes && bytes <= file_bytes - at)
		FUZZ_HOLDS(pwrite(file, piece->data, bytes, (off_t)at) == (ssize_t)bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct sparse_cursor cursor;
	struct sparse_piece piece;
	struct follower follower = {.events = NULL};
	const size_t file_bytes = sparse_open(&cursor, data, bytes);
	bool followed = false;

	FUZZ_HOLDS(ftruncate(file, 0) == 0 && ftruncate(file, (off_t)file_bytes) == 0);
	while (sparse_next(&cursor, &piece)) {
		put(&piece, file_bytes);
		if (piece.kind != SPARSE_LOOK)
			continue;
		if (!followed)
			follow_open(&follower);
		followed = true;
		follow_look(&follower);
	}
	follow_look(&follower);
	follow_close(&follower);
	load();
	return 0;
}

/* Mutations ------------------------------------------------------------------------------------------------------------------ */

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* A word like one that a writer, or somebody who wants to lead a reader astray, would put there. */
static uint64_t some_word(uint64_t word, unsigned *seed)
{
	const uint64_t position = next_random(seed) % 4 ? next_random(seed) % 2048 : (uint64_t)next_random(seed) << 32;

	switch (next_random(seed) % 8) {
	case 0:
		return unit_stamp(position, (enum unit_state)(next_random(seed) % 4));
	case 1:
		return unit_stamp((word >> 2) - 1 + next_random(seed) % 3, (enum unit_state)(next_random(seed) % 4));
	case 2:
		return UINT64_C(1) << next_random(seed) % 64;
	case 3:
		return word + (uint64_t)(int64_t)(next_random(seed) % 33) * 8 - 128;
	case 4:
		return UINT64_MAX - next_random(seed) % 4;
	case 5:
		return (word & ~UINT64_C(0xffffffff)) | next_random(seed) % 65536;
	case 6:
		return (word & UINT64_C(0xffffffff)) | (uint64_t)(next_random(seed) % 65536) << 32;
	default:
		return word ^ UINT64_C(1) << next_random(seed) % 64;
	}
}

static void change_word(uint8_t *data, const struct sparse_piece *piece, unsigned *seed)
{
	uint8_t *at = data + 8 * (size_t)(next_random(seed) % piece->words);
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	word = some_word(word, seed);
	memcpy(at, &word, sizeof(word));
}

/* The picked piece, once more: elsewhere, changed, or after a look. */
static size_t repeat(uint8_t *image, size_t used, size_t room, const struct sparse_piece *piece, unsigned *seed)
{
	uint8_t words[512];
	struct sparse_piece one = *piece;

	if (one.words > sizeof(words) / 8)
		one.words = sizeof(words) / 8;
	memcpy(words, piece->data, 8 * (size_t)one.words);
	one.data = words;
	if (one.words && next_random(seed) % 2)
		change_word(words, &one, seed);
	one.where += next_random(seed) % 2 ? 4 * (next_random(seed) % 64) : 0;
	one.kind = next_random(seed) % 2 ? SPARSE_LOOK : SPARSE_DATA;
	return sparse_put(image, used, room, &one);
}

static bool pick(struct sparse_piece *piece, const uint8_t *image, size_t bytes, unsigned *seed)
{
	struct sparse_cursor cursor;
	struct sparse_piece one;
	unsigned count = 0;

	sparse_open(&cursor, image, bytes);
	while (sparse_next(&cursor, &one)) {
		if (next_random(seed) % ++count == 0)
			*piece = one;
	}
	return count != 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t bytes, size_t room, unsigned seed)
{
	struct sparse_piece piece;
	uint8_t *words;

	if (next_random(&seed) % 16 == 0 || !pick(&piece, data, bytes, &seed))
		return LLVMFuzzerMutate(data, bytes, room);
	words = data + (piece.data - data);
	switch (piece.words ? next_random(&seed) % 4 : 3) {
	case 0:
		LLVMFuzzerMutate(words, 8 * (size_t)piece.words, 8 * (size_t)piece.words);
		return bytes;
	case 1:
	case 2:
		change_word(words, &piece, &seed);
		return bytes;
	default:
		return repeat(data, bytes, room, &piece, &seed);
	}
}
