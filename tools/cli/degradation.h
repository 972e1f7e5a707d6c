/*
 * degradation.h - what it means for the reader of a snapshot that its capture went without something.
 */
#ifndef TTLOG_CLI_DEGRADATION_H
#define TTLOG_CLI_DEGRADATION_H

/* One sentence, or NULL for a name that this version does not know. `name` as in snapshot.agent.degradations. */
const char *degradation_meaning(const char *name);

#endif
