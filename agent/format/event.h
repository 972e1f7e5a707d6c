/*
 * event.h - what an event is: levels, sources, and the encoding of key-values.
 *
 * Pure functions over caller-supplied memory; no globals, no libc calls that are not async-signal-safe. Used by the agent (any
 * thread, any signal handler) to encode and by readers to decode.
 */
#ifndef TTLOG_FORMAT_EVENT_H
#define TTLOG_FORMAT_EVENT_H

#include <stddef.h>
#include <stdint.h>

/* Severity; the numbers are enum ttlog_level of the public header (checked there by the compiler). */
enum event_level { LEVEL_TRACE = 0, LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR, LEVEL_FATAL, LEVEL_OFF };

/* What the text came through. At most 16: it shares a byte with the level. */
enum event_source {
	SOURCE_MACRO = 0, /* ttlog_* */
	SOURCE_STDOUT,    /* stdio on descriptor 1 */
	SOURCE_STDERR,    /* stdio on descriptor 2 */
	SOURCE_WRITE1,    /* write, writev, dprintf on descriptor 1 */
	SOURCE_WRITE2,
	SOURCE_SYSLOG,
	SOURCE_ABORT,   /* assert, abort */
	SOURCE_AGENT,   /* nothing records it: kept for the numbers behind it */
	SOURCE_FILE,    /* the program's own log file; its path is the event's target */
	SOURCE_JOURNAL, /* sd_journal_* */
	SOURCE_THROW,   /* a C++ exception: THROWN_PREFIX and the name of its type as the compiler has it */
	SOURCE_COUNT
};

/* Before a mangled type name, which makes a symbol of it that demanglers know: the name in its type_info. */
#define THROWN_PREFIX "_ZTS"

/* Lower-case names as they stand in snapshots and filters; NULL for a number out of range. */
const char *level_name(unsigned level);
const char *source_name(unsigned source);
const char *degradation_name(unsigned bit); /* bit number of enum degradation */

/* 0 and *level, or -EINVAL. `name` has `bytes` bytes, any case. */
int level_parse(const char *name, size_t bytes, unsigned *level);

/* Key-values ------------------------------------------------------------------------------------------------------------- */

/* The numbers are part of the recorder format and of the public header. */
enum value_type {
	VALUE_SIGNED = 1,
	VALUE_UNSIGNED = 2,
	VALUE_DOUBLE = 3,
	VALUE_BOOL = 4,
	VALUE_STRING = 5,
	VALUE_POINTER = 6,
	/* The last value of a span's two events: ticks at which it began, the same in both. Readers that do not know it find the values end. */
	VALUE_SPAN_ENTER = 7,
	VALUE_SPAN_EXIT = 8,
};

/*
 * Encoded value: u8 type, u8 key bytes (0: the key of this position stands in the call site), key, then 8 bytes of value, or
 * for a string u16 length and bytes (UINT16_MAX: a null pointer).
 */
struct event_value {
	const char *key; /* not NUL-terminated; NULL: see the call site */
	uint32_t key_bytes;
	uint32_t type; /* enum value_type */
	union {
		int64_t i;
		uint64_t u;
		double d;
	} number;           /* also bool and pointer, in u */
	const char *string; /* into the payload; NULL for a null pointer */
	uint32_t string_bytes;
};

/* Decodes the value at *at, moving it on. 1: a value, 0: end, -EINVAL: damaged. */
int value_decode(const unsigned char *payload, size_t bytes, size_t *at, struct event_value *value);

/* Appends one value; returns the new length, or `at` unchanged where it did not fit into `bytes`. */
size_t value_encode(unsigned char *payload, size_t bytes, size_t at, const struct event_value *value);

/*
 * Values as words, for events whose call site knows keys and types: written and read in multiples of 8 bytes, which is what
 * makes a typed event cheap. A word for each value, then the bytes of the strings, each but the last filled up to a whole
 * word. The word of a string is its length; of the last string any other than 0, its length is what is left of the payload. 0
 * is a null pointer, VALUE_WORD_EMPTY an empty string that is not the last.
 */
#define VALUE_WORDS_MAX  8u
#define VALUE_WORD_EMPTY UINT64_MAX

struct value_words {
	uint32_t types; /* of the call site; set by the caller */
	uint32_t index;
	size_t strings; /* bytes of strings that were read so far */
};

/* Type of value number index, 0 behind the last. */
static inline uint32_t value_word_type(uint32_t types, uint32_t index)
{
	return index < VALUE_WORDS_MAX ? types >> 4 * index & 15 : 0;
}

/* Decodes value number words->index of the payload, and moves on. 1: a value (without key), 0: end, -EINVAL: damaged. */
int value_word_decode(const unsigned char *payload, size_t bytes, struct value_words *words, struct event_value *value);

#endif
