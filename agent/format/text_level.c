#include "text_level.h"

#include "event.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { LOOKED_AT = 96, ZONE_LETTERS = 5 };

struct scan {
	const char *at, *end;
};

static const struct {
	const char *word; /* lower case */
	enum event_level level;
} words[] = {
	{"trace", LEVEL_TRACE}, {"debug", LEVEL_DEBUG},  {"info", LEVEL_INFO},    {"notice", LEVEL_INFO},
	{"log", LEVEL_INFO},    {"warn", LEVEL_WARN},    {"warning", LEVEL_WARN}, {"error", LEVEL_ERROR},
	{"err", LEVEL_ERROR},   {"severe", LEVEL_ERROR}, {"fatal", LEVEL_FATAL},  {"critical", LEVEL_FATAL},
	{"crit", LEVEL_FATAL},  {"alert", LEVEL_FATAL},  {"emerg", LEVEL_FATAL},  {"panic", LEVEL_FATAL},
};

static int level_of(const char *word, size_t bytes)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i].word) == bytes && strncasecmp(words[i].word, word, bytes) == 0)
			return words[i].level;
	}
	return -1;
}

static bool digits(const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
	}
	return true;
}

/* <3> */
static int priority_level(const struct scan *scan)
{
	static const signed char levels[] = {LEVEL_FATAL, LEVEL_FATAL, LEVEL_FATAL, LEVEL_ERROR,
					     LEVEL_WARN,  LEVEL_INFO,  LEVEL_INFO,  LEVEL_DEBUG};
	const char *at = scan->at;
	return scan->end - at >= 3 && at[0] == '<' && at[1] >= '0' && at[1] <= '7' && at[2] == '>' ? levels[at[1] - '0'] : -1;
}

/* E0102 15:04:05, and E20260102 15:04:05 since glog 0.6 */
static int glog_level(const struct scan *scan)
{
	static const char letters[] = "IWEF";
	const char *at = scan->at, *letter;
	if (scan->end - at < 14 || !(letter = memchr(letters, at[0], sizeof(letters) - 1)))
		return -1;
	if (scan->end - at >= 18 && digits(at + 1, 4) && at[5] != ' ')
		at += 4;
	if (!digits(at + 1, 4) || at[5] != ' ' || !digits(at + 6, 2) || at[8] != ':' || !digits(at + 9, 2) || at[11] != ':')
		return -1;
	return LEVEL_INFO + (int)(letter - letters);
}

/* 12:M 28 Nov 2026 16:00:00.123 * Ready: redis, whose mark stands behind a time of that width. */
static int redis_level(const struct scan *scan)
{
	enum { TIME_BYTES = 27 };
	static const char roles[] = "XCSM";
	const char *at = scan->at;
	while (at < scan->end && isdigit((unsigned char)*at))
		at++;
	if (at == scan->at || scan->end - at < TIME_BYTES + 3 || at[0] != ':' || !memchr(roles, at[1], sizeof(roles) - 1))
		return -1;
	if (at[2] != ' ' || !digits(at + 3, 2) || !digits(at + 10, 4) || at[TIME_BYTES] != ' ' || at[TIME_BYTES + 2] != ' ')
		return -1;
	switch (at[TIME_BYTES + 1]) {
	case '#':
		return LEVEL_WARN;
	case '*':
		return LEVEL_INFO;
	case '-':
	case '.':
		return LEVEL_DEBUG;
	default:
		return -1;
	}
}

static size_t word_bytes(const struct scan *scan)
{
	size_t bytes = 0;
	while (scan->at + bytes < scan->end && isalpha((unsigned char)scan->at[bytes]))
		bytes++;
	return bytes;
}

static bool is_followed_by(const struct scan *scan, size_t bytes, char c)
{
	return scan->at + bytes < scan->end && scan->at[bytes] == c;
}

