/* Names of symbols, from a hostile program's symbol table: Rust's of version 0 have a reader of our own. */
#include "demangle.h"
#include "fuzz.h"
#include "rust_reader.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char *name = malloc(bytes + 3), *plain;

	memcpy(name, "_R", 2);
	memcpy(name + 2, data, bytes);
	name[bytes + 2] = 0;
	plain = demangle_rust(name);
	FUZZ_HOLDS(!plain || (*plain && strlen(plain) < RUST_PLAIN_BYTES));
	free(plain);
	free(name);
	return 0;
}
