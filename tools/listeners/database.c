#include "database.h"

#include <errno.h>
#include <stdlib.h>

int database_open(const struct database *database, const char *options, struct ttlog_listener *listener, char *error,
		  size_t error_bytes)
{
	void *sink = calloc(1, database->bytes);
	const int result = sink ? database->configure(sink, options, error, error_bytes) : ENOMEM;
	if (result) {
		free(sink);
		return result;
	}
	listener->user = sink;
	listener->on_start = database->on_start;
	listener->on_event = database->on_event;
	listener->on_flush = database->on_flush;
	listener->on_shutdown = database->on_shutdown;
	return 0;
}
