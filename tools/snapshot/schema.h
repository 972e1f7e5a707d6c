/*
 * schema.h - which key of the file is which member of struct snapshot.
 *
 * Written down once: the encoder and the decoder both walk these tables, so that they cannot differ. snapshot.cddl says the
 * same for other people's readers. Constant data, nothing else.
 */
#ifndef TTLOG_SNAPSHOT_SCHEMA_H
#define TTLOG_SNAPSHOT_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

enum field_kind {
	FIELD_U32,
	FIELD_U64,
	FIELD_INT, /* C int */
	FIELD_I64,
	FIELD_BOOL,
	FIELD_DOUBLE,
	FIELD_STRING,    /* const char * */
	FIELD_TEXT,      /* struct snapshot_text */
	FIELD_LEVEL,     /* enum event_level as its name */
	FIELD_SOURCE,    /* enum event_source as its name */
	FIELD_STRINGS,   /* const char **, size_t at `other` */
	FIELD_RECORD,    /* struct described by `of`, inside this one */
	FIELD_LIST,      /* pointer to structs described by `of`, size_t at `other` */
	FIELD_REGISTERS, /* map of struct snapshot_register, size_t at `other` */
	FIELD_VALUES,    /* map of struct snapshot_value, size_t at `other` */
	FIELD_STAGES,    /* map of agent.stages, in place; size_t at `other` */
};

/* When the key is written. The reader takes any key as absent or present, and sets the flag of WHEN_FLAG. */
enum field_when {
	WHEN_ALWAYS,
	WHEN_SET,     /* not 0, not NULL, not empty */
	WHEN_POINTER, /* the pointer at `other` is not NULL */
	WHEN_FLAG,    /* the bool at `other` is true */
};

struct schema;
struct field {
	const char *name;
	enum field_kind kind;
	enum field_when when;
	size_t at, other; /* offsets inside the struct */
	const struct schema *of;
};

struct schema {
	const char *name; /* for error texts */
	size_t bytes;     /* of one struct */
	const struct field *fields;
	size_t count;
};

extern const struct schema schema_snapshot, schema_event;

#endif
