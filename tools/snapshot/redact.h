/*
 * redact.h - secrets are taken out of a snapshot before it is written or shown.
 *
 * TTLOG_REDACT says which: a list of
 *	builtin		what secrets commonly look like (redact_builtin.h); the default
 *	file:PATH	POSIX extended regular expressions, one a line; empty lines and lines that begin with '#' are not
 *	none		nothing else; alone it switches redaction off
 * Texts of events, string values, the command line and the abort message are looked at; what matches becomes REDACTED, and is
 * counted in stats.redacted. The recorder file itself, mode 0600 in a directory of mode 0700, is not changed: it is memory of the process.
 * Where the file of expressions cannot be read or holds one that is none, all texts are taken out: a secret in a snapshot cannot be
 * taken back.
 *
 * Single-threaded.
 */
#ifndef TTLOG_SNAPSHOT_REDACT_H
#define TTLOG_SNAPSHOT_REDACT_H

#include "snapshot.h"

#define REDACTED "[redacted]"

/* By snapshot->redact (NULL: the default). A second time changes nothing. */
void snapshot_redact(struct snapshot *snapshot);

#endif
