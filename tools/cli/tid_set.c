#include "tid_set.h"

#include <stdlib.h>

enum { ROOM_FIRST = 64 };

/* Where the number is, or belongs. */
static uint64_t *slot_of(uint64_t *slots, size_t room, uint64_t value)
{
	size_t at = (size_t)(value * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (room - 1);

	while (slots[at] && slots[at] != value)
		at = (at + 1) & (room - 1);
	return &slots[at];
}

static bool grow(struct tid_set *set)
{
	const size_t room = set->room ? 2 * set->room : ROOM_FIRST;
	uint64_t *slots = calloc(room, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t i = 0; i < set->room; i++) {
		if (set->slots[i])
			*slot_of(slots, room, set->slots[i]) = set->slots[i];
	}
	free(set->slots);
	set->slots = slots;
	set->room = room;
	return true;
}

bool tid_set_add(struct tid_set *set, uint32_t tid)
{
	const uint64_t value = (uint64_t)tid + 1;
	uint64_t *slot;

	if (2 * set->count >= set->room && !grow(set))
		return false;
	slot = slot_of(set->slots, set->room, value);
	if (*slot)
		return false;
	*slot = value;
	set->count++;
	return true;
}

void tid_set_fini(struct tid_set *set)
{
	free(set->slots);
	*set = (struct tid_set){.count = 0};
}
