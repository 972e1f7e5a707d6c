#include "nearby.h"

#include "death.h"
#include "fingerprint.h"
#include "own_functions.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define FUNCTIONS_MAX (FINGERPRINT_FUNCTIONS + 1)

struct functions {
	struct own_function list[FUNCTIONS_MAX]; /* different ones */
	size_t count;
};

static void take(void *context, const struct own_function *function)
{
	struct functions *functions = context;

	for (size_t i = 0; i < functions->count; i++) {
		if (!strcmp(functions->list[i].name, function->name))
			return;
	}
	if (functions->count < FUNCTIONS_MAX)
		functions->list[functions->count++] = *function;
}

/* Of the function at `from`, its line, and the names of its callers. */
static uint64_t hash_from(const struct functions *functions, size_t from, const char *end)
{
	char text[(FUNCTIONS_MAX + 1) * (OWN_FUNCTION_BYTES + 16)];
	size_t used;

	if (from >= functions->count || !functions->list[from].is_named || !functions->list[from].line)
		return 0;
	used = (size_t)snprintf(text, sizeof(text), "%.64s\n%u\n", end, functions->list[from].line);
	for (size_t i = from; i < functions->count && i < from + FINGERPRINT_FUNCTIONS; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s\n", functions->list[i].name);
	return XXH3_64bits(text, used);
}

void nearby_make(const struct snapshot *snapshot, struct nearby *nearby)
{
	const char *end = death_is_fault(snapshot) ? "" : death_word(snapshot), *build_id;
	struct functions functions = {.count = 0};

	own_functions_each(snapshot, own_functions_thread(snapshot), take, &functions);
	build_id = functions.count ? functions.list[0].frame->build_id : NULL;
	nearby->here = hash_from(&functions, 0, end);
	nearby->below = hash_from(&functions, 1, end);
	nearby->build = build_id ? XXH3_64bits(build_id, strlen(build_id)) : 0;
}
