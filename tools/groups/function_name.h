/*
 * function_name.h - the name of a function as every build of it has it: what compilers add to it is taken off.
 *
 * Dropped: parameters, template arguments, return types, qualifiers behind the parameters, "(anonymous namespace)", ABI tags, versions
 * ("@@GLIBC_2.34"), Rust's hashes, and what names a part or a copy (.part.0, .isra.0, .constprop.1, .cold, .lto_priv.0, ._omp_fn.0, [clone ...]).
 * Lambdas lose their numbers, which compilers count differently. Pure; any thread.
 */
#ifndef TTLOG_GROUPS_FUNCTION_NAME_H
#define TTLOG_GROUPS_FUNCTION_NAME_H

#include <stddef.h>

#define FUNCTION_NAME_BYTES 256u /* with the NUL; more is cut */

/*
 * `function`: demangled where it was mangled. "void ns::f<int>(int) [clone .part.0]" becomes "ns::f". Never empty unless `function` is;
 * holds no control character. Returns its bytes.
 */
size_t function_name_plain(const char *function, char plain[FUNCTION_NAME_BYTES]);

#endif