/* level=error, "level":"error", "severity": "ERROR": logrus, go-kit, zap, bunyan's kin. */
static int keyed_level(const struct scan *scan)
{
	static const char *const keys[] = {"level", "severity"};
	for (struct scan at = *scan; at.at < at.end; at.at++) {
		const size_t bytes = word_bytes(&at);
		if (at.at > scan->at && !strchr(" \t,{\"", at.at[-1]))
			continue;
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			if (bytes != strlen(keys[i]) || memcmp(at.at, keys[i], bytes) != 0)
				continue;
			struct scan value = {at.at + bytes, at.end};
			const bool json = is_followed_by(&at, bytes, '"');
			value.at += json;
			if (value.at == value.end || *value.at != (json ? ':' : '='))
				continue;
			do
				value.at++;
			while (value.at < value.end && (*value.at == '"' || (json && *value.at == ' ')));
			return level_of(value.at, word_bytes(&value));
		}
	}
	return -1;
}

static bool all_upper(const char *word, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		if (!isupper((unsigned char)word[i]))
			return false;
	}
	return true;
}

/* A name of a day or a month, a time zone, the T and Z of ISO 8601, redis's role: what stands in and around time stamps. */
static bool belongs_to_time(const char *word, size_t bytes)
{
	static const char names[] = "Mon Tue Wed Thu Fri Sat Sun Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ";
	if (bytes <= ZONE_LETTERS && all_upper(word, bytes))
		return true;
	for (const char *name = names; bytes == 3 && *name; name += 4) {
		if (memcmp(name, word, 3) == 0)
			return true;
	}
	return false;
}

/* [main], [12345], [worker-3]: passed over as a whole, unless a level or a time stamp stands in it. */
static bool skip_group(struct scan *scan)
{
	const char *close = memchr(scan->at, ']', (size_t)(scan->end - scan->at));
	const struct scan inner = {scan->at + 1, scan->end};
	const size_t bytes = word_bytes(&inner);
	if (!close || bytes == 0 || level_of(inner.at, bytes) >= 0)
		return false;
	scan->at = close + 1;
	return true;
}

/* Bytes of a name between dashes, as in "time - name - LEVEL - text"; 0: none. */
static size_t field_bytes(const struct scan *scan, const char *begin)
{
	const char *at = scan->at;
	if (at - begin < 2 || memcmp(at - 2, "- ", 2) != 0)
		return 0;
	while (at < scan->end && (isalnum((unsigned char)*at) || strchr("._:/-", *at)))
		at++;
	return scan->end - at >= 3 && memcmp(at, " - ", 3) == 0 ? (size_t)(at - scan->at) : 0;
}

/* [core:error]: apache's module and level. */
static int module_level(const struct scan *scan)
{
	struct scan at = {scan->at + 1, scan->end};
	while (at.at < at.end && (isalnum((unsigned char)*at.at) || *at.at == '_'))
		at.at++;
	if (*scan->at != '[' || at.at == scan->at + 1 || !is_followed_by(&at, 0, ':'))
		return -1;
	at.at++;
	const size_t bytes = word_bytes(&at);
	return is_followed_by(&at, bytes, ']') ? level_of(at.at, bytes) : -1;
}

static size_t client_part(const struct scan *scan, size_t from)
{
	size_t bytes = 0;
	while (scan->at + from + bytes < scan->end) {
		const char c = scan->at[from + bytes];
		if (!isalnum((unsigned char)c) && (!c || !strchr("._-[]", c)))
			break;
		bytes++;
	}
	return bytes;
}

/* Bytes of the user@database that postgres can put before its level, with the blank behind; 0: none. */
static size_t client_bytes(const struct scan *scan)
{
	const size_t user = client_part(scan, 0);
	if (!user || !is_followed_by(scan, user, '@'))
		return 0;
	const size_t both = user + 1 + client_part(scan, user + 1);
	const struct scan behind = {scan->at + both + 1, scan->end};
	if (both == user + 1 || !is_followed_by(scan, both, ' '))
		return 0;
	const size_t word = word_bytes(&behind);
	return word && all_upper(behind.at, word) && is_followed_by(&behind, word, ':') ? both + 1 : 0;
}

