#include "variables.h"

#include "levels.h"
#include "list.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

enum variable_id {
#define VARIABLE_ID(name, kind, value, unit, meaning) VARIABLE_##name##_ID,
	TTLOG_VARIABLES(VARIABLE_ID)
#undef VARIABLE_ID
		VARIABLE_COUNT
};

static const char *const variable_names[] = {
#define VARIABLE_NAME(name, kind, value, unit, meaning) #name,
	TTLOG_VARIABLES(VARIABLE_NAME)
#undef VARIABLE_NAME
};

static const char *const variable_defaults[] = {
#define VARIABLE_DEFAULT(name, kind, value, unit, meaning) value,
	TTLOG_VARIABLES(VARIABLE_DEFAULT)
#undef VARIABLE_DEFAULT
};

struct word {
	const char *name;
	uint64_t bits;
};

static const struct word capture_words[] = {
	{"stdout", CAPTURE_STDOUT},
	{"stderr", CAPTURE_STDERR},
	{"syslog", CAPTURE_SYSLOG},
	{"abort", CAPTURE_ABORT},
	{"journal", CAPTURE_JOURNAL},
	{"throw", CAPTURE_THROW},
	{"none", 0},
	{NULL, 0},
};

enum { SIG_PREFIX = 3 }; /* the variable's words are without it */

#define SIGNAL_WORD(name)                                                                                                          \
	{                                                                                                                          \
		&"SIG" #name[SIG_PREFIX], 1ull << (SIG##name - 1)                                                                  \
	}
static const struct word signal_words[] = {
	SIGNAL_WORD(SEGV), SIGNAL_WORD(BUS), SIGNAL_WORD(ILL), SIGNAL_WORD(FPE),  SIGNAL_WORD(ABRT),
	SIGNAL_WORD(TRAP), SIGNAL_WORD(SYS), SIGNAL_WORD(INT), SIGNAL_WORD(TERM), SIGNAL_WORD(QUIT),
	SIGNAL_WORD(HUP),  {"none", 0},      {NULL, 0},
};

static const struct word exit_words[] = {
	{"never", ON_EXIT_NEVER}, {"failure", ON_EXIT_FAILURE}, {"always", ON_EXIT_ALWAYS}, {NULL, 0}};

static bool parse_word(const struct word *words, const char *name, size_t bytes, uint64_t *bits)
{
	for (; words->name; words++) {
		if (strlen(words->name) == bytes && memcmp(words->name, name, bytes) == 0) {
			*bits |= words->bits;
			return true;
		}
	}
	return false;
}

static bool parse_list(const struct word *words, const char *value, uint64_t *bits)
{
	*bits = 0;
	for (;;) {
		const size_t bytes = list_item_bytes(value);
		if (!parse_word(words, value, bytes, bits))
			return false;
		if (!value[bytes])
			return true;
		value += bytes + 1;
	}
}

/* "files:" and a pattern, which goes to the others in `files` of `room` bytes. False: another item, or too long. */
static bool parse_pattern(const char *item, size_t bytes, char *files, size_t room)
{
	static const char prefix[] = "files:";
	const size_t before = sizeof(prefix) - 1, used = strlen(files);
	if (bytes <= before || memcmp(item, prefix, before) != 0 || used + 1 + bytes - before >= room)
		return false;
	char *at = files + used;
	if (used)
		*at++ = ',';
	memcpy(at, item + before, bytes - before);
	at[bytes - before] = 0;
	return true;
}

static bool parse_capture(struct variables *variables, const char *value)
{
	uint64_t bits = 0;
	char files[sizeof(variables->files)] = "";
	for (;; value++) {
		const size_t bytes = list_item_bytes(value);
		if (!parse_word(capture_words, value, bytes, &bits) && !parse_pattern(value, bytes, files, sizeof(files)))
			return false;
		value += bytes;
		if (!*value)
			break;
	}
	variables->capture = (uint32_t)bits;
	memcpy(variables->files, files, sizeof(files));
	return true;
}

/* Decimal digits up to `stop`; *end is where they end. */
static bool parse_number(const char *value, uint32_t low, uint32_t high, uint32_t *number, const char **end)
{
	uint64_t n = 0;
	const char *at = value;
	for (; *at >= '0' && *at <= '9' && n <= UINT32_MAX; at++)
		n = n * 10 + (uint64_t)(*at - '0');
	*end = at;
	if (at == value || n < low || n > high)
		return false;
	*number = (uint32_t)n;
	return true;
}

static bool parse_whole_number(const char *value, uint32_t low, uint32_t high, uint32_t *number)
{
	const char *end;
	uint32_t parsed;
	if (!parse_number(value, low, high, &parsed, &end) || *end)
		return false;
	*number = parsed;
	return true;
}

static bool parse_switch(const char *value, bool *on)
{
	uint32_t number;
	if (!parse_whole_number(value, 0, 1, &number))
		return false;
	*on = number;
	return true;
}

