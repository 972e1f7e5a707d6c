/*
 * fuzz.h - what the fuzz targets have in common. Each fuzz_NAME.c is a program by itself (libFuzzer), which reads one kind of hostile
 * input; tests/fuzz/corpus/NAME is where it begins.
 *
 * Beside crashes and what the sanitizers see, a target states what has to hold of the answers: FUZZ_HOLDS() ends it like a crash.
 */
#ifndef TTLOG_TESTS_FUZZ_H
#define TTLOG_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define FUZZ_HOLDS(condition)                                                                                                      \
	do {                                                                                                                       \
		if (!(condition)) {                                                                                                \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                             \
			abort();                                                                                                   \
		}                                                                                                                  \
	} while (0)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
/* Of libFuzzer: changes `data` in place, up to `room` bytes; returns the new size. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t bytes, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t bytes, size_t room, unsigned seed);

#endif
