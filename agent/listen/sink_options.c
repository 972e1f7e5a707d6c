#include "sink_options.h"

#include "event.h"
#include "text.h"
#include "ttlog_listener.h"

#include <errno.h>
#include <string.h>

/* A piece of the item; not NUL-terminated. */
struct piece {
	const char *data;
	size_t bytes;
};

struct word {
	const char *name;
	uint32_t number;
};

enum address { NO_ADDRESS, ADDRESS_MAY, ADDRESS_MUST };

static const struct kind {
	const char *name;
	enum address address;
	const char *standard; /* address, where it may be left out */
} kinds[SINK_KINDS] = {
	[SINK_STDOUT] = {"stdout", NO_ADDRESS, ""},
	[SINK_STDERR] = {"stderr", NO_ADDRESS, ""},
	[SINK_FILE] = {"file", ADDRESS_MUST, ""},
	[SINK_SYSLOG] = {"syslog", ADDRESS_MAY, "/dev/log"},
	[SINK_JOURNALD] = {"journald", ADDRESS_MAY, "/run/systemd/journal/socket"},
	[SINK_UNIX] = {"unix", ADDRESS_MUST, ""},
	[SINK_UDP] = {"udp", ADDRESS_MUST, ""},
	[SINK_TCP] = {"tcp", ADDRESS_MUST, ""},
	[SINK_PLUGIN] = {"plugin", ADDRESS_MUST, ""},
};

static bool same(struct piece piece, const char *word)
{
	return strlen(word) == piece.bytes && memcmp(word, piece.data, piece.bytes) == 0;
}

/* Up to the first `end`; *rest is what stands behind it, with data NULL where there was none. */
static struct piece split(struct piece from, char end, struct piece *rest)
{
	const char *at = from.bytes ? memchr(from.data, end, from.bytes) : NULL;
	const size_t before = at ? (size_t)(at - from.data) : from.bytes;
	*rest = at ? (struct piece){at + 1, from.bytes - before - 1} : (struct piece){NULL, 0};
	return (struct piece){from.data, before};
}

/* A sentence: what is wrong, and the piece in quotes. Returns EINVAL. */
static int complain(char *error, size_t error_bytes, const char *what, struct piece piece)
{
	if (!error_bytes)
		return EINVAL;
	struct text_writer text = text_begin(error, error_bytes);
	text_string(&text, what);
	text_string(&text, " '");
	for (size_t i = 0; i < piece.bytes; i++)
		text_char(&text, piece.data[i]);
	text_char(&text, '\'');
	return EINVAL;
}

/* Values ---------------------------------------------------------------------------------------------------------------------- */

static bool parse_word(const struct word *words, struct piece value, uint32_t *number)
{
	for (; words->name; words++) {
		if (same(value, words->name)) {
			*number = words->number;
			return true;
		}
	}
	return false;
}

/* Digits, and one of the units. */
static bool parse_quantity(const struct word *units, struct piece value, uint64_t *number)
{
	uint64_t n = 0;
	uint32_t unit;
	size_t at = 0;
	for (; at < value.bytes && value.data[at] >= '0' && value.data[at] <= '9' && n < UINT32_MAX; at++)
		n = n * 10 + (uint64_t)(value.data[at] - '0');
	if (at == 0 || !parse_word(units, (struct piece){value.data + at, value.bytes - at}, &unit))
		return false;
	*number = n * unit;
	return n != 0;
}

static bool parse_policy(struct sink_options *options, struct piece value)
{
	static const struct word policies[] = {{"drop", TTLOG_DROP}, {"block", TTLOG_BLOCK}, {NULL, 0}};
	options->policy_given = true;
	return parse_word(policies, value, &options->policy);
}

static bool parse_level(struct sink_options *options, struct piece value)
{
	unsigned level;
	options->level_given = true;
	if (level_parse(value.data, value.bytes, &level) != 0 || level == LEVEL_OFF)
		return false;
	options->level = level;
	return true;
}

static bool parse_format(struct sink_options *options, struct piece value)
{
	static const struct word formats[] = {
		{"text", SINK_FORMAT_TEXT}, {"json", SINK_FORMAT_JSON}, {"rfc5424", SINK_FORMAT_RFC5424}, {NULL, 0}};
	uint32_t format;
	if (!parse_word(formats, value, &format))
		return false;
	options->format = (enum sink_format)format;
	const bool lines = options->kind <= SINK_FILE;
	return lines ? format != SINK_FORMAT_RFC5424
		     : format != SINK_FORMAT_TEXT && !(options->kind == SINK_SYSLOG && format == SINK_FORMAT_JSON);
}

static bool parse_colour(struct sink_options *options, struct piece value)
{
	static const struct word colours[] = {
		{"auto", SINK_COLOUR_AUTO}, {"always", SINK_COLOUR_ALWAYS}, {"never", SINK_COLOUR_NEVER}, {NULL, 0}};
	uint32_t colour;
	if (!parse_word(colours, value, &colour))
		return false;
	options->colour = (enum sink_colour)colour;
	return true;
}

static bool parse_fsync(struct sink_options *options, struct piece value)
{
	static const struct word policies[] = {
		{"never", SINK_FSYNC_NEVER}, {"flush", SINK_FSYNC_FLUSH}, {"always", SINK_FSYNC_ALWAYS}, {NULL, 0}};
	uint32_t policy;
	if (!parse_word(policies, value, &policy))
		return false;
	options->fsync = (enum sink_fsync)policy;
	return true;
}

