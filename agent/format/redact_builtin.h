/*
 * redact_builtin.h - what secrets commonly look like. Pure; one pass over the text.
 *
 *	password=..., "api_key": "...", SECRET_TOKEN=...	a value behind a name that says so
 *	Authorization: Basic ..., Bearer ...
 *	scheme://user:password@host
 *	AKIA..., ghp_..., xoxb-..., eyJ...			keys that tell themselves by how they begin
 *	-----BEGIN ... PRIVATE KEY-----				up to its end, or the text's; long lines of a key by themselves, behind what a log puts before them,
 *						in JSON (redact_flow.h: all lines)
 *	mysql -p..., curl -u user:...				what commands take (redact_command.h)
 */
#ifndef TTLOG_FORMAT_REDACT_BUILTIN_H
#define TTLOG_FORMAT_REDACT_BUILTIN_H

#include <stdbool.h>
#include <stddef.h>

struct secret {
	size_t at, bytes;
};

/* The first secret that begins at `from` or behind; false: none. */
bool secret_find(const char *text, size_t bytes, size_t from, struct secret *secret);

/* A name whose value is a secret: "password", "DB_PASSWORD", "x-api-key", "accessToken". */
bool secret_name(const char *name, size_t bytes);

/* Of lines, without their ends: where "-----BEGIN ... PRIVATE KEY-----" stands in it, or NULL. */
const char *secret_begins_key(const char *line, size_t bytes);
/* The same: base64; base64 as long as PEM, OpenSSH and MIME break it. */
bool secret_is_encoded(const char *line, size_t bytes);
bool secret_is_key_line(const char *line, size_t bytes);

#endif
