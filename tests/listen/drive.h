/*
 * drive.h - a listener driven as the agent's thread drives it, and events to drive it with.
 *
 * After a call that failed all events since the last good flush come again.
 */
#ifndef TTLOG_TESTS_DRIVE_H
#define TTLOG_TESTS_DRIVE_H

#include "sinks.h"
#include "ttlog.h"

#include <stdbool.h>
#include <stddef.h>

#define TEXT(string) ((struct ttlog_text){(string), sizeof(string) - 1})

/* "message number N", in one of three lanes. */
struct ttlog_event event_number(unsigned n);
/* The pid of the events. */
extern unsigned drive_pid;

/* The same with another message. */
struct ttlog_event event_saying(const char *message);

struct drive {
	struct ttlog_listener listener;
	unsigned next;    /* number of the event that is handed over next */
	unsigned flushed; /* all before it have been flushed */
	bool started;
	unsigned failures;
};

/* Opens what the item says, or fails the test. */
void drive_open(struct drive *drive, const char *item);
/* Hands over the events up to `end`, and flushes after every `every`-th (0: never), until one call fails. Its errno, or 0. */
int drive_try(struct drive *drive, unsigned end, unsigned every);
/* The same, again and again, until all are taken and flushed. */
void drive_all(struct drive *drive, unsigned end, unsigned every);
int drive_flush(struct drive *drive);
void drive_close(struct drive *drive);

/* What listeners noted last for the snapshot; "": nothing. */
extern char drive_noted[256];

#endif
