#include "config.h"

#include "syscalls.h"
#include "text.h"

#include <errno.h>
#include <string.h>

struct config config;

void config_note_bad(const char *name, const char *value)
{
	if (config.error[0])
		return;
	struct text_writer text = text_begin(config.error, sizeof(config.error));
	text_string(&text, "TTLOG_");
	while (*name && *name != '=')
		text_char(&text, *name++);
	text_string(&text, ": bad value '");
	text_string(&text, value);
	text_string(&text, "', using the default");
}

static void load_entry(const char *entry)
{
	const char *equals = strchr(entry, '=');
	if (!equals)
		return;
	if (strncmp(entry, "RUN=", 4) == 0) { /* set by `ttlog run`: no variable for people */
		struct text_writer id = text_begin(config.run_id, sizeof(config.run_id));
		text_string(&id, equals + 1);
		return;
	}
	const int error = variables_set(&config.set, entry, equals + 1);
	if (error == -EINVAL)
		config_note_bad(entry, equals + 1);
	else if (error == 0)
		config.given |= 1ull << variables_row(entry);
}

/* The directory of snapshots stays where the program was started, wherever it goes with chdir(2) later. */
static void make_storage_absolute(struct variables *set)
{
	char relative[sizeof(set->storage)], cwd[sizeof(set->storage)];
	const char *rest = relative;
	if (set->storage[0] == '/' || sys_getcwd(cwd, sizeof(cwd)) < 0)
		return;
	memcpy(relative, set->storage, sizeof(relative));
	while (rest[0] == '.' && rest[1] == '/')
		rest += 2;
	struct text_writer path = text_begin(set->storage, sizeof(set->storage));
	text_string(&path, cwd);
	text_char(&path, '/');
	text_string(&path, rest);
}

void config_load(char *const *environment, const char *program)
{
	variables_default(&config.set);
	for (; environment && *environment; environment++) {
		if (strncmp(*environment, "TTLOG_", 6) == 0)
			load_entry(*environment + 6);
	}
	levels_set(&config.own_levels, config.set.levels);
	config.levels = &config.own_levels;
	make_storage_absolute(&config.set);
	if (!config.set.service[0]) {
		struct text_writer service = text_begin(config.set.service, sizeof(config.set.service));
		text_string(&service, program);
	}
}

void config_take_levels(struct levels *levels, const struct levels *copied, uint32_t epoch)
{
	char text[LEVELS_BYTES];
	struct levels *before = __atomic_exchange_n(&config.levels, levels, __ATOMIC_SEQ_CST);
	if (before == copied && __atomic_load_n(&before->epoch, __ATOMIC_SEQ_CST) == epoch)
		return;
	levels_copy(text, before);
	levels_set(levels, text);
}

bool config_is_given(const char *name)
{
	const int row = variables_row(name);
	return row >= 0 && (config.given & 1ull << row);
}

void config_apply(const struct variables *draft)
{
	typedef uint64_t __attribute__((may_alias)) word;
	_Static_assert(sizeof(*draft) % sizeof(word) == 0 && _Alignof(struct variables) % _Alignof(word) == 0, "whole words");
	const word *from = (const void *)draft;
	word *to = (void *)&config.set;
	for (size_t i = 0; i < sizeof(*draft) / sizeof(word); i++) {
		if (to[i] != from[i])
			__atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
	}
}

int config_draft(struct variables *draft, const char *name, const char *value)
{
	if (!value || config_is_given(name))
		return 0;
	const int error = variables_set(draft, name, value);
	make_storage_absolute(draft);
	return error;
}
