/*
 * rust_reader.h - the letters of a Rust symbol name of version 0, and the text that is made of them: what every rule of the grammar uses.
 *
 * A reader that went wrong stays `bad`: nothing is read or said any more, and the name is left as it is. Thread-safe: no globals.
 */
#ifndef TTLOG_SYMBOLS_RUST_READER_H
#define TTLOG_SYMBOLS_RUST_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RUST_PLAIN_BYTES = 8192 }; /* room for the text, its NUL included */

struct rust_reader {
	const char *name; /* behind "_R": what back references count from */
	size_t at, bytes;
	char *plain;
	size_t used;
	unsigned depth, lifetimes; /* lifetimes: bound by the binders around */
	bool bad, silent;          /* silent: what is read is not said */
	bool open;                 /* read_open_path() has left a "<" open */
};

struct rust_identifier {
	const char *text;
	size_t bytes;
	bool punycode;
	uint64_t disambiguator;
};

/* Text. */
void rust_put(struct rust_reader *reader, const char *text, size_t bytes);
void rust_say(struct rust_reader *reader, const char *text);
void rust_say_number(struct rust_reader *reader, uint64_t number);
void rust_say_identifier(struct rust_reader *reader, const struct rust_identifier *identifier);

/* Letters: the next one, or NUL, and on; on where it is the wanted one. */
char rust_next(struct rust_reader *reader);
bool rust_take(struct rust_reader *reader, char wanted);

/* One level deeper; false where that is too deep. The caller takes it back from reader->depth. */
bool rust_enter(struct rust_reader *reader);

/* base-62-number: "_" is 0, "0_" is 1. The other: 0 where the tag is not there, otherwise one more than it says. */
uint64_t rust_base62(struct rust_reader *reader);
uint64_t rust_optional62(struct rust_reader *reader, char tag);

/* undisambiguated-identifier; identifier. */
struct rust_identifier rust_plain_identifier(struct rust_reader *reader);
struct rust_identifier rust_read_identifier(struct rust_reader *reader);

#endif
