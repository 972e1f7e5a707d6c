#include "diff_lines.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELLS_MAX ((size_t)32 << 20) /* of the table below: lists whose differing parts are longer are not aligned */

/* Lists ----------------------------------------------------------------------------------------------------------------------- */

static void append(struct diff_list *list, const char *key, const char *text)
{
	if (list->count == list->room) {
		const size_t room = list->room ? list->room * 2 : 64;
		struct diff_line *lines = arena_alloc(list->arena, room, sizeof(*lines));
		if (list->count)
			memcpy(lines, list->lines, list->count * sizeof(*lines));
		list->lines = lines;
		list->room = room;
	}
	list->lines[list->count++] = (struct diff_line){key, text};
}

void diff_list_format(struct diff_list *list, const char *key, const char *format, ...)
{
	const char *copy;
	char text[4096];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	copy = arena_string(list->arena, text);
	append(list, key ? arena_string(list->arena, key) : copy, copy);
}

static int by_text(const void *left, const void *right)
{
	return strcmp(((const struct diff_line *)left)->text, ((const struct diff_line *)right)->text);
}

void diff_list_sort(struct diff_list *list)
{
	if (list->count)
		qsort(list->lines, list->count, sizeof(*list->lines), by_text);
}

/* Comparison: the longest common subsequence ------------------------------------------------------------------------------------ */

struct part {
	const struct diff_line *lines;
	size_t count;
};

static bool same(const struct diff_line *a, const struct diff_line *b)
{
	return !strcmp(a->key, b->key);
}

static void step(struct diff_steps *steps, enum diff_op op, const struct diff_line *line)
{
	steps->steps[steps->count++] = (struct diff_step){op, line};
	steps->differ |= op != DIFF_SAME;
}

/* lengths[i * (to + 1) + j]: of what is common to the ends of both lists from i and j on. */
static uint16_t *common_lengths(struct part from, struct part to)
{
	const size_t row = to.count + 1;
	uint16_t *lengths;

	if (from.count >= UINT16_MAX || to.count >= UINT16_MAX || (from.count + 1) > CELLS_MAX / row)
		return NULL;
	lengths = arena_need(calloc((from.count + 1) * row, sizeof(*lengths)), (from.count + 1) * row * sizeof(*lengths));
	for (size_t i = from.count; i-- > 0;) {
		for (size_t j = to.count; j-- > 0;) {
			const uint16_t down = lengths[(i + 1) * row + j], right = lengths[i * row + j + 1];
			if (same(&from.lines[i], &to.lines[j]))
				lengths[i * row + j] = lengths[(i + 1) * row + j + 1] + 1;
			else
				lengths[i * row + j] = down > right ? down : right;
		}
	}
	return lengths;
}

static void align(struct diff_steps *steps, struct part from, struct part to)
{
	uint16_t *lengths = common_lengths(from, to);
	const size_t row = to.count + 1;
	size_t i = 0, j = 0;

	while (lengths && i < from.count && j < to.count) {
		if (same(&from.lines[i], &to.lines[j])) {
			step(steps, DIFF_SAME, &to.lines[j++]);
			i++;
		} else if (lengths[(i + 1) * row + j] >= lengths[i * row + j + 1]) {
			step(steps, DIFF_REMOVED, &from.lines[i++]);
		} else {
			step(steps, DIFF_ADDED, &to.lines[j++]);
		}
	}
	while (i < from.count)
		step(steps, DIFF_REMOVED, &from.lines[i++]);
	while (j < to.count)
		step(steps, DIFF_ADDED, &to.lines[j++]);
	free(lengths);
}

/* An empty list has no lines to point at. */
static struct part middle_of(const struct diff_list *list, size_t head, size_t tail)
{
	return (struct part){list->count ? list->lines + head : NULL, list->count - head - tail};
}

void diff_compare(const struct diff_list *from, const struct diff_list *to, struct diff_steps *steps)
{
	const size_t shorter = from->count < to->count ? from->count : to->count;
	size_t head = 0, tail = 0;

	*steps = (struct diff_steps){.steps = arena_alloc(from->arena, from->count + to->count + 1, sizeof(*steps->steps))};
	while (head < shorter && same(&from->lines[head], &to->lines[head]))
		step(steps, DIFF_SAME, &to->lines[head++]);
	while (tail < shorter - head && same(&from->lines[from->count - 1 - tail], &to->lines[to->count - 1 - tail]))
		tail++;
	align(steps, middle_of(from, head, tail), middle_of(to, head, tail));
	for (size_t i = to->count - tail; i < to->count; i++)
		step(steps, DIFF_SAME, &to->lines[i]);
}
