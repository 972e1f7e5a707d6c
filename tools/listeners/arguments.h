/*
 * arguments.h - what stands behind a plug-in's path in TTLOG_LISTENERS: "name=value,name=value".
 */
#ifndef TTLOG_LISTENERS_ARGUMENTS_H
#define TTLOG_LISTENERS_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#define ARGUMENTS_MAX   32u
#define ARGUMENTS_BYTES 1024u

/* The pairs, NUL-terminated, in `text`. The lists end with NULL. */
struct arguments {
	const char *names[ARGUMENTS_MAX + 1], *values[ARGUMENTS_MAX + 1];
	char text[ARGUMENTS_BYTES];
};

/* 0, or EINVAL and a sentence that names what is wrong. */
int arguments_parse(struct arguments *arguments, const char *text, char *error, size_t error_bytes);

#endif
