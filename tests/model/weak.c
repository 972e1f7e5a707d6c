#include "weak.h"

#include <stdlib.h>
#include <string.h>

/* A list of lost values, each with the word that lost it, in the order in which they were lost: so a place in it is a time. */

void weak_watch(void)
{
	memset(&machine.past, 0, sizeof(machine.past));
	machine.past.watching = (uint8_t)(1 + machine_running());
}

void weak_stop_watching(void)
{
	memset(&machine.past, 0, sizeof(machine.past));
}

static void forget(unsigned index)
{
	struct past *past = &machine.past;
	past->count--;
	memmove(&past->values[index], &past->values[index + 1], (past->count - index) * sizeof(*past->values));
	memset(&past->values[past->count], 0, sizeof(*past->values));
	if (past->latest > index)
		past->latest--;
}

void weak_overwrite(const uint64_t *word)
{
	struct past *past = &machine.past;
	if (!past->watching)
		return;
	if (past->count == PAST_MAX) /* the scenario is too large, not wrong */
		abort();
	past->values[past->count++] = (struct past_value){word, *word};
}

unsigned weak_older(unsigned thread, const uint64_t *word)
{
	const struct past *past = &machine.past;
	unsigned count = 0;
	for (unsigned i = 0; past->watching == thread + 1 && i < past->count; i++)
		count += past->values[i].word == word;
	return count;
}

uint64_t weak_load(const uint64_t *word, unsigned older, bool acquires)
{
	struct past *past = &machine.past;
	unsigned since = 0, left = weak_older(machine_running(), word) - older;
	uint64_t value = *word;
	/* Those before the one that is taken are too old from now on; it stands there since the last of them was lost. */
	for (unsigned i = 0; i < past->count && past->watching == machine_running() + 1;) {
		if (past->values[i].word != word) {
			i++;
		} else if (left == 0) {
			value = past->values[i].value;
			break;
		} else {
			left--;
			forget(i);
			since = i;
		}
	}
	if (past->latest < since)
		past->latest = (uint8_t)since;
	for (unsigned i = 0; acquires && i < since; i++)
		forget(0);
	return value;
}

void weak_fence_gets(void)
{
	if (machine.past.watching != machine_running() + 1)
		return;
	while (machine.past.latest)
		forget(0);
}

/* Stores --------------------------------------------------------------------------------------------------------------------------- */

bool weak_is_held(const uint64_t *word)
{
	for (unsigned thread = 0; thread < THREADS_MAX; thread++) {
		for (unsigned i = 0; i < machine.threads[thread].stores; i++) {
			const struct store *store = &machine.buffers[thread][i];
			if (store->word == word && (store->kind == ACCESS_SWAP || store->kind == ACCESS_ADD))
				return true;
		}
	}
	return false;
}

bool weak_may_flush(unsigned thread, unsigned index)
{
	const struct store *buffer = machine.buffers[thread], *store = &buffer[index];
	if (index >= machine.threads[thread].stores)
		return false;
	const bool releases = store->kind == ACCESS_PUBLISH || store->kind == ACCESS_SWAP;
	for (unsigned i = 0; i < index; i++) {
		if (releases || buffer[i].word == store->word || buffer[i].fences != store->fences)
			return false;
	}
	return store->kind == ACCESS_SWAP || store->kind == ACCESS_ADD || !weak_is_held(store->word);
}