/* error[E0308]: the code of a rustc message. */
static bool has_code(const struct scan *scan, size_t bytes)
{
	if (!is_followed_by(scan, bytes, '[') || !is_followed_by(scan, bytes + 1, 'E'))
		return false;
	for (bytes += 2; scan->at + bytes < scan->end && isdigit((unsigned char)scan->at[bytes]);)
		bytes++;
	return is_followed_by(scan, bytes, ']') && is_followed_by(scan, bytes + 1, ':');
}

/* WARN_LIMIT, [error-prone]: the beginning of another word. */
static bool goes_on(const struct scan *scan, size_t bytes)
{
	const char next = scan->at + bytes < scan->end ? scan->at[bytes] : ' ';
	return next && (isdigit((unsigned char)next) || strchr("_-=@", next));
}

/* The first word that is no part of a time stamp decides. */
static int word_level(struct scan *scan)
{
	const char *const begin = scan->at;
	while (scan->at < scan->end) {
		const char before = scan->at > begin ? scan->at[-1] : 0;
		const int said = module_level(scan);
		if (said >= 0)
			return said;
		scan->at += client_bytes(scan);
		const size_t bytes = word_bytes(scan);
		if (bytes == 0) {
			if (*scan->at == '[' && skip_group(scan))
				continue;
			if (!isdigit((unsigned char)*scan->at) && !strchr(" \t:.,-/+[](|#*", *scan->at))
				return -1;
			scan->at++;
			continue;
		}
		const int level = level_of(scan->at, bytes);
		const bool marked = all_upper(scan->at, bytes) || before == '[' || is_followed_by(scan, bytes, ':') ||
				    has_code(scan, bytes);
		if (level >= 0)
			return marked && !goes_on(scan, bytes) ? level : -1;
		const size_t passed = belongs_to_time(scan->at, bytes) ? bytes : field_bytes(scan, begin);
		if (passed == 0)
			return -1;
		scan->at += passed;
	}
	return -1;
}

/* A level with a colon behind it or brackets around it: "error:", "fatal error:", "[emerg]". */
static int marked_level(struct scan scan)
{
	static const char fatal[] = "fatal error:";
	const bool bracket = is_followed_by(&scan, 0, '[');
	scan.at += bracket;
	const size_t bytes = word_bytes(&scan);
	if (is_followed_by(&scan, bytes, bracket ? ']' : ':'))
		return level_of(scan.at, bytes);
	return (size_t)(scan.end - scan.at) >= sizeof(fatal) - 1 && memcmp(scan.at, fatal, sizeof(fatal) - 1) == 0 ? LEVEL_FATAL
														   : -1;
}

/* gcc: error: text, file.c:1:2: warning: text, nginx: [emerg] text: who speaks and about which line, then the level. */
static int tool_level(struct scan scan)
{
	const char *const begin = scan.at;
	while (scan.at < scan.end && (isalnum((unsigned char)*scan.at) || (*scan.at && strchr("._/+-", *scan.at))))
		scan.at++;
	if (scan.at == begin)
		return -1;
	for (int number = 0; number < 2 && scan.end - scan.at > 1 && *scan.at == ':' && isdigit((unsigned char)scan.at[1]);
	     number++) {
		do
			scan.at++;
		while (scan.at < scan.end && isdigit((unsigned char)*scan.at));
	}
	if (scan.end - scan.at < 2 || memcmp(scan.at, ": ", 2) != 0)
		return -1;
	scan.at += 2;
	return marked_level(scan);
}

int text_level(const char *text, size_t bytes)
{
	struct scan scan = {text, text + (bytes < LOOKED_AT ? bytes : LOOKED_AT)};
	const struct scan whole = scan;
	int level = priority_level(&scan);
	if (level < 0)
		level = glog_level(&scan);
	if (level < 0)
		level = redis_level(&scan);
	if (level < 0)
		level = keyed_level(&scan);
	if (level < 0)
		level = word_level(&scan);
	return level < 0 ? tool_level(whole) : level;
}

unsigned text_level_of(unsigned source, unsigned level, const char *text, size_t bytes)
{
	const bool is_text = (source >= SOURCE_STDOUT && source <= SOURCE_WRITE2) || source == SOURCE_FILE;
	const int said = is_text && text ? text_level(text, bytes) : -1;
	return said >= 0 ? (unsigned)said : level;
}
