/*
 * sinks.h - the listeners that TTLOG_LISTENERS names: "file:/var/log/app.log,format=json;stderr;plugin:/x/libmine.so,path=e.db".
 */
#ifndef TTLOG_LISTEN_SINKS_H
#define TTLOG_LISTEN_SINKS_H

#include "ttlog_listener.h"

#include <stdbool.h>

/*
 * Opens the one that an item names. 0, or a positive errno with a sentence in error[0, error_bytes). *listener is preset: version,
 * TTLOG_DROP, all levels. Called by the listener thread.
 */
int sinks_open(const char *item, size_t bytes, struct ttlog_listener *listener, char *error, size_t error_bytes)
	__attribute__((visibility("hidden")));

/* Whether the whole variable can be understood. Pure, async-signal-safe. */
bool sinks_check(const char *list) __attribute__((visibility("hidden")));

#endif
