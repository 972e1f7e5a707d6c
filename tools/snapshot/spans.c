#include "spans.h"

#include <stdlib.h>
#include <string.h>

/* The events of one thread after another, each in the order of time. */
struct place {
	uint32_t tid;
	size_t index;
};

struct stack {
	struct snapshot_event *open[SPANS_DEEPEST];
	uint32_t depth;
};

bool span_enters(const struct snapshot_event *event)
{
	return event->span && strcmp(event->span, SPAN_ENTER) == 0;
}

bool span_exits(const struct snapshot_event *event)
{
	return event->span && strcmp(event->span, SPAN_EXIT) == 0;
}

static int by_thread(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	if (a->tid != b->tid)
		return a->tid < b->tid ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static void enter(struct stack *stack, struct snapshot_event *event)
{
	event->span_parent = stack->depth ? stack->open[stack->depth - 1]->span_id : 0;
	if (stack->depth < SPANS_DEEPEST)
		stack->open[stack->depth++] = event;
}

static void leave(struct stack *stack, uint64_t id)
{
	for (uint32_t depth = stack->depth; depth-- > 0;) {
		if (stack->open[depth]->span_id == id) {
			stack->depth = depth;
			return;
		}
	}
}

static void mark_open(struct stack *stack)
{
	while (stack->depth)
		stack->open[--stack->depth]->open = true;
}

static void follow(struct stack *stack, struct snapshot_event *event)
{
	if (span_exits(event))
		leave(stack, event->span_id);
	event->depth = stack->depth;
	event->open = false;
	if (span_enters(event))
		enter(stack, event);
}

void spans_nest(struct snapshot *snapshot)
{
	struct place *places = arena_alloc(&snapshot->arena, snapshot->event_count, sizeof(*places));
	struct stack stack = {.depth = 0};

	for (size_t i = 0; i < snapshot->event_count; i++)
		places[i] = (struct place){snapshot->events[i].tid, i};
	if (snapshot->event_count)
		qsort(places, snapshot->event_count, sizeof(*places), by_thread);
	for (size_t i = 0; i < snapshot->event_count; i++) {
		if (i && places[i].tid != places[i - 1].tid)
			mark_open(&stack);
		follow(&stack, &snapshot->events[places[i].index]);
	}
	mark_open(&stack);
}
