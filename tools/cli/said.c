#include "said.h"

#include <errno.h>
#include <stdlib.h>

static size_t slot_of(const struct said *said, uint32_t tid)
{
	size_t slot = tid * 2654435761u & (said->slots - 1);

	while (said->places[slot] && said->snapshot->threads[said->places[slot] - 1].tid != tid)
		slot = (slot + 1) & (said->slots - 1);
	return slot;
}

int said_init(struct said *said, const struct snapshot *snapshot)
{
	*said = (struct said){.threads = snapshot->thread_count, .slots = 16, .snapshot = snapshot};
	while (said->slots < 2 * said->threads)
		said->slots *= 2;
	said->places = calloc(said->slots, sizeof(*said->places));
	said->last = calloc(said->threads + 1, sizeof(*said->last));
	if (!said->places || !said->last) {
		said_fini(said);
		return -ENOMEM;
	}
	for (size_t i = said->threads; i-- > 0;)
		said->places[slot_of(said, snapshot->threads[i].tid)] = (uint32_t)i + 1;
	return 0;
}

void said_fini(struct said *said)
{
	for (size_t i = 0; said->last && i < said->threads; i++)
		held_free(&said->last[i]);
	free(said->last);
	free(said->places);
	*said = (struct said){.threads = 0};
}

void said_note(struct said *said, const struct snapshot_event *event, uint64_t number)
{
	const uint32_t place = said->places ? said->places[slot_of(said, event->tid)] : 0;

	if (place)
		held_set(&said->last[place - 1], event, number);
}

struct held *said_last(const struct said *said, const struct snapshot_thread *thread)
{
	if (!said->last)
		return NULL;
	const size_t place = (size_t)(thread - said->snapshot->threads);

	return place < said->threads && said->last[place].count ? &said->last[place] : NULL;
}