static bool parse_keep(struct variables *variables, const char *value)
{
	const char *end;
	uint32_t snapshots, mb = variables->keep_mb;
	if (!parse_number(value, 0, 1000000, &snapshots, &end))
		return false;
	if (*end == ',' ? !parse_whole_number(end + 1, 0, 100000000, &mb) : *end != 0)
		return false;
	variables->keep_snapshots = snapshots;
	variables->keep_mb = mb;
	return true;
}

/* Copies a value that has to fit and not be empty. */
static bool parse_text(const char *value, char *copy, size_t bytes)
{
	const size_t length = strlen(value);
	if (length == 0 || length >= bytes)
		return false;
	memcpy(copy, value, length + 1);
	return true;
}

/* The file is opened by another process at another time, so its path has to be absolute. */
static bool check_redact(const char *value)
{
	static const char prefix[] = "file:/";
	static const struct word redact_words[] = {{"builtin", 0}, {"none", 0}, {NULL, 0}};
	uint64_t bits = 0;
	for (;; value++) {
		const size_t bytes = list_item_bytes(value);
		if (!parse_word(redact_words, value, bytes, &bits) &&
		    (bytes < sizeof(prefix) || memcmp(value, prefix, sizeof(prefix) - 1) != 0))
			return false;
		value += bytes;
		if (!*value)
			return true;
	}
}

static bool set(struct variables *variables, enum variable_id id, const char *value)
{
	uint64_t bits = 0;
	bool good = false;
	const char *end;
	switch (id) {
	case VARIABLE_SERVICE_ID:
		return parse_text(value, variables->service, sizeof(variables->service));
	case VARIABLE_STORAGE_ID:
		return parse_text(value, variables->storage, sizeof(variables->storage));
	case VARIABLE_CAPACITY_ID:
		return parse_whole_number(value, 256, 1048576, &variables->capacity);
	case VARIABLE_LANES_ID:
		return parse_whole_number(value, 1, 1024, &variables->lanes);
	case VARIABLE_LEVEL_ID:
		return levels_check(value, &end) == 0 && parse_text(value, variables->levels, sizeof(variables->levels));
	case VARIABLE_CAPTURE_ID:
		return parse_capture(variables, value);
	case VARIABLE_SIGNALS_ID:
		good = parse_list(signal_words, value, &bits);
		variables->signals = good ? bits : variables->signals;
		return good;
	case VARIABLE_ON_EXIT_ID:
		good = parse_word(exit_words, value, strlen(value), &bits);
		variables->on_exit = good ? (uint32_t)bits : variables->on_exit;
		return good;
	case VARIABLE_CAPTURE_TIMEOUT_ID:
		return parse_whole_number(value, 100, 60000, &variables->capture_timeout_ms);
	case VARIABLE_KEEP_ID:
		return parse_keep(variables, value);
	case VARIABLE_LISTENERS_ID:
		if (strcmp(value, "none") != 0)
			return parse_text(value, variables->listeners, sizeof(variables->listeners));
		variables->listeners[0] = 0;
		return true;
	case VARIABLE_INTERVAL_ID:
		return parse_whole_number(value, 0, 86400 * 7, &variables->interval_s);
	case VARIABLE_CHANNEL_CAPACITY_ID:
		return parse_whole_number(value, 1, 1024, &variables->channel_capacity);
	case VARIABLE_REDACT_ID:
		return check_redact(value) && parse_text(value, variables->redact, sizeof(variables->redact));
	case VARIABLE_QUIET_ID:
		return parse_switch(value, &variables->quiet);
	case VARIABLE_DISABLE_ID:
		return parse_switch(value, &variables->disable);
	case VARIABLE_DEBUG_ID:
		return parse_switch(value, &variables->debug);
	case VARIABLE_COUNT:
		break;
	}
	return false;
}

static bool same_name(const char *name, const char *variable)
{
	const size_t bytes = strlen(variable);
	return strncmp(name, variable, bytes) == 0 && (name[bytes] == 0 || name[bytes] == '=');
}

int variables_row(const char *name)
{
	for (int id = 0; id < VARIABLE_COUNT; id++) {
		if (same_name(name, variable_names[id]))
			return id;
	}
	return -ENOENT;
}

int variables_set(struct variables *variables, const char *name, const char *value)
{
	const int row = variables_row(name);
	if (row < 0)
		return row;
	return set(variables, (enum variable_id)row, value) ? 0 : -EINVAL;
}

void variables_default(struct variables *variables)
{
	memset(variables, 0, sizeof(*variables));
	for (unsigned id = 0; id < VARIABLE_COUNT; id++) {
		if (id != VARIABLE_SERVICE_ID) /* "program name" is no value */
			set(variables, (enum variable_id)id, variable_defaults[id]);
	}
}

const char *variables_signal_name(int signal)
{
	for (const struct word *word = signal_words; word->name; word++) {
		if (word->bits == 1ull << (signal - 1))
			return word->name - SIG_PREFIX;
	}
	return "a signal";
}
