/*
 * demangle.h - C++ and Rust (legacy) symbol names as people write them.
 *
 * The demangler is libstdc++'s, loaded when the first mangled name is met; without it names stay as they are. Single-threaded.
 */
#ifndef TTLOG_SYMBOLS_DEMANGLE_H
#define TTLOG_SYMBOLS_DEMANGLE_H

/* malloc'ed, or NULL where the name is not mangled, too long, or cannot be read. */
char *demangle(const char *name);

/* "std::out_of_range" of a type's name as a thrown exception's event has it (THROWN_PREFIX); the rest as above. */
char *demangle_thrown(const char *name);

#endif
