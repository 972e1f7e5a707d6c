/*
 * redact.h - secrets are taken out of a snapshot before it is written or shown.
 *
 * TTLOG_REDACT says which (redact_rules.h).
 * Texts of events, those that came in pieces as one (redact_flow.h), string values, command lines, the abort message and what the agent says of
 * its variables and listeners are looked at; what matches becomes REDACTED, and is counted in stats.redacted. The recorder file itself, mode 0600 in a directory of mode 0700, is not changed: it is memory of the process.
 *
 * Single-threaded.
 */
#ifndef TTLOG_SNAPSHOT_REDACT_H
#define TTLOG_SNAPSHOT_REDACT_H

#include "redact_rules.h"
#include "snapshot.h"

/* For events that come snapshot by snapshot: what was begun in one goes on in the next. `list`: TTLOG_REDACT, NULL: the default. */
struct redaction;
struct redaction *redaction_create(const char *list);
void redaction_destroy(struct redaction *redaction); /* NULL: nothing */
void redaction_apply(struct redaction *redaction, struct snapshot *snapshot);

/* By snapshot->redact (NULL: the default). A second time changes nothing. */
void snapshot_redact(struct snapshot *snapshot);

#endif
