#include "spans.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1024 };

/* The spans of one thread that are open, outermost first. */
struct stack {
	struct stack *next; /* in its slot */
	uint32_t tid, depth;
	uint64_t ids[SPANS_DEEPEST];
};

struct spans {
	struct stack *slots[SLOTS];
	size_t count;
};

bool span_enters(const struct snapshot_event *event)
{
	return event->span && strcmp(event->span, SPAN_ENTER) == 0;
}

bool span_exits(const struct snapshot_event *event)
{
	return event->span && strcmp(event->span, SPAN_EXIT) == 0;
}

struct spans *spans_create(void)
{
	return calloc(1, sizeof(struct spans));
}

void spans_destroy(struct spans *spans)
{
	for (size_t i = 0; spans && i < SLOTS; i++) {
		while (spans->slots[i]) {
			struct stack *stack = spans->slots[i];
			spans->slots[i] = stack->next;
			free(stack);
		}
	}
	free(spans);
}

static struct stack *find(const struct spans *spans, uint32_t tid)
{
	struct stack *stack = spans->slots[tid % SLOTS];

	while (stack && stack->tid != tid)
		stack = stack->next;
	return stack;
}

/* NULL: no memory, or too many threads. */
static struct stack *add(struct spans *spans, uint32_t tid)
{
	struct stack *stack = spans->count < SPANS_THREADS ? calloc(1, sizeof(*stack)) : NULL;

	if (!stack)
		return NULL;
	stack->tid = tid;
	stack->next = spans->slots[tid % SLOTS];
	spans->slots[tid % SLOTS] = stack;
	spans->count++;
	return stack;
}

static void enter(struct stack *stack, struct snapshot_event *event)
{
	event->span_parent = stack->depth ? stack->ids[stack->depth - 1] : 0;
	if (stack->depth < SPANS_DEEPEST)
		stack->ids[stack->depth++] = event->span_id;
}

static void leave(struct stack *stack, uint64_t id)
{
	for (uint32_t depth = stack->depth; depth-- > 0;) {
		if (stack->ids[depth] == id) {
			stack->depth = depth;
			return;
		}
	}
}

void spans_follow(struct spans *spans, struct snapshot_event *event)
{
	struct stack *stack = find(spans, event->tid);

	if (!stack && span_enters(event))
		stack = add(spans, event->tid);
	event->depth = 0;
	event->open = false;
	if (!stack)
		return;
	if (span_exits(event))
		leave(stack, event->span_id);
	event->depth = stack->depth;
	if (span_enters(event))
		enter(stack, event);
}

bool spans_is_open(const struct spans *spans, uint32_t tid, uint64_t span_id)
{
	const struct stack *stack = find(spans, tid);

	for (uint32_t depth = stack ? stack->depth : 0; depth-- > 0;) {
		if (stack->ids[depth] == span_id)
			return true;
	}
	return false;
}

void spans_nest(struct snapshot *snapshot)
{
	struct spans *spans = spans_create();

	if (!spans)
		return;
	for (size_t i = 0; i < snapshot->event_count; i++)
		spans_follow(spans, &snapshot->events[i]);
	for (size_t i = 0; i < snapshot->event_count; i++) {
		struct snapshot_event *event = &snapshot->events[i];
		event->open = span_enters(event) && spans_is_open(spans, event->tid, event->span_id);
	}
	spans_destroy(spans);
}
