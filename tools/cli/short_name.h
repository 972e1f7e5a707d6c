/*
 * short_name.h - the name of a C++ or Rust function in few columns, with what tells it from others left.
 *
 * std::map<int, std::pair<...>>::find(int const&) becomes std::map<…>::find(…), and where that is still too long its front goes:
 * …::find(…). Pure.
 */
#ifndef TTLOG_CLI_SHORT_NAME_H
#define TTLOG_CLI_SHORT_NAME_H

#include <stddef.h>

#define SHORT_NAME_BYTES 1024u

/* `name` has `bytes` bytes; a name of `most` bytes or less, or `most` 0, stays as it is (but for what exceeds the room). */
void short_name(const char *name, size_t bytes, size_t most, char shorter[SHORT_NAME_BYTES]);

#endif
