/* Macro events of include/ttlog.h: text and typed values, written as words. */
#include "arch_string.h"
#include "own_lane.h"
#include "reader.h"
#include "record.h"
#include "recorder_file.h"
#include "site.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	VALUE_STRING_MAX = 1024,
	WORDS_MAX = RECORD_PAYLOAD_MAX / sizeof(uint64_t),
	FEW = 3, /* values that fill one unit */
};
_Static_assert((int)LEVEL_OFF == (int)TTLOG_LEVEL_OFF && (int)LEVEL_WARN == (int)TTLOG_LEVEL_WARN, "one scale of levels");
_Static_assert((int)VALUE_SIGNED == (int)TTLOG_TYPE_SIGNED && (int)VALUE_POINTER == (int)TTLOG_TYPE_POINTER, "one set of types");
_Static_assert((int)VALUE_SPAN_ENTER == (int)TTLOG_TYPE_SPAN_ENTER && (int)VALUE_SPAN_EXIT == (int)TTLOG_TYPE_SPAN_EXIT,
	       "one set of types");
_Static_assert((int)FEW == (int)BODY_WORDS, "event_few() writes one unit");

/* Where the recorder has no room for the call site: the event carries its message and keys itself. */
static void write_inline(const struct ttlog_site *site, const void *caller, const uint64_t *values)
{
	unsigned char payload[RECORD_PAYLOAD_MAX];
	const uint16_t message = site->message ? (uint16_t)strnlen(site->message, RECORD_TEXT_BYTES) : 0;
	size_t used = sizeof(message) + message;
	bool truncated = false;
	memcpy(payload, &message, sizeof(message));
	memcpy(payload + sizeof(message), site->message ? site->message : "", message);
	for (uint32_t i = 0; i < site->key_count; i++) {
		struct event_value value = {.key = site->keys[i], .type = value_word_type(site->types, i), .number.u = values[i]};
		value.key_bytes = (uint32_t)strnlen(value.key, UINT8_MAX);
		if (value.type == VALUE_STRING && values[i]) {
			value.string = (const char *)(uintptr_t)values[i];
			value.string_bytes = (uint32_t)strnlen(value.string, VALUE_STRING_MAX);
			truncated |= value.string_bytes == VALUE_STRING_MAX && value.string[VALUE_STRING_MAX];
		}
		const size_t end = value_encode(payload, sizeof(payload), used, &value);
		truncated |= end == used;
		used = end;
	}
	lane_write(record_fields((uintptr_t)caller, site->level, SOURCE_MACRO, RECORD_HAS_VALUES), payload, (uint32_t)used);
	if (truncated)
		lane_count_truncated();
}

static uint32_t string_bytes(const unsigned char *string, uint32_t room)
{
	const uint32_t limit = room < VALUE_STRING_MAX ? room : VALUE_STRING_MAX;
	return string ? arch_string_bytes(string, limit) : 0;
}

/* Values and the bytes of strings as words (event.h), in the one buffer. */
static void write_words(const struct ttlog_site *site, const uint64_t *values)
{
	uint64_t words[WORDS_MAX];
	words[0] = 0;
	uint32_t used = site->key_count, last = 0; /* words; bytes of the last string that its last word does not fill */
	bool truncated = false;
	for (uint32_t i = 0; i < site->key_count; i++) {
		words[i] = values[i];
		if (value_word_type(site->types, i) != VALUE_STRING)
			continue;
		const unsigned char *string = (const unsigned char *)(uintptr_t)values[i];
		const uint32_t bytes = string_bytes(string, (WORDS_MAX - used) * 8);
		for (uint32_t n = 0; n * 8 < bytes; n++)
			words[used++] = text_word(string, bytes, n);
		truncated |= string && string[bytes];
		if (string)
			words[i] = bytes ? bytes : VALUE_WORD_EMPTY;
		last = -bytes % 8;
	}
	lane_write((struct record_fields){site_known_id(site), site_known_tail(site) >> 48}, words, used * 8 - last);
	if (truncated)
		lane_count_truncated();
}

