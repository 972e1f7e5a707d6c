#include "names.h"

#include "arena.h"
#include "demangle.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct name {
	struct name *next;
	char *text, *plain; /* plain NULL: it is plain as it is */
	bool made_plain;
};

void names_fini(struct names *names)
{
	for (size_t i = 0; i < NAME_SLOTS; i++) {
		while (names->slots[i]) {
			struct name *name = names->slots[i];
			names->slots[i] = name->next;
			free(name->text);
			free(name->plain);
			free(name);
		}
	}
}

static size_t slot_of(const char *name)
{
	size_t sum = 5381;

	for (; *name; name++)
		sum = sum * 33 + (unsigned char)*name;
	return sum % NAME_SLOTS;
}

/* NULL: it is plain as it is. */
static char *plain_text(const char *name)
{
	const char *version = strchr(name, '@');

	return version && version != name ? strndup(name, (size_t)(version - name)) : demangle(name);
}

static struct name *get_name(struct names *names, const char *text)
{
	struct name **slot = &names->slots[slot_of(text)], *name = *slot;

	while (name && strcmp(name->text, text) != 0)
		name = name->next;
	if (name)
		return name;
	name = arena_need(calloc(1, sizeof(*name)), sizeof(*name));
	name->text = arena_need(strdup(text), strlen(text));
	name->next = *slot;
	*slot = name;
	return name;
}

const char *names_keep(struct names *names, const char *text)
{
	return get_name(names, text)->text;
}

const char *names_plain(struct names *names, const char *symbol)
{
	struct name *name = get_name(names, symbol);

	if (!name->made_plain)
		name->plain = plain_text(symbol);
	name->made_plain = true;
	return name->plain ? name->plain : name->text;
}
