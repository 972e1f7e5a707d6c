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
	{"trace", LEVEL_TRACE}, {"debug", LEVEL_DEBUG},	   {"info", LEVEL_INFO},      {"notice", LEVEL_INFO},  {"log", LEVEL_INFO},
	{"warn", LEVEL_WARN},	{"warning", LEVEL_WARN},   {"error", LEVEL_ERROR},    {"err", LEVEL_ERROR},    {"severe", LEVEL_ERROR},
	{"fatal", LEVEL_FATAL}, {"critical", LEVEL_FATAL}, {"crit", LEVEL_FATAL},     {"alert", LEVEL_FATAL},  {"emerg", LEVEL_FATAL},
	{"panic", LEVEL_FATAL},
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

/* E0102 15:04:05 */
static int glog_level(const struct scan *scan)
{
	static const char letters[] = "IWEF";
	const char *at = scan->at, *letter;
	if (scan->end - at < 14 || !(letter = memchr(letters, at[0], sizeof(letters) - 1)))
		return -1;
	if (!digits(at + 1, 4) || at[5] != ' ' || !digits(at + 6, 2) || at[8] != ':' || !digits(at + 9, 2) || at[11] != ':')
		return -1;
	return LEVEL_INFO + (int)(letter - letters);
}

static size_t word_bytes(const struct scan *scan)
{
	size_t bytes = 0;
	while (scan->at + bytes < scan->end && isalpha((unsigned char)scan->at[bytes]))
		bytes++;
	return bytes;
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

static bool is_followed_by(const struct scan *scan, size_t bytes, char c)
{
	return scan->at + bytes < scan->end && scan->at[bytes] == c;
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

/* The first word that is no part of a time stamp decides. */
static int word_level(struct scan *scan)
{
	const char *const begin = scan->at;
	while (scan->at < scan->end) {
		const char before = scan->at > begin ? scan->at[-1] : 0;
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
		const bool marked = all_upper(scan->at, bytes) || before == '[' || is_followed_by(scan, bytes, ':');
		if (level >= 0)
			return marked ? level : -1;
		const size_t passed = belongs_to_time(scan->at, bytes) ? bytes : field_bytes(scan, begin);
		if (passed == 0)
			return -1;
		scan->at += passed;
	}
	return -1;
}

int text_level(const char *text, size_t bytes)
{
	struct scan scan = {text, text + (bytes < LOOKED_AT ? bytes : LOOKED_AT)};
	int level = priority_level(&scan);
	if (level < 0)
		level = glog_level(&scan);
	return level < 0 ? word_level(&scan) : level;
}

unsigned text_level_of(unsigned source, unsigned level, const char *text, size_t bytes)
{
	const bool is_text = (source >= SOURCE_STDOUT && source <= SOURCE_WRITE2) || source == SOURCE_FILE;
	const int said = is_text && text ? text_level(text, bytes) : -1;
	return said >= 0 ? (unsigned)said : level;
}
