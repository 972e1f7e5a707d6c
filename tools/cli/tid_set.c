#include "tid_set.h"

#include <stdlib.h>

/* Events of one thread stand together, and the threads that speak are few: from the newest on. */
static bool is_there(const struct tid_set *set, uint32_t tid)
{
	for (size_t i = set->count; i-- > 0;) {
		if (set->tids[i] == tid)
			return true;
	}
	return false;
}

bool tid_set_add(struct tid_set *set, uint32_t tid)
{
	if (is_there(set, tid))
		return false;
	if (set->count == set->room) {
		const size_t room = set->room ? 2 * set->room : 64;
		void *grown = reallocarray(set->tids, room, sizeof(*set->tids));
		if (!grown)
			return false;
		set->tids = grown;
		set->room = room;
	}
	set->tids[set->count++] = tid;
	return true;
}

void tid_set_fini(struct tid_set *set)
{
	free(set->tids);
	*set = (struct tid_set){.count = 0};
}