static bool parse_rotate(struct sink_options *options, struct piece value)
{
	static const struct word units[] = {{"", 1},          {"B", 1},        {"K", 1u << 10},  {"KB", 1u << 10}, {"M", 1u << 20},
					    {"MB", 1u << 20}, {"G", 1u << 30}, {"GB", 1u << 30}, {NULL, 0}};
	return parse_quantity(units, value, &options->rotate_bytes);
}

static bool parse_age(struct sink_options *options, struct piece value)
{
	static const struct word units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}, {NULL, 0}};
	return parse_quantity(units, value, &options->age_s);
}

static bool parse_keep(struct sink_options *options, struct piece value)
{
	static const struct word units[] = {{"", 1}, {NULL, 0}};
	uint64_t keep = 0;
	if (!same(value, "0") && !parse_quantity(units, value, &keep))
		return false;
	options->keep = (uint32_t)keep;
	return keep <= SINK_KEEP_MAX;
}

static bool parse_facility(struct sink_options *options, struct piece value)
{
	static const struct word facilities[] = {{"user", 1},    {"mail", 2},    {"daemon", 3},  {"auth", 4},    {"news", 7},
						 {"cron", 9},    {"local0", 16}, {"local1", 17}, {"local2", 18}, {"local3", 19},
						 {"local4", 20}, {"local5", 21}, {"local6", 22}, {"local7", 23}, {NULL, 0}};
	return parse_word(facilities, value, &options->facility);
}

/* Options ---------------------------------------------------------------------------------------------------------------------- */

#define OF(kind)  (1u << SINK_##kind)
#define STREAMS   (OF(STDOUT) | OF(STDERR))
#define SOCKETS   (OF(UNIX) | OF(UDP) | OF(TCP))
#define ALL_KINDS ((1u << SINK_KINDS) - 1)

static const struct option {
	const char *name;
	unsigned kinds;
	bool (*parse)(struct sink_options *options, struct piece value);
} option_rows[] = {
	{"policy", ALL_KINDS, parse_policy},
	{"level", ALL_KINDS, parse_level},
	{"format", STREAMS | OF(FILE) | OF(SYSLOG) | SOCKETS, parse_format},
	{"color", STREAMS, parse_colour},
	{"colour", STREAMS, parse_colour},
	{"rotate", OF(FILE), parse_rotate},
	{"age", OF(FILE), parse_age},
	{"keep", OF(FILE), parse_keep},
	{"fsync", OF(FILE), parse_fsync},
	{"facility", OF(SYSLOG) | SOCKETS, parse_facility},
};

static const struct option *find_option(enum sink_kind kind, struct piece name)
{
	for (size_t i = 0; i < sizeof(option_rows) / sizeof(option_rows[0]); i++) {
		if (option_rows[i].kinds & 1u << kind && same(name, option_rows[i].name))
			return &option_rows[i];
	}
	return NULL;
}

/* What is not ours is the plug-in's. */
static bool pass_on(struct sink_options *options, struct piece option)
{
	const size_t used = strlen(options->arguments);
	if (used + option.bytes + 2 > sizeof(options->arguments))
		return false;
	char *at = options->arguments + used;
	if (used)
		*at++ = ',';
	memcpy(at, option.data, option.bytes);
	at[option.bytes] = 0;
	return true;
}

static int parse_option(struct sink_options *options, struct piece text, char *error, size_t error_bytes)
{
	struct piece value;
	const struct piece name = split(text, '=', &value);
	const struct option *option = find_option(options->kind, name);
	if (option)
		return value.data && option->parse(options, value) ? 0 : complain(error, error_bytes, "bad value in", text);
	if (options->kind == SINK_PLUGIN)
		return pass_on(options, text) ? 0 : complain(error, error_bytes, "no room for", text);
	return complain(error, error_bytes, "no such option here:", text);
}

static int parse_address(struct sink_options *options, const struct kind *kind, struct piece address, char *error,
			 size_t error_bytes)
{
	const bool given = address.data != NULL;
	if (given && (kind->address == NO_ADDRESS || !address.bytes))
		return complain(error, error_bytes, address.bytes ? "takes no address:" : "nothing behind the colon of",
				(struct piece){kind->name, strlen(kind->name)});
	if (!given && kind->address == ADDRESS_MUST)
		return complain(error, error_bytes, "no address: write ':' and one behind",
				(struct piece){kind->name, strlen(kind->name)});
	if (address.bytes >= sizeof(options->address)) {
		complain(error, error_bytes, "too long:", address);
		return ENAMETOOLONG;
	}
	struct text_writer copy = text_begin(options->address, sizeof(options->address));
	text_string(&copy, given ? "" : kind->standard);
	for (size_t i = 0; i < address.bytes; i++)
		text_char(&copy, address.data[i]);
	return 0;
}

static bool parse_kind(struct sink_options *options, struct piece name)
{
	for (unsigned i = 0; i < SINK_KINDS; i++) {
		if (same(name, kinds[i].name)) {
			options->kind = (enum sink_kind)i;
			return true;
		}
	}
	return false;
}

int sink_options_parse(const char *item, size_t bytes, struct sink_options *options, char *error, size_t error_bytes)
{
	struct piece rest, address;
	const struct piece head = split((struct piece){item, bytes}, ',', &rest);
	const struct piece name = split(head, ':', &address);
	memset(options, 0, sizeof(*options));
	options->keep = 5;
	options->facility = 1;
	if (!parse_kind(options, name))
		return complain(error, error_bytes, "no such listener:", name);
	int result = parse_address(options, &kinds[options->kind], address, error, error_bytes);
	while (result == 0 && rest.data) {
		const struct piece option = split(rest, ',', &rest);
		result = parse_option(options, option, error, error_bytes);
	}
	return result;
}
