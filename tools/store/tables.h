/*
 * tables.h - the tables of the crash index, in one place for every database.
 *
 * Plain SQL: TEXT and BIGINT, no foreign keys, no sequences, no types or functions of one database. On Citus the tables can be distributed
 * as they are: ttlog_crashes by its primary key `id`; ttlog_builds and ttlog_schema as reference tables.
 *
 *   ttlog_crashes  one row for each death; its key is what the snapshot holds, so that a snapshot that comes again is the same row
 *   ttlog_builds   one row for each build of a project that was ever named, also those in which nothing died, with the time of that
 *   ttlog_schema   which version the tables have
 *
 * A version adds columns, tables or indexes, and never changes what is there.
 */
#ifndef TTLOG_STORE_TABLES_H
#define TTLOG_STORE_TABLES_H

#include "store.h"

#define TABLES_VERSION 1u

/* X(name, kind, since which version). Texts of snapshots are cut to CRASH_TEXT_BYTES; times are ns since 1970-01-01 UTC. */
#define CRASH_COLUMNS(X)                                                                                                           \
	X(id, TEXT, 1)          /* SHA-256 of what the snapshot holds, 64 hexadecimal digits */                                    \
	X(fingerprint, TEXT, 1) /* of the group */                                                                                 \
	X(title, TEXT, 1)       /* the group in words */                                                                           \
	X(project, TEXT, 1)     /* as --project named it, or empty: whose builds these are */                                      \
	X(service, TEXT, 1)                                                                                                        \
	X(host, TEXT, 1)                                                                                                           \
	X(build, TEXT, 1)  /* as --build named it */                                                                               \
	X(reason, TEXT, 1) /* SIGSEGV, SIGKILL, timeout, ... */                                                                    \
	X(signal, NUMBER, 1)                                                                                                       \
	X(died_at, NUMBER, 1)                                                                                                      \
	X(pid, NUMBER, 1)                                                                                                          \
	X(program, TEXT, 1)  /* path */                                                                                            \
	X(function, TEXT, 1) /* innermost that is the program's own */                                                             \
	X(file, TEXT, 1)                                                                                                           \
	X(line, NUMBER, 1)                                                                                                         \
	X(message, TEXT, 1)  /* of abort() and its like */                                                                         \
	X(snapshot, TEXT, 1) /* absolute path of the file as it was added */                                                       \
	X(bytes, NUMBER, 1)  /* of that file */                                                                                    \
	X(added_at, NUMBER, 1)

enum crash_column {
#define CRASH_COLUMN(name, kind, since) CRASH_##name,
	CRASH_COLUMNS(CRASH_COLUMN)
#undef CRASH_COLUMN
		CRASH_COLUMN_COUNT
};

#define CRASH_TEXT_BYTES 4096u

/* "id, fingerprint, ..." */
const char *crash_columns(void);
const char *crash_column_name(enum crash_column column);
enum store_kind crash_column_kind(enum crash_column column);

/* 1: the tables are there and this program knows them; 0: there are none. -EPROTO: they are of a later version, or another's. */
int tables_check(struct store *store, struct store_error *error);

/* Makes the tables, or brings those of an earlier version up; any number of processes may call it at once. 0 or as above. */
int tables_make(struct store *store, struct store_error *error);

#endif
