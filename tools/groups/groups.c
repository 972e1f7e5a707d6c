#include "groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 64u

static void *need(void *memory)
{
	if (!memory) {
		fprintf(stderr, "ttlog: out of memory\n");
		exit(2);
	}
	return memory;
}

/* The digits are a hash already. */
static size_t slot_of(const struct groups *groups, const char *hash)
{
	const char *digits = strchr(hash, ':');
	char first[17];

	snprintf(first, sizeof(first), "%.16s", digits ? digits + 1 : hash);
	return strtoull(first, NULL, 16) & (groups->slot_count - 1);
}

static uint32_t *find(const struct groups *groups, const char *hash)
{
	size_t slot = slot_of(groups, hash);

	while (groups->slots[slot] && strcmp(groups->list[groups->slots[slot] - 1].fingerprint.hash, hash) != 0)
		slot = (slot + 1) & (groups->slot_count - 1);
	return &groups->slots[slot];
}

/* Half of the slots stay free. */
static void grow(struct groups *groups)
{
	if (groups->count == groups->room) {
		groups->room = groups->room ? groups->room * 2 : SLOTS_FIRST / 2;
		groups->list = need(reallocarray(groups->list, groups->room, sizeof(*groups->list)));
	}
	if (2 * (groups->count + 1) <= groups->slot_count)
		return;
	free(groups->slots);
	groups->slot_count = groups->slot_count ? groups->slot_count * 2 : SLOTS_FIRST;
	groups->slots = need(calloc(groups->slot_count, sizeof(*groups->slots)));
	for (size_t i = 0; i < groups->count; i++)
		*find(groups, groups->list[i].fingerprint.hash) = (uint32_t)i + 1;
}

static void add_build(struct group *group, uint64_t build)
{
	for (size_t i = 0; i < group->build_count && i < GROUP_BUILDS_MAX; i++) {
		if (group->builds[i] == build && build)
			return;
	}
	if (!build)
		group->build_count = GROUP_BUILDS_MAX + 1;
	else if (group->build_count < GROUP_BUILDS_MAX)
		group->builds[group->build_count++] = build;
	else
		group->build_count = GROUP_BUILDS_MAX + 1;
}

uint32_t groups_add(struct groups *groups, const struct fingerprint *fingerprint, const struct nearby *nearby, uint64_t died_ns,
		    size_t number)
{
	struct group *group;
	uint32_t *slot;

	grow(groups);
	slot = find(groups, fingerprint->hash);
	if (!*slot) {
		groups->list[groups->count] = (struct group){
			.id = (uint32_t)groups->count, .into = (uint32_t)groups->count, .first_ns = died_ns, .nearby = *nearby};
		*slot = (uint32_t)++groups->count;
	}
	group = &groups->list[*slot - 1];
	if (!group->count || died_ns > group->last_ns) {
		group->fingerprint = *fingerprint;
		group->last_ns = died_ns;
		group->newest = number;
	}
	group->first_ns = died_ns < group->first_ns ? died_ns : group->first_ns;
	add_build(group, nearby->build);
	group->count++;
	groups->deaths++;
	return group->id;
}

static int newest_first(const void *left, const void *right)
{
	const struct group *a = left, *b = right;

	if (a->last_ns != b->last_ns)
		return a->last_ns < b->last_ns ? 1 : -1;
	return strcmp(a->fingerprint.hash, b->fingerprint.hash);
}

void groups_sort(struct groups *groups)
{
	if (groups->count)
		qsort(groups->list, groups->count, sizeof(*groups->list), newest_first);
}

void groups_fini(struct groups *groups)
{
	free(groups->list);
	free(groups->folded);
	free(groups->slots);
	memset(groups, 0, sizeof(*groups));
}
