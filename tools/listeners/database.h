/*
 * database.h - how a listener for a database is made from its options: the end of each plug-in's ttlog_listener_open().
 */
#ifndef TTLOG_LISTENERS_DATABASE_H
#define TTLOG_LISTENERS_DATABASE_H

#include "ttlog_listener.h"

#include <stddef.h>

struct database {
	size_t bytes; /* of its sink, which is allocated zeroed; on_shutdown frees it */
	/* Fills the sink from the options. 0, or a positive errno with a sentence in error[0, error_bytes). */
	int (*configure)(void *sink, const char *options, char *error, size_t error_bytes);
	ttlog_listener_start *on_start;
	ttlog_listener_event *on_event;
	ttlog_listener_flush *on_flush;
	ttlog_listener_shutdown *on_shutdown;
};

/* As ttlog_listener_open(). */
int database_open(const struct database *database, const char *options, struct ttlog_listener *listener, char *error,
		  size_t error_bytes);

#endif
