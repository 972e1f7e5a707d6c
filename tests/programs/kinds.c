/* Kinds of death in C. Of each function it matters whether compilers inline it, share its tail, or make parts of it. */
#include "kinds.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

/* An accessor that every optimiser inlines, in a loop. */
struct node {
	int *value;
	struct node *next;
};

static int value_of(const struct node *node)
{
	return *(volatile int *)node->value;
}

static int sum(const struct node *node)
{
	int total = 0;

	for (; node; node = node->next)
		total += value_of(node);
	return total;
}

static void sum_of_null(unsigned seed)
{
	struct node last = {nothing, NULL}, first = {(int *)&sink, &last};

	sink = sum(seed % 2 ? &first : &last) + 1;
}

/* The same function, called by another: another death. */
static int average(const struct node *node, int count)
{
	return sum(node) / count;
}

static void average_of_nothing(unsigned seed)
{
	struct node one = {(int *)&sink, NULL};

	sink = average(&one, sink * (int)seed) + 1;
}

/* The heap. */
struct order {
	char *name;
};

static void order_release(struct order *order)
{
	free(order->name);
	sink = 1;
}

static void release_twice(unsigned seed)
{
	struct order order = {malloc(24 + seed % 8)};
	struct order *volatile again = &order;

	order_release(again);
	order_release(again);
	sink = 2;
}

static void name_set(struct order *order, const char *name)
{
	strcpy(order->name, name);
	sink = 1;
}

static void heap_overrun(unsigned seed)
{
	static char name[200];
	struct order *volatile order = malloc(sizeof(*order));

	memset(name, 'a' + (int)(seed % 26), sizeof(name) - 1);
	order->name = malloc(24);
	char *volatile behind = malloc(24);
	name_set(order, name);
	free(behind);
	free(order->name);
	sink = 2;
}

/* Saying so. */
static void validate(const struct order *order)
{
	assert(order->name != NULL);
	sink = 1;
}

static void failed_assertion(unsigned seed)
{
	struct order order = {seed == ~0u ? "" : NULL};

	validate(&order);
	sink = 2;
}

static void die(const char *what, unsigned number)
{
	fprintf(stderr, "fatal: %s %u\n", what, number);
	abort();
}

static void parse_number(const char *text, unsigned seed)
{
	if (!strchr(text, '1'))
		die("no number", seed);
	sink = 1;
}

static void abort_in_parse(unsigned seed)
{
	parse_number("none", seed);
	sink = 2;
}

static void connect_all(unsigned seed)
{
	if (sink == 0)
		die("no server", seed);
	sink = 1;
}

static void abort_in_connect(unsigned seed)
{
	connect_all(seed);
	sink = 2;
}

/* Recursion. */
static int depth_of(const struct node *node)
{
	volatile char room[256];

	room[0] = (char)(node != NULL);
	return node ? depth_of(node->next) + room[0] : 0;
}

static void endless_depth(unsigned seed)
{
	struct node node = {(int *)&sink, &node};

	sink = depth_of(&node) + (int)seed;
}

static int expression(unsigned seed, int depth);

static int factor(unsigned seed, int depth)
{
	char text[64];

	snprintf(text, sizeof(text), "%d", depth);
	return expression(seed * 1103515245 + 12345, depth + 1) + text[0];
}

static int term(unsigned seed, int depth)
{
	return factor(seed, depth + 1) * (seed & 1024 ? factor(seed + 1, depth + 1) : 2);
}

static int expression(unsigned seed, int depth)
{
	return term(seed, depth + 1) + (seed & 2048 ? term(seed + 1, depth + 1) : 1);
}

static void endless_expression(unsigned seed)
{
	sink = expression(seed, 0);
}

static int walk(int depth)
{
	return depth ? walk(depth - 1) + 1 : *nothing;
}

static void crash_in_the_depth(unsigned seed)
{
	sink = walk(3 + (int)(seed % 20));
}

/* Through the C library and back. */
static int compare(const void *left, const void *right)
{
	return *(const int *)left - *(const int *)right + *nothing;
}

static void sort_orders(int *numbers, size_t count)
{
	qsort(numbers, count, sizeof(*numbers), compare);
	sink = numbers[0];
}

static void crash_in_comparison(unsigned seed)
{
	int numbers[64];

	for (size_t i = 0; i < 64; i++)
		numbers[i] = (int)((seed * (i + 1) * 7919) % 1000);
	sort_orders(numbers, 2 + seed % 60);
	sink = 2;
}

static void copy_name(char *to, const char *from)
{
	memcpy(to, from, (size_t)(64 + sink));
	sink = 1;
}

static void copy_to_null(unsigned seed)
{
	static char from[128];

	from[0] = (char)seed;
	copy_name((char *)nothing, from);
	sink = 2;
}

/* Threads. */
static int handle_request(int number)
{
	return *nothing + number;
}

static void *serve(void *argument)
{
	sink = handle_request(*(int *)argument) + 1;
	return NULL;
}

static void crash_in_thread(unsigned seed)
{
	pthread_t thread;
	int number = (int)seed;

	pthread_create(&thread, NULL, serve, &number);
	pthread_join(thread, NULL);
	sink = 2;
}

/* Signals. */
static void count_tick(void)
{
	sink = *nothing;
}

static void on_alarm(int signal)
{
	count_tick();
	sink = signal;
}

static void crash_in_handler(unsigned seed)
{
	struct itimerval soon = {.it_value = {.tv_usec = 1 + seed % 5}};

	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &soon, NULL);
	for (unsigned i = seed;; i++)
		sink = (int)i;
}

static void on_fault(int signal)
{
	sink = signal;
	abort();
}

static int read_config(int number)
{
	return *nothing + number;
}

static void fault_that_is_handled(unsigned seed)
{
	signal(SIGSEGV, on_fault);
	sink = read_config((int)seed) + 1;
}

/* The rest. */
static int first_of_file(const char *mapped)
{
	return *(const volatile char *)mapped;
}

static void bus_error(unsigned seed)
{
	FILE *file = tmpfile();
	char *mapped = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(file), 0);

	sink = first_of_file(mapped + seed % 4096) + 1;
}

static void (*volatile callback)(void);

static void notify(void)
{
	callback();
	sink = 1;
}

static void call_of_null(unsigned seed)
{
	sink = (int)seed;
	notify();
	sink = 2;
}

static void ask_for_the_impossible(unsigned seed)
{
	sink = (int)seed;
	__builtin_trap();
}

int main(int argc, char **argv)
{
	static kind *const kinds[] = {sum_of_null,        average_of_nothing,    release_twice,         heap_overrun,
				      failed_assertion,   abort_in_parse,        abort_in_connect,      endless_depth,
				      endless_expression, crash_in_the_depth,    crash_in_comparison,   copy_to_null,
				      crash_in_thread,    crash_in_handler,      fault_that_is_handled, bus_error,
				      call_of_null,       ask_for_the_impossible};

	return kinds_main(kinds, sizeof(kinds) / sizeof(kinds[0]), argc, argv);
}
