#include "place.h"

#include <stdlib.h>

static size_t slot_of(uint64_t offset)
{
	return (size_t)(offset ^ offset >> 12) % PLACE_SLOTS;
}

void places_fini(struct places *places)
{
	for (size_t i = 0; i < PLACE_SLOTS; i++) {
		while (places->slots[i]) {
			struct place *place = places->slots[i];
			places->slots[i] = place->next;
			free((void *)(uintptr_t)place->symbol.inlined);
			free(place);
		}
	}
}

struct place *places_find(const struct places *places, const void *module, uint64_t offset, enum symbols_want want)
{
	struct place *place = places->slots[slot_of(offset)];

	while (place && !(place->offset == offset && place->module == module && place->want >= want))
		place = place->next;
	return place;
}

struct place *places_add(struct places *places, const void *module, uint64_t offset, enum symbols_want want)
{
	struct place **slot = &places->slots[slot_of(offset)];
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return NULL;
	*place = (struct place){.next = *slot, .module = module, .offset = offset, .want = want};
	*slot = place;
	places->count++;
	return place;
}
