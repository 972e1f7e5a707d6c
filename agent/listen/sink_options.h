/*
 * sink_options.h - what one item of TTLOG_LISTENERS says: KIND[:ADDRESS][,option=value]...
 *
 * Pure, no allocation, no locale, async-signal-safe. A comma or semicolon cannot stand in an address or a value.
 */
#ifndef TTLOG_LISTEN_SINK_OPTIONS_H
#define TTLOG_LISTEN_SINK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sink_kind {
	SINK_STDOUT,
	SINK_STDERR,
	SINK_FILE,
	SINK_SYSLOG,
	SINK_JOURNALD,
	SINK_UNIX,
	SINK_UDP,
	SINK_TCP,
	SINK_PLUGIN,
	SINK_KINDS
};

enum sink_format {
	SINK_FORMAT_DEFAULT, /* text; of syslog what its daemon expects, of sockets RFC 5424 */
	SINK_FORMAT_TEXT,
	SINK_FORMAT_JSON,
	SINK_FORMAT_RFC5424
};
enum sink_colour { SINK_COLOUR_AUTO, SINK_COLOUR_ALWAYS, SINK_COLOUR_NEVER };
enum sink_fsync { SINK_FSYNC_NEVER, SINK_FSYNC_FLUSH, SINK_FSYNC_ALWAYS };

#define SINK_ADDRESS_BYTES 1024u
#define SINK_KEEP_MAX      1000u

struct sink_options {
	enum sink_kind kind;
	char address[SINK_ADDRESS_BYTES];   /* behind the colon; the kind's default where there is one */
	char arguments[SINK_ADDRESS_BYTES]; /* of a plug-in: its options, without ours */
	uint32_t policy;                    /* enum ttlog_policy */
	uint32_t level;                     /* enum ttlog_level */
	enum sink_format format;
	enum sink_colour colour;
	enum sink_fsync fsync;
	uint64_t rotate_bytes; /* 0: not by size */
	uint64_t age_s;        /* 0: not by age */
	uint32_t keep;         /* rotated files, 0..SINK_KEEP_MAX */
	uint32_t facility;     /* of syslog, 0..23 */
	bool policy_given, level_given;
};

/* Parses `bytes` bytes, one item. 0, or a positive errno (EINVAL, ENAMETOOLONG) and a sentence that names what is wrong. */
int sink_options_parse(const char *item, size_t bytes, struct sink_options *options, char *error, size_t error_bytes);

#endif
