#include "machine.h"

#include "arch_switch.h"
#include "step.h"
#include "weak.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	STACK_BYTES = 64 * 1024,
	FRAMES_BYTES = 512, /* of what is called in one step, about */
	RECORD_BYTES = (offsetof(struct record, payload) + 4 * LANE_BODY_BYTES) & ~7ul,
};

struct machine machine;
struct setting setting;
struct record machine_record;
char violation[256];

/* At fixed addresses, so that what points into a stack is true again when the stack has been put back. */
static _Alignas(16) unsigned char stacks[THREADS_MAX][STACK_BYTES];
static void *scheduler;
static unsigned running = THREADS_MAX;
static bool signalled;

void violate(const char *format, ...)
{
	va_list arguments;
	if (violation[0] || (setting.only && strncmp(format, setting.only, 2) != 0))
		return;
	va_start(arguments, format);
	vsnprintf(violation, sizeof(violation), format, arguments);
	va_end(arguments);
}

unsigned machine_running(void)
{
	return running;
}

/* Threads ------------------------------------------------------------------------------------------------------------------------ */

static void thread_enter(void)
{
	setting.body[running](running);
	machine.threads[running].status = THREAD_DONE;
	machine.threads[running].kind = ACCESS_NONE;
	machine.threads[running].word = NULL;
	for (;;)
		arch_switch(&machine.threads[running].stack_pointer, scheduler);
}

static void resume(unsigned thread)
{
	/* A frame does not begin with what another schedule left there, which would make one state look like two. */
	memset((unsigned char *)machine.threads[thread].stack_pointer - FRAMES_BYTES, 0, FRAMES_BYTES);
	running = thread;
	thread_state = machine.owner;
	arch_switch(&scheduler, machine.threads[thread].stack_pointer);
	machine.owner = thread_state;
	running = THREADS_MAX;
}

static void take_signal(struct thread *self)
{
	const uint8_t call = self->call;
	signalled = false;
	self->signals--;
	self->depth++;
	setting.handler(running);
	self->depth--;
	self->call = call;
}

static void count_step(const struct thread *self)
{
	if (machine.calls[running][self->call].outcome == CALL_RUNNING && ++machine.steps[running][self->call] > setting.bound)
		violate("G1: a call of thread %u took more than %u steps", running, setting.bound);
}

void machine_stop(enum access_kind kind, const uint64_t *word)
{
	if (running == THREADS_MAX)
		return;
	struct thread *self = &machine.threads[running];
	for (;;) {
		self->kind = (uint8_t)kind;
		self->word = (uint64_t *)(uintptr_t)word;
		arch_switch(&self->stack_pointer, scheduler);
		if (!signalled)
			break;
		take_signal(self);
	}
	if (kind != ACCESS_PAUSE)
		count_step(self);
}

void machine_pause(void)
{
	machine_stop(ACCESS_PAUSE, NULL);
}

void machine_begin(void)
{
	memset(&machine, 0, sizeof(machine));
	machine_record_clear();
	violation[0] = 0;
	signalled = false;
	for (unsigned lane = 0; lane < LANES; lane++) {
		machine.controls[lane].units = setting.units;
		machine.controls[lane].settled = setting.units == setting.largest;
		machine.controls[lane].shared = lane == LANE_SHARED;
	}
	machine.owner = setting.owner;
	step_begin();
	for (unsigned thread = 0; thread < THREADS_MAX; thread++) {
		struct thread *self = &machine.threads[thread];
		if (!setting.body[thread])
			continue;
		self->status = THREAD_READY;
		self->signals = (uint8_t)setting.signals[thread];
		self->stack_pointer = arch_prepare(stacks[thread] + STACK_BYTES, thread_enter);
		resume(thread);
	}
}

/* Actions ------------------------------------------------------------------------------------------------------------------------ */

static bool has_stored(unsigned thread, const uint64_t *word)
{
	for (unsigned i = 0; i < machine.threads[thread].stores; i++) {
		if (machine.buffers[thread][i].word == word)
			return true;
	}
	return false;
}

/* What reads and writes at once does so in memory: it comes after what the thread itself has stored there. */
static bool can_step_weakly(unsigned thread)
{
	const struct thread *self = &machine.threads[thread];
	if (self->kind == ACCESS_ADD || self->kind == ACCESS_SWAP)
		return !has_stored(thread, self->word) && !weak_is_held(self->word) && self->stores < STORES_MAX;
	return self->stores < STORES_MAX || (self->kind != ACCESS_PUT && self->kind != ACCESS_PUBLISH);
}

static bool can_step(unsigned thread)
{
	const struct thread *self = &machine.threads[thread];
	if (self->status != THREAD_READY)
		return false;
	if (setting.weak)
		return can_step_weakly(thread);
	if (self->kind == ACCESS_ADD || self->kind == ACCESS_SWAP)
		return self->stores == 0;
	return self->stores < STORES_MAX || (self->kind != ACCESS_PUT && self->kind != ACCESS_PUBLISH);
}

bool machine_can(unsigned thread, enum action action)
{
	const struct thread *self = &machine.threads[thread];
	switch (action) {
	case ACTION_STEP:
		return can_step(thread);
	case ACTION_FLUSH:
		return setting.weak ? weak_may_flush(thread, 0) : self->stores > 0;
	case ACTION_SIGNAL:
		return self->signals && self->status == THREAD_READY && machine.calls[thread][self->call].outcome == CALL_RUNNING;
	default:
		break;
	}
	if (!setting.weak)
		return false;
	if (action < ACTION_OLDER)
		return weak_may_flush(thread, action - ACTION_OVERTAKE + 1);
	return can_step(thread) && (self->kind == ACCESS_GET || self->kind == ACCESS_SEEN) && !has_stored(thread, self->word) &&
	       weak_older(thread, self->word) > action - ACTION_OLDER;
}

