/*
 * redact.h - secrets are taken out of a snapshot before it is written or shown.
 *
 * TTLOG_REDACT says which (redact_rules.h).
 * Texts of events, string values, the command line and the abort message are looked at; what matches becomes REDACTED, and is
 * counted in stats.redacted. The recorder file itself, mode 0600 in a directory of mode 0700, is not changed: it is memory of the process.
 *
 * Single-threaded.
 */
#ifndef TTLOG_SNAPSHOT_REDACT_H
#define TTLOG_SNAPSHOT_REDACT_H

#include "redact_rules.h"
#include "snapshot.h"

/* By snapshot->redact (NULL: the default). A second time changes nothing. */
void snapshot_redact(struct snapshot *snapshot);

#endif
