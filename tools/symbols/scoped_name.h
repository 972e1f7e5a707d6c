/*
 * scoped_name.h - the full name of a C++ function that has no linkage name in debug information: static ones, members of classes in an
 * anonymous namespace, lambdas. Single-threaded, as the Dwarf is.
 */
#ifndef TTLOG_SYMBOLS_SCOPED_NAME_H
#define TTLOG_SYMBOLS_SCOPED_NAME_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>

#define SCOPED_NAME_BYTES 1024u

/*
 * "shop::(anonymous namespace)::Ledger::balance" of `die`, an inlined or a defined function. False: its language has no scopes, or it has
 * no name.
 */
bool scoped_name(Dwarf_Die *die, char name[SCOPED_NAME_BYTES]);

#endif
