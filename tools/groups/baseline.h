/*
 * baseline.h - a file of the groups that are known: one a line, its hash and, for people, its title.
 *
 * Text, sorted, so that it can stand in a repository and be reviewed. Empty lines and lines that begin with # say nothing.
 * Single-threaded.
 */
#ifndef TTLOG_GROUPS_BASELINE_H
#define TTLOG_GROUPS_BASELINE_H

#include "groups.h"

#define BASELINE_ERROR_BYTES 512u

/* Begin with all zero. */
struct baseline {
	struct baseline_line {
		char hash[FINGERPRINT_HASH_BYTES], title[FINGERPRINT_TITLE_BYTES];
	} * lines;
	size_t count, room;
};

/* Adds what the file holds. 0; -errno with one line that names the file: -EBADMSG, a line is none. */
int baseline_read(struct baseline *baseline, const char *path, char error[BASELINE_ERROR_BYTES]);
bool baseline_holds(const struct baseline *baseline, const char *hash);
/* What is there already stays. */
void baseline_add(struct baseline *baseline, const struct fingerprint *fingerprint);
void baseline_print(struct baseline *baseline, FILE *out);
void baseline_fini(struct baseline *baseline);

#endif
