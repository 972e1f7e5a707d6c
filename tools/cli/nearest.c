#include "nearest.h"

#include <string.h>

enum { NAME_MAX_BYTES = 15, FAR = NAME_MAX_BYTES + 1, NEAR = 2 };

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Edits that make one name of the other: a letter more, less or another, two neighbours exchanged (the optimal string alignment distance).
 * Longer names are far from all.
 */
static unsigned distance(const char *from, const char *to)
{
	const size_t rows = strlen(from), columns = strlen(to);
	unsigned edits[NAME_MAX_BYTES + 1][NAME_MAX_BYTES + 1];

	if (rows > NAME_MAX_BYTES || columns > NAME_MAX_BYTES)
		return FAR;
	for (size_t i = 0; i <= rows; i++) {
		for (size_t j = 0; j <= columns; j++) {
			if (!i || !j) {
				edits[i][j] = (unsigned)(i + j);
				continue;
			}
			edits[i][j] = least(least(edits[i - 1][j], edits[i][j - 1]) + 1,
					    edits[i - 1][j - 1] + (from[i - 1] != to[j - 1]));
			if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
				edits[i][j] = least(edits[i][j], edits[i - 2][j - 2] + 1);
		}
	}
	return edits[rows][columns];
}

const struct command *command_nearest(const char *name)
{
	const struct command *command, *nearest = NULL;
	unsigned best = least(NEAR, (unsigned)strlen(name) / 2) + 1;

	for (size_t i = 0; (command = command_at(i)); i++) {
		const unsigned edits = distance(name, command->name);
		if (edits < best) {
			best = edits;
			nearest = command;
		}
	}
	return nearest;
}
