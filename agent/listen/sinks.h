/*
 * sinks.h - the listeners that TTLOG_LISTENERS names: built in, or from a shared object.
 *
 *	TTLOG_LISTENERS="file:/var/log/app.log,format=json,rotate=10MB;stderr,level=warn;plugin:/usr/lib/ttlog/libttlog_sqlite.so,path=events.db"
 *
 * Built-in listeners use system calls and memory mappings of their own: nothing that they do is recorded, and none of them takes a lock
 * of libc's, which a child that the program forks meanwhile would find taken for ever. (A plug-in uses what it likes.)
 */
#ifndef TTLOG_LISTEN_SINKS_H
#define TTLOG_LISTEN_SINKS_H

#include "ttlog_listener.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Fills *listener for one item, spec[0, bytes). Called by the listener thread, which owns the listener from then on; on_shutdown frees it.
 * Nothing is opened or connected yet but a plug-in: on_start does that, and is tried again where it fails. 0, or a positive errno with a
 * sentence in error[0, error_bytes), NUL-terminated. error_bytes is at least 1.
 */
int sinks_open(const char *spec, size_t bytes, struct ttlog_listener *listener, char *error, size_t error_bytes);

/* Whether its functions may wait for somebody: those of all but files. */
bool sinks_wait(const char *spec, size_t bytes);

/* Whether the whole variable is well-formed; an empty one is. Pure, async-signal-safe. */
bool sinks_check(const char *spec);

#endif
