/*
 * describe.h - a snapshot as text for failure messages: what was found, on one page.
 */
#ifndef TTLOG_TESTS_DESCRIBE_H
#define TTLOG_TESTS_DESCRIBE_H

#include "snapshot.h"

/* malloc'ed */
char *snapshot_describe(const struct snapshot *snapshot);

#endif
