#include "place.h"

#include "own_functions.h"

#include <string.h>
#include <unistd.h>

struct search {
	const char *root;
	struct place *place;
};

/* "/a/b/../c/./d" is "/a/c/d". False: too long. */
static bool clean_path(const char *path, char cleaned[PATH_MAX])
{
	size_t used = 0;

	for (const char *at = path, *end; *at; at = end) {
		at += *at == '/';
		end = strchrnul(at, '/');
		const size_t bytes = (size_t)(end - at);
		if (bytes == 0 || (bytes == 1 && *at == '.'))
			continue;
		if (bytes == 2 && at[0] == '.' && at[1] == '.') {
			while (used && cleaned[--used] != '/')
				continue;
			continue;
		}
		if (used + bytes + 2 > PATH_MAX)
			return false;
		cleaned[used++] = '/';
		memcpy(cleaned + used, at, bytes);
		used += bytes;
	}
	cleaned[used] = '\0';
	return used != 0;
}

/* The part of the path that is relative to the root; NULL: it is not there. */
static const char *below(const char *root, const char *cleaned)
{
	const size_t length = strlen(root);
	char path[2 * PATH_MAX];

	if (length > 1 && !strncmp(cleaned, root, length) && cleaned[length] == '/')
		return cleaned + length + 1;
	for (const char *end = cleaned; end; end = strchr(end + 1, '/')) {
		snprintf(path, sizeof(path), "%s%s", root, end);
		if (access(path, F_OK) == 0)
			return end + 1;
	}
	return NULL;
}

static void look(void *context, const struct own_function *function)
{
	struct search *search = context;
	struct place *place = search->place;
	char cleaned[PATH_MAX];
	const char *relative;

	if (place->is_below || !function->file || !clean_path(function->file, cleaned))
		return;
	relative = below(search->root, cleaned);
	if (!relative && place->file[0])
		return;
	snprintf(place->file, sizeof(place->file), "%s", relative ? relative : function->file);
	place->line = function->line;
	place->is_below = relative != NULL;
}

void place_find(const struct snapshot *snapshot, const char *root, struct place *place)
{
	struct search search = {.root = root, .place = place};

	place->file[0] = '\0';
	place->line = 0;
	place->is_below = false;
	own_functions_each(snapshot, own_functions_thread(snapshot), look, &search);
}
