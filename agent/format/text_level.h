/*
 * text_level.h - the level that a line of a log says of itself.
 *
 * Programs print it in many ways; readers know the common ones:
 *	<3>text						sd-daemon(3): the priorities of syslog
 *	E0102 15:04:05.678901 123 file.cc:9] text	glog
 *	ERROR text, WARN: text, [error] text, error: text	and the same behind a time stamp, a process number, a thread's name
 * Pure; looks at the first 96 bytes at most.
 */
#ifndef TTLOG_FORMAT_TEXT_LEVEL_H
#define TTLOG_FORMAT_TEXT_LEVEL_H

#include <stddef.h>

/* An enum event_level, or -1 where the text says none. `text` need not end with NUL. */
int text_level(const char *text, size_t bytes);

/* The level of an event: what its line says of itself goes before `level`, which its stream stands for. Macros and syslog(3) know theirs. */
unsigned text_level_of(unsigned source, unsigned level, const char *text, size_t bytes);

#endif
