/*
 * placeholders.h - what two messages of one kind have in common: numbers and the like in them replaced.
 *
 * "user 42 ('ada') took 3.5 ms at 0x7f00" becomes "user <num> (<str>) took <num> ms at <hex>". Pure.
 */
#ifndef TTLOG_GROUPS_PLACEHOLDERS_H
#define TTLOG_GROUPS_PLACEHOLDERS_H

#include <stddef.h>

#define PLACEHOLDERS_BYTES 512u /* of the result, with its NUL; more is cut */

/*
 * UUIDs, 0x numbers and hexadecimal words of eight digits and more, numbers with their fraction, text in quotes. Line feeds at
 * the end are dropped, others become blanks. Returns the bytes of `result`.
 */
size_t placeholders_put(const char *text, size_t bytes, char result[PLACEHOLDERS_BYTES]);

#endif