/* All but the fast path. `values` are as many as the site has keys. */
static __attribute__((noinline)) void record_slowly(struct ttlog_site *site, const void *caller, const uint64_t *values)
{
	const int saved_errno = errno;
	switch (recorder_now() && site_seen(site) ? SITE_KNOWN : site_admit(site)) {
	case SITE_KNOWN:
		write_words(site, values);
		break;
	case SITE_INLINE:
		write_inline(site, caller, values);
		break;
	case SITE_SKIPPED:
		break;
	}
	errno = saved_errno;
}

static __attribute__((noinline)) void record_few_slowly(struct ttlog_site *site, const void *caller, uint64_t a, uint64_t b,
							uint64_t c)
{
	const uint64_t values[FEW] = {a, b, c};
	record_slowly(site, caller, values);
}

/*
 * The fast path. Nothing in it calls a function, so that it needs no frame: whatever is unusual, a lane that has to grow,
 * another clock, goes the slow way from the start.
 */
static inline __attribute__((always_inline)) bool place_take(struct own_lane *place, const struct ttlog_site *site, uint32_t units)
{
	struct thread_state *self = &thread_state;
	const uint32_t generation = recorder_now();
	if (__builtin_expect(!own_lane_ready(self, generation) || !site_seen(site) || recorder.clock_kind != CLOCK_KIND_TSC, 0))
		return false;
	own_lane_begin(place, self, generation);
	return own_lane_advance(place, self, units);
}

/* Fills the first unit, and with it completes the record. `tail` as in ttlog_site. */
static inline __attribute__((always_inline)) void place_finish(const struct own_lane *place, const struct ttlog_site *site,
							       uint64_t tail)
{
	uint64_t *head = own_lane_unit(place, 0);
	const uint64_t ticks = arch_ticks();
	unit_put_words(head, ticks, site_known_id(site), tail | thread_state.tid);
	own_lane_commit(place, head, 0);
	own_lane_end(place, &thread_state);
	calibration_check(ticks);
}

static inline __attribute__((always_inline)) void put_body(const struct own_lane *place, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t *body = own_lane_unit(place, 1);
	unit_put_words(body, a, b, c);
	own_lane_commit(place, body, 1);
}

/* A message and nothing else. */
static void record_event(struct ttlog_site *site)
{
	struct own_lane place;
	if (!place_take(&place, site, 1))
		record_slowly(site, __builtin_return_address(0), NULL);
	else
		place_finish(&place, site, site_known_tail(site));
}

/* One to three values: the record's second unit. */
static void record_event_few(struct ttlog_site *site, uint64_t a, uint64_t b, uint64_t c)
{
	struct own_lane place;
	if (!place_take(&place, site, 2)) {
		record_few_slowly(site, __builtin_return_address(0), a, b, c);
		return;
	}
	put_body(&place, a, b, c);
	place_finish(&place, site, site_known_tail(site));
}

/* `bytes` of the string, from word `first` on, into the third unit. */
static inline __attribute__((always_inline)) void put_rest(const struct own_lane *place, const unsigned char *string,
							   uint32_t bytes, uint32_t first)
{
	uint64_t *rest = own_lane_unit(place, 2);
	unit_put_text(rest, string, bytes, first);
	own_lane_commit(place, rest, 2);
}

/* The string stands behind the `count` values, which is a constant, in the same unit and the next. */
static inline __attribute__((always_inline)) bool put_string(const struct ttlog_site *site, uint32_t count, uint64_t a, uint64_t b,
							     uint64_t c, const unsigned char *string)
{
	struct own_lane place;
	const uint32_t here = (FEW - count) * 8;
	const uint32_t bytes = string ? arch_string_bytes(string, VALUE_STRING_MAX) : 0;
	const bool behind = bytes > here;
	if (bytes > here + LANE_BODY_BYTES || !place_take(&place, site, behind ? 3 : 2))
		return false;
	if (count < 2)
		b = text_word(string, bytes, 0);
	if (count < 3)
		c = text_word(string, bytes, 2 - count);
	put_body(&place, a, b, c);
	if (behind)
		put_rest(&place, string, bytes, FEW - count);
	place_finish(&place, site, site_known_tail(site) + ((uint64_t)bytes << 32));
	return true;
}

