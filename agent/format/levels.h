/*
 * levels.h - which events are recorded, as people write it: "info", or "warn,net=debug,net.tls=trace".
 *
 * A level alone is for everything; NAME=LEVEL for the targets NAME and those below it ("net" is also for "net.tls", "net::tls",
 * "net/tls" and "net-tls"). The longest name that fits decides; of two equal ones the later. Pure, async-signal-safe, no
 * allocation, no locale.
 */
#ifndef TTLOG_FORMAT_LEVELS_H
#define TTLOG_FORMAT_LEVELS_H

#include <stddef.h>
#include <stdint.h>

#define LEVELS_BYTES   256u /* longest text, with its NUL */
#define LEVELS_DEFAULT "info"

/* The levels of a process, in its recorder's first page: macros look at the epoch, so that they can be changed from outside. */
struct levels {
	uint32_t epoch; /* counts the changes */
	uint32_t lock;  /* 1: somebody is writing */
	char text[LEVELS_BYTES];
};

/* Changes them, from any thread or process that maps them. `text` has been checked. Bounded: a writer that died in here is passed over. */
void levels_set(struct levels *levels, const char *text);

/* What they are, ended by a NUL; where somebody changes them meanwhile perhaps a mixture, which the epoch read before no longer is for. */
void levels_copy(char text[LEVELS_BYTES], const struct levels *levels);

/* 0, or -EINVAL with *bad set to the item that cannot be read (it ends at a comma or NUL). */
int levels_check(const char *levels, const char **bad);

/* The least severe level (enum event_level) that is recorded for a target. Items that cannot be read are passed over. */
unsigned levels_of(const char *levels, const char *target);

#endif
