/*
 * fingerprint.h - one word that is the same for deaths with the same cause, and another for others, whatever the build.
 *
 * It is made of the innermost FINGERPRINT_FUNCTIONS different functions of the program on the stack of the thread that died, by name:
 * no address, line or build-id has a part in it. In this order:
 *  1. Functions that were inlined count as calls, so a snapshot is named and given its lines before (SYMBOLS_NAMES_AND_LINES): without
 *     debug information a function that was inlined is not known, and its build makes a group of its own.
 *  2. Names lose what a compiler adds (function_name.h).
 *  3. Frames of the system are left out wherever they stand (system_code.h): what died in free() called by f died in f.
 *  4. A function counts once, at its innermost place, so recursion is folded. A stack overflow is its recursion: the functions that
 *     make up most of the stack, in order of their names, for it may strike in any of them.
 *  5. A frame without a name stands as its module's name, "[libshop]".
 *  6. main stands with its file, "main@orders.c" (its program, where that is not known): every program has one.
 *  7. What a signal handler interrupted has no part in it, unless it is the fault behind the death (first_signal).
 * How it ended has a part only where it was not by a fault of its own: time-outs, signals from outside and exits of one function are
 * groups beside its crashes. Where no function is named, the end, the program, and the abort message with placeholders (placeholders.h) are
 * what it is made of.
 *
 * Pure; any thread.
 */
#ifndef TTLOG_GROUPS_FINGERPRINT_H
#define TTLOG_GROUPS_FINGERPRINT_H

#include "snapshot.h"

#define FINGERPRINT_VERSION     1 /* the digits before the colon: another way of making them counts it up */
#define FINGERPRINT_FUNCTIONS   3u
#define FINGERPRINT_HASH_BYTES  33u
#define FINGERPRINT_TITLE_BYTES 256u
#define FINGERPRINT_KEY_BYTES   1024u

struct fingerprint {
	char hash[FINGERPRINT_HASH_BYTES];   /* "1:" and 30 hexadecimal digits: XXH3's 128 bits of the key, cut */
	char title[FINGERPRINT_TITLE_BYTES]; /* "SIGSEGV in parse < read_request < main": one line without control characters */
	char key[FINGERPRINT_KEY_BYTES];     /* what it is made of, a line for each part */
};

/* Of what own_functions_thread() says. */
void fingerprint_make(const struct snapshot *snapshot, struct fingerprint *fingerprint);

#endif
