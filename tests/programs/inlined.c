/* Dies in a function that was inlined into one that was inlined: the lines are marked. */
#include <stdio.h>

struct node {
	int *value;
	struct node *next;
};

static inline __attribute__((always_inline)) int mark(const struct node *node)
{
	*(volatile int *)node->value = 1; /* store */
	return 1;
}

static inline __attribute__((always_inline)) int sum(const struct node *node)
{
	int total = 0;
	for (; node; node = node->next)
		total += mark(node); /* inner call */
	return total;
}

__attribute__((noinline)) int compute(const struct node *node)
{
	return sum(node) + 1; /* outer call */
}

int main(void)
{
	struct node last = {NULL, NULL};
	struct node *volatile first = &last; /* what it is nobody may know beforehand */
	puts("computing");                   /* said */
	return compute(first) + 1;           /* call */
}
