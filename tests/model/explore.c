#include "explore.h"

#include "guarantee.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNDER_WAY = -1 };

enum { CHOICES_MAX = ACTIONS * THREADS_MAX, STEP_TEXT = 96 };

/* States that were seen ----------------------------------------------------------------------------------------------------------- */

struct seen {
	uint64_t hash;    /* 0: free */
	double schedules; /* from there to an end; UNDER_WAY: the present state comes after it */
};

struct seen_table {
	struct seen *slots;
	uint64_t mask, used;
};

static struct seen *seen_find(struct seen_table *table, uint64_t hash)
{
	uint64_t at = hash & table->mask;
	while (table->slots[at].hash && table->slots[at].hash != hash)
		at = (at + 1) & table->mask;
	return &table->slots[at];
}

static void *allocated(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static void seen_grow(struct seen_table *table)
{
	const struct seen_table old = *table;
	table->mask = old.slots ? 2 * old.mask + 1 : (1u << 16) - 1;
	table->slots = allocated(calloc(table->mask + 1, sizeof(*table->slots)));
	for (uint64_t i = 0; old.slots && i <= old.mask; i++) {
		if (old.slots[i].hash)
			*seen_find(table, old.slots[i].hash) = old.slots[i];
	}
	free(old.slots);
}

static struct seen *seen_add(struct seen_table *table, uint64_t hash)
{
	if (!table->slots || 2 * table->used > table->mask)
		seen_grow(table);
	struct seen *seen = seen_find(table, hash);
	table->used += !seen->hash;
	seen->hash = hash;
	return seen;
}

/* The way to the present state ------------------------------------------------------------------------------------------------------- */

struct choice {
	uint8_t thread, action;
};

struct stage {
	unsigned char *saved;
	size_t saved_bytes;
	uint64_t hash;
	double schedules;
	struct choice choices[CHOICES_MAX];
	unsigned count, next;
};

struct way {
	struct stage *stages;
	unsigned length, room;
	struct seen_table seen;
	unsigned char *scratch;
	bool there; /* the machine is in the state of the last stage */
};

static unsigned list_choices(struct choice *choices)
{
	unsigned count = 0;
	for (unsigned thread = 0; thread < THREADS_MAX; thread++) {
		for (unsigned action = ACTION_STEP; action < ACTIONS; action++) {
			if (machine_can(thread, (enum action)action))
				choices[count++] = (struct choice){(uint8_t)thread, (uint8_t)action};
		}
	}
	return count;
}

static void way_push(struct way *way, uint64_t hash)
{
	if (way->length == way->room) {
		const unsigned room = way->room ? 2 * way->room : 64;
		way->stages = allocated(realloc(way->stages, room * sizeof(*way->stages)));
		memset(way->stages + way->room, 0, (room - way->room) * sizeof(*way->stages));
		way->room = room;
	}
	struct stage *stage = &way->stages[way->length++];
	const size_t bytes = machine_save(way->scratch);
	if (bytes > stage->saved_bytes) {
		stage->saved = allocated(realloc(stage->saved, bytes));
		stage->saved_bytes = bytes;
	}
	memcpy(stage->saved, way->scratch, bytes);
	stage->hash = hash;
	stage->schedules = 0;
	stage->count = list_choices(stage->choices);
	stage->next = 0;
}

static void way_free(struct way *way)
{
	for (unsigned i = 0; i < way->room; i++)
		free(way->stages[i].saved);
	free(way->stages);
	free(way->seen.slots);
	free(way->scratch);
}

/* The choices that lead here, each described where it was made. */
static char *way_tell(const struct way *way)
{
	char *text = allocated(calloc(way->length + 1, STEP_TEXT));
	size_t used = 0;
	for (unsigned i = 0; i < way->length; i++) {
		if (!way->stages[i].next)
			break;
		const struct choice *choice = &way->stages[i].choices[way->stages[i].next - 1];
		machine_load(way->stages[i].saved);
		machine_describe(choice->thread, (enum action)choice->action, text + used, STEP_TEXT - 1);
		used += strlen(text + used);
		text[used++] = '\n';
	}
	return text;
}

/* Exploring ------------------------------------------------------------------------------------------------------------------------ */

static void enter(struct way *way, struct exploration *found, uint64_t hash)
{
	found->states++;
	guarantee_state();
	seen_add(&way->seen, hash)->schedules = UNDER_WAY;
	way_push(way, hash);
	way->there = true;
	if (way->length - 1 > found->depth)
		found->depth = way->length - 1;
}

/* All that comes after this state is known: back to the one before. */
static void leave(struct way *way, struct exploration *found)
{
	struct stage *stage = &way->stages[--way->length];
	way->there = false;
	if (!stage->count) {
		found->ends++;
		stage->schedules = 1;
	}
	seen_find(&way->seen, stage->hash)->schedules = stage->schedules;
	if (way->length)
		way->stages[way->length - 1].schedules += stage->schedules;
	else
		found->schedules = stage->schedules;
}

static void take_choice(struct way *way, struct exploration *found)
{
	struct stage *stage = &way->stages[way->length - 1];
	const struct choice choice = stage->choices[stage->next++];
	if (!way->there)
		machine_load(stage->saved);
	way->there = false;
	machine_do(choice.thread, (enum action)choice.action);
	found->steps++;
	const uint64_t hash = machine_hash() | 1;
	const struct seen *seen = seen_find(&way->seen, hash);
	if (violation[0])
		return;
	if (seen->hash && seen->schedules == UNDER_WAY)
		violate("G1: %u can go round in a circle", choice.thread);
	else if (seen->hash)
		stage->schedules += seen->schedules;
	else
		enter(way, found, hash);
}

struct exploration explore(const struct scenario *scenario)
{
	struct exploration found = {0};
	struct way way = {0};
	way.scratch = allocated(malloc(machine_save_max()));
	scenario_begin(scenario);
	enter(&way, &found, machine_hash() | 1);
	while (way.length && !violation[0]) {
		const struct stage *stage = &way.stages[way.length - 1];
		if (stage->next < stage->count)
			take_choice(&way, &found);
		else
			leave(&way, &found);
	}
	found.call_steps = scenario_steps_max();
	found.bound = setting.bound;
	if (violation[0])
		found.schedule = way_tell(&way);
	memcpy(found.violated, violation, sizeof(violation));
	way_free(&way);
	return found;
}
