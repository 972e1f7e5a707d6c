/*
 * The snapshot's encoding: what is written is read, damaged input gives an error.
 */
#include "full_snapshot.h"
#include "place.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

TestSuite(snapshot, .init = place_init, .fini = place_fini, .timeout = 120);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Decoding gives -EBADMSG with a reason, or a snapshot that can be looked at; never anything else. */
static int decode_damaged(const unsigned char *cbor, size_t bytes)
{
	struct snapshot_error error = {.text = ""};
	struct snapshot back;
	snapshot_init(&back);
	/* malloc'ed to the byte, so that a sanitizer or valgrind sees a read behind the end */
	unsigned char *exact = malloc(bytes ? bytes : 1);
	memcpy(exact, cbor, bytes);
	const int result = snapshot_decode(&back, exact, bytes, &error);
	cr_assert(result == 0 || (result == -EBADMSG && error.text[0] && !strchr(error.text, '\n')), "result %d, \"%s\"", result,
		  error.text);
	free(exact);
	snapshot_fini(&back);
	return result;
}

Test(snapshot, round_trip)
{
	struct snapshot before[] = {full_snapshot(), empty_snapshot()};
	for (size_t i = 0; i < COUNT(before); i++) {
		struct snapshot_error error = {.text = ""};
		struct snapshot after;
		size_t bytes, again;
		unsigned char *cbor = encode_snapshot(&before[i], &bytes);
		snapshot_init(&after);
		cr_assert(snapshot_decode(&after, cbor, bytes, &error) == 0, "%s at %" PRIu64, error.text, error.offset);
		same_snapshot(&before[i], &after);
		unsigned char *second = encode_snapshot(&after, &again);
		cr_assert(again == bytes && memcmp(second, cbor, bytes) == 0, "decoded and encoded again it is another file");
		snapshot_fini(&after);
		free(second);
		free(cbor);
	}
}

Test(snapshot, truncated_at_every_byte)
{
	const struct snapshot snapshot = full_snapshot();
	size_t bytes;
	unsigned char *cbor = encode_snapshot(&snapshot, &bytes);
	for (size_t cut = 0; cut < bytes; cut++)
		cr_assert(decode_damaged(cbor, cut) == -EBADMSG, "%zu of %zu bytes are a snapshot", cut, bytes);
	free(cbor);
}

Test(snapshot, something_behind_the_end)
{
	const struct snapshot snapshot = empty_snapshot();
	size_t bytes;
	unsigned char *cbor = encode_snapshot(&snapshot, &bytes);
	cbor = realloc(cbor, bytes + 1);
	cbor[bytes] = 0;
	cr_assert(decode_damaged(cbor, bytes + 1) == -EBADMSG);
	free(cbor);
}

Test(snapshot, every_bit_flipped)
{
	const struct snapshot snapshot = full_snapshot();
	size_t bytes, refused = 0;
	unsigned char *cbor = encode_snapshot(&snapshot, &bytes);
	for (size_t i = 0; i < bytes * 8; i++) {
		cbor[i / 8] ^= (unsigned char)(1u << i % 8);
		refused += decode_damaged(cbor, bytes) != 0;
		cbor[i / 8] ^= (unsigned char)(1u << i % 8);
	}
	cr_assert(refused > bytes, "only %zu of %zu flips were noticed", refused, bytes * 8);
	free(cbor);
}

Test(snapshot, hostile_lengths)
{
	/* An array, a map and strings that claim more than there is, nesting without end, wrong types at the top. */
	static const struct {
		const char *what, *cbor;
		size_t bytes;
	} hostile[] = {
		{"map of 2^64-1", "\xbb\xff\xff\xff\xff\xff\xff\xff\xff", 9},
		{"map of 2^32-1", "\xba\xff\xff\xff\xff", 5},
		{"array", "\x80", 1},
		{"number", "\x01", 1},
		{"nothing", "", 0},
		{"empty map", "\xa0", 1},
		{"huge key", "\xa1\x7b\xff\xff\xff\xff\xff\xff\xff\xff", 10},
		{"events of 2^62",
		 "\xa1\x66"
		 "events"
		 "\x9b\x40\x00\x00\x00\x00\x00\x00\x00",
		 17},
		{"threads of 2^31",
		 "\xa1\x67"
		 "threads"
		 "\x9a\x7f\xff\xff\xff",
		 14},
		{"events is a map",
		 "\xa2\x67"
		 "version\x01\x66"
		 "events\xa0",
		 18},
		{"version is text",
		 "\xa1\x67"
		 "version\x61"
		 "1",
		 11},
		{"endless map", "\xbf", 1},
		{"break", "\xff", 1},
		{"reserved",
		 "\xa1\x67"
		 "version\x1c",
		 10},
	};
	for (size_t i = 0; i < COUNT(hostile); i++)
		cr_assert(decode_damaged((const unsigned char *)hostile[i].cbor, hostile[i].bytes) == -EBADMSG, "%s was taken",
			  hostile[i].what);
	enum { DEPTH = 1000000 };
	unsigned char *nested = malloc(DEPTH + 16);
	memcpy(nested, "\xa1\x63xyz", 5);
	memset(nested + 5, 0x81, DEPTH);
	nested[5 + DEPTH] = 0;
	cr_assert(decode_damaged(nested, 6 + DEPTH) == -EBADMSG, "a million levels");
	free(nested);
}

/* Keys of the future ("nothing is removed without a version step") are passed over, whatever they hold. */
Test(snapshot, unknown_keys_are_ignored)
{
	const struct snapshot snapshot = empty_snapshot();
	size_t bytes;
	unsigned char *cbor = encode_snapshot(&snapshot, &bytes);
	cr_assert((cbor[0] & 0xe0) == 0xa0 && (cbor[0] & 0x1f) < 23, "a short map: %#x", cbor[0]);
	static const unsigned char extra[] = {0x66, 'f', 'u', 't', 'u', 'r', 'e',  0xa2, 0x01, 0x82, 0xf6, 0xfb, 0, 0,
					      0,    0,   0,   0,   0,   0,   0x61, 'k',  0xc1, 0x1a, 0,    0,    0, 1};
	unsigned char *longer = malloc(bytes + sizeof(extra));
	longer[0] = cbor[0] + 1;
	memcpy(longer + 1, extra, sizeof(extra));
	memcpy(longer + 1 + sizeof(extra), cbor + 1, bytes - 1);
	struct snapshot after;
	struct snapshot_error error = {.text = ""};
	snapshot_init(&after);
	cr_assert(snapshot_decode(&after, longer, bytes + sizeof(extra), &error) == 0, "%s at %" PRIu64, error.text, error.offset);
	same_snapshot(&snapshot, &after);
	snapshot_fini(&after);
	free(longer);
	free(cbor);
}