/* One to three values, one of which is a string. A long one goes the slow way. */
static void record_event_string(struct ttlog_site *site, uint64_t a, uint64_t b, uint64_t c, const void *string)
{
	const bool done = site->key_count == 3   ? put_string(site, 3, a, b, c, string)
			  : site->key_count == 2 ? put_string(site, 2, a, b, 0, string)
						 : put_string(site, 1, a, 0, 0, string);
	if (!done)
		record_few_slowly(site, __builtin_return_address(0), a, b, c);
}

static void record_event_many(struct ttlog_site *site, const uint64_t *values)
{
	record_slowly(site, __builtin_return_address(0), values);
}

/* When a span begins, so that its end needs nothing else to tell how long it was; 0: it is not recorded. */
static uint64_t record_span_begin(struct ttlog_site *site)
{
	const int saved_errno = errno;
	uint64_t ticks = 0;
	if ((recorder_now() && site_seen(site)) || site_admit(site) != SITE_SKIPPED)
		ticks = clock_ticks(recorder.clock_kind);
	errno = saved_errno;
	return ticks;
}

/* What was begun is ended, also where the levels would mute it by now: else it seemed to be still open. */
static __attribute__((noinline)) void span_end_slowly(struct ttlog_site *site, const void *caller, uint64_t begin)
{
	const int saved_errno = errno;
	if ((recorder_now() && site_seen(site)) || site_admit(site) == SITE_KNOWN || site_id(site))
		write_words(site, &begin);
	else
		write_inline(site, caller, &begin);
	errno = saved_errno;
}

static void record_span_end(struct ttlog_site *site, uint64_t begin)
{
	struct own_lane place;
	if (!place_take(&place, site, 2)) {
		span_end_slowly(site, __builtin_return_address(0), begin);
		return;
	}
	put_body(&place, begin, 0, 0);
	place_finish(&place, site, site_known_tail(site));
}

/* ttlog_infof(...) and its siblings: formatted here, in the calling thread, because the arguments may be gone later. */
static void write_formatted(struct record_fields fields, const char *format, va_list arguments)
{
	char text[sizeof(uint32_t) + RECORD_TEXT_BYTES + 1];
	char *const begin = text + sizeof(uint32_t);
	const int length = vsnprintf(begin, RECORD_TEXT_BYTES + 1, format, arguments);
	if (length < 0)
		return;
	const uint32_t full = (uint32_t)length;
	if (full <= RECORD_TEXT_BYTES) {
		lane_write(fields, begin, full);
		return;
	}
	fields.kind |= (uint64_t)RECORD_TRUNCATED << 8;
	memcpy(text, &full, sizeof(full));
	lane_write(fields, text, sizeof(full) + RECORD_TEXT_BYTES);
	lane_count_truncated();
}

static void record_eventf(struct ttlog_site *site, const char *format, va_list arguments)
{
	const int saved_errno = errno;
	const enum admission admission = recorder_now() && site_seen(site) ? SITE_KNOWN : site_admit(site);
	const uint64_t caller = (uintptr_t)__builtin_return_address(0);
	if (admission == SITE_KNOWN)
		write_formatted((struct record_fields){site_known_id(site), site_known_tail(site) >> 48}, format, arguments);
	else if (admission == SITE_INLINE)
		write_formatted(record_fields(caller, site->level, SOURCE_MACRO, 0), format, arguments);
	errno = saved_errno;
}

static const uint32_t no_epoch; /* until the constructor has run, every site is muted */

struct ttlog_api record_api = {
	.version = 2,
	.epoch = &no_epoch,
	.event = record_event,
	.event_few = record_event_few,
	.event_string = record_event_string,
	.event_many = record_event_many,
	.eventf = record_eventf,
	.set_levels = site_set_levels,
	.span_begin = record_span_begin,
	.span_end = record_span_end,
	.set_context = record_set_context,
	.clear_context = record_clear_context,
};

/* The ELF note by which include/ttlog.h finds the table, in a program that links nothing. Its descriptor: distance to the table. */
__asm__(".pushsection .note.ttlog, \"a\", %note\n"
	".balign 4\n"
	".long 6, 8, 1\n" /* bytes of name and descriptor, type TTLOG_NOTE_API */
	".asciz \"ttlog\"\n"
	".balign 4\n"
	".quad record_api - .\n"
	".popsection");
