/*
 * demangle.h - C++ and Rust symbol names as people write them.
 *
 * The demangler of C++, and of Rust's older names, is libiberty's, which can be stopped: a short name may stand for gigabytes. No C library
 * reads Rust's newer names. Thread-safe.
 */
#ifndef TTLOG_SYMBOLS_DEMANGLE_H
#define TTLOG_SYMBOLS_DEMANGLE_H

/* malloc'ed, or NULL where the name is not mangled, too long, or cannot be read. */
char *demangle(const char *name);

/* The same of Rust's names of version 0 alone. Thread-safe. */
char *demangle_rust(const char *name);

/* Of a name that C++'s rules have made plain, in place, where it ends as Rust's older names do; others stay. Thread-safe. */
void demangle_rust_legacy(char *name);

/* "std::out_of_range" of a type's name as a thrown exception's event has it (THROWN_PREFIX); the rest as above. */
char *demangle_thrown(const char *name);

#endif