void machine_do(unsigned thread, enum action action)
{
	if (action == ACTION_FLUSH || (action >= ACTION_OVERTAKE && action < ACTION_OLDER)) {
		step_flush(thread, action == ACTION_FLUSH ? 0 : action - ACTION_OVERTAKE + 1);
		return;
	}
	signalled = action == ACTION_SIGNAL;
	step_age = action < ACTION_OLDER ? 0 : action - ACTION_OLDER + 1;
	resume(thread);
}

static void describe_word(const uint64_t *word, char *text, size_t bytes)
{
	for (unsigned lane = 0; lane < LANES; lane++) {
		const struct lane_control *control = &machine.controls[lane];
		if (word >= (const uint64_t *)(const void *)control && word < (const uint64_t *)(const void *)(control + 1)) {
			static const char *const names[] = {"head",     "recorded", "dropped", "truncated",
							    "geometry", "owner",    "name",    "name"};
			snprintf(text, bytes, "lane %u %s", lane, names[word - (const uint64_t *)(const void *)control]);
			return;
		}
	}
	const struct unit_place place = unit_place(word);
	snprintf(text, bytes, "lane %u unit %u word %u (%llx)", place.lane, place.unit, place.index, (unsigned long long)*word);
}

void machine_describe(unsigned thread, enum action action, char *text, size_t bytes)
{
	static const char *const kinds[] = {"end", "pause", "get", "seen", "put", "publish", "add", "swap"};
	const struct thread *self = &machine.threads[thread];
	const bool overtakes = action >= ACTION_OVERTAKE && action < ACTION_OLDER, old = action >= ACTION_OLDER;
	const uint64_t *word = action == ACTION_FLUSH ? machine.buffers[thread][0].word
			       : overtakes            ? machine.buffers[thread][action - ACTION_OVERTAKE + 1].word
						      : self->word;
	char name[64] = "";
	if (word)
		describe_word(word, name, sizeof(name));
	snprintf(text, bytes, "%u %s%s %s", thread, old ? "old " : "",
		 action == ACTION_FLUSH    ? "flush"
		 : overtakes               ? "flush ahead"
		 : action == ACTION_SIGNAL ? "signal before"
					   : kinds[self->kind],
		 name);
}

/* States ------------------------------------------------------------------------------------------------------------------------- */

/*
 * Equal states have to look equal as well, or each is gone through more than once: that is why frames begin with zeros, why a
 * record that was read is cleared, and why these sources are always built with the same flags.
 */
static size_t saved_bytes(void)
{
	return setting.weak            ? sizeof(machine)
	       : setting.store_buffers ? offsetof(struct machine, past)
				       : offsetof(struct machine, buffers);
}

static size_t stack_used(unsigned thread)
{
	const unsigned char *pointer = machine.threads[thread].stack_pointer;
	return machine.threads[thread].status == THREAD_READY ? (size_t)(stacks[thread] + STACK_BYTES - pointer) : 0;
}

static bool is_reading(void)
{
	return machine.reading.cursor.view;
}

void machine_record_clear(void)
{
	memset(&machine_record, 0, RECORD_BYTES);
}

static uint64_t hash_words(uint64_t hash, const void *words, size_t bytes)
{
	const uint64_t *word = words;
	uint64_t a = hash, b = bytes, c = 1, d = 2; /* side by side, for a multiplication takes its time */
	for (; bytes >= 4 * sizeof(*word); bytes -= 4 * sizeof(*word), word += 4) {
		a = mix(a, word[0]);
		b = mix(b, word[1]);
		c = mix(c, word[2]);
		d = mix(d, word[3]);
	}
	for (; bytes; bytes -= sizeof(*word))
		a = mix(a, *word++);
	return mix(mix(a, b), mix(c, d));
}

uint64_t machine_hash(void)
{
	uint64_t hash = hash_words(1, &machine, offsetof(struct machine, steps));
	if (setting.count_steps)
		hash = hash_words(hash, machine.steps, sizeof(machine.steps));
	if (setting.store_buffers)
		hash = hash_words(hash, machine.buffers, sizeof(machine.buffers));
	if (setting.weak)
		hash = hash_words(hash, &machine.past, sizeof(machine.past));
	if (is_reading())
		hash = hash_words(hash, &machine_record, RECORD_BYTES);
	for (unsigned thread = 0; thread < THREADS_MAX; thread++)
		hash = hash_words(hash, machine.threads[thread].stack_pointer, stack_used(thread));
	return hash;
}

size_t machine_save_max(void)
{
	return sizeof(machine) + RECORD_BYTES + sizeof(stacks);
}

size_t machine_save(unsigned char *to)
{
	unsigned char *at = to;
	memcpy(at, &machine, saved_bytes());
	at += saved_bytes();
	if (is_reading()) {
		memcpy(at, &machine_record, RECORD_BYTES);
		at += RECORD_BYTES;
	}
	for (unsigned thread = 0; thread < THREADS_MAX; thread++) {
		memcpy(at, machine.threads[thread].stack_pointer, stack_used(thread));
		at += stack_used(thread);
	}
	return (size_t)(at - to);
}

void machine_load(const unsigned char *from)
{
	memcpy(&machine, from, saved_bytes());
	from += saved_bytes();
	if (is_reading()) {
		memcpy(&machine_record, from, RECORD_BYTES);
		from += RECORD_BYTES;
	}
	for (unsigned thread = 0; thread < THREADS_MAX; thread++) {
		memcpy(machine.threads[thread].stack_pointer, from, stack_used(thread));
		from += stack_used(thread);
	}
}
