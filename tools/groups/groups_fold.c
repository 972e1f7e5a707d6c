#include "groups.h"

#include <stdlib.h>
#include <string.h>

static bool share_a_build(const struct group *a, const struct group *b)
{
	if (a->build_count > GROUP_BUILDS_MAX || b->build_count > GROUP_BUILDS_MAX)
		return true;
	for (size_t i = 0; i < a->build_count; i++) {
		for (size_t j = 0; j < b->build_count; j++) {
			if (a->builds[i] == b->builds[j])
				return true;
		}
	}
	return false;
}

struct caller {
	uint64_t below;
	size_t at; /* in the list */
};

static int by_below(const void *left, const void *right)
{
	const struct caller *a = left, *b = right;

	if (a->below != b->below)
		return a->below < b->below ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

static int find_below(const void *key, const void *element)
{
	const uint64_t below = ((const struct caller *)element)->below, wanted = *(const uint64_t *)key;

	return wanted < below ? -1 : wanted > below;
}

/* The one group whose innermost function was called where this one died; NULL: none, or several. */
static struct group *find_callee(struct groups *groups, const struct caller *callers, const struct group *group)
{
	const uint64_t here = group->nearby.here;
	const struct caller *end = callers + groups->count, *found;

	found = here ? bsearch(&here, callers, groups->count, sizeof(*callers), find_below) : NULL;
	if (!found || (found > callers && found[-1].below == here) || (found + 1 < end && found[1].below == here))
		return NULL;
	struct group *callee = &groups->list[found->at];
	return callee != group && !share_a_build(callee, group) ? callee : NULL;
}

static void fold(struct group *into, struct group *group)
{
	into->count += group->count;
	into->first_ns = group->first_ns < into->first_ns ? group->first_ns : into->first_ns;
	if (group->last_ns > into->last_ns) {
		into->last_ns = group->last_ns;
		into->newest = group->newest;
	}
	group->into = into->id;
}

/* Those that were folded leave the list. */
static void part(struct groups *groups)
{
	size_t kept = 0;

	for (size_t i = 0; i < groups->count; i++) {
		if (groups->list[i].into != groups->list[i].id)
			groups->folded[groups->folded_count++] = groups->list[i];
		else
			groups->list[kept++] = groups->list[i];
	}
	groups->count = kept;
}

/* What is folded already takes nothing in, so no group comes round to itself. */
void groups_fold(struct groups *groups)
{
	struct caller *callers = calloc(groups->count + 1, sizeof(*callers));

	groups->folded = calloc(groups->count + 1, sizeof(*groups->folded));
	for (size_t i = 0; callers && i < groups->count; i++)
		callers[i] = (struct caller){groups->list[i].nearby.below, i};
	if (callers && groups->folded && groups->count) {
		qsort(callers, groups->count, sizeof(*callers), by_below);
		for (size_t i = 0; i < groups->count; i++) {
			struct group *callee = find_callee(groups, callers, &groups->list[i]);
			if (callee && callee->into == callee->id)
				fold(callee, &groups->list[i]);
		}
		part(groups);
	}
	free(callers);
}

uint32_t groups_id(const struct groups *groups, uint32_t id)
{
	for (size_t i = 0; i < groups->folded_count; i++) {
		if (groups->folded[i].id == id)
			return groups_id(groups, groups->folded[i].into);
	}
	return id;
}
