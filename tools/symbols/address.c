#include "address.h"

#include "arena.h"

#include <stdlib.h>

static size_t slot_of(uint64_t offset)
{
	return (size_t)(offset ^ offset >> 12) % ADDRESS_SLOTS;
}

void addresses_fini(struct addresses *addresses)
{
	for (size_t i = 0; i < ADDRESS_SLOTS; i++) {
		while (addresses->slots[i]) {
			struct address *address = addresses->slots[i];
			addresses->slots[i] = address->next;
			free((void *)(uintptr_t)address->symbol.inlined);
			free(address);
		}
	}
}

struct address *addresses_find(const struct addresses *addresses, const void *module, uint64_t offset, enum symbols_want want)
{
	struct address *address = addresses->slots[slot_of(offset)];

	while (address && !(address->offset == offset && address->module == module && address->want >= want))
		address = address->next;
	return address;
}

struct address *addresses_add(struct addresses *addresses, const void *module, uint64_t offset, enum symbols_want want)
{
	struct address **slot = &addresses->slots[slot_of(offset)];
	struct address *address = arena_need(calloc(1, sizeof(*address)), sizeof(*address));

	*address = (struct address){.next = *slot, .module = module, .offset = offset, .want = want};
	*slot = address;
	addresses->count++;
	return address;
}
