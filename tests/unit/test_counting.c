/* What ttlog top and stats count with: messages of one kind, a table, times. */
#include "histogram.h"
#include "placeholders.h"
#include "tally.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Placeholders ---------------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *message, *expected;
} messages[] = {
	{"user 42 ('ada') took 3.5 ms at 0x7f00", "user <num> (<str>) took <num> ms at <hex>"},
	{"", ""},
	{"\n\r\n", ""},
	{"two\nlines\n", "two lines"},
	{"1.2.3.4:80", "<num>.<num>:<num>"},
	{"v2 of libfoo2.so.6", "v<num> of libfoo<num>.so.<num>"},
	{"5.", "<num>."},
	{"0x", "<num>x"},
	{"0xfG", "<hex>G"},
	{"dead beef cafe", "dead beef cafe"},
	{"commit 59807616e1fa done", "commit <hex> done"},
	{"deadbeefdeadbeef", "deadbeefdeadbeef"}, /* no decimal digit: a word as well */
	{"12345678", "<num>"},
	{"1234567a_", "<num>a_"},
	{"id 123e4567-e89b-12d3-a456-426614174000.", "id <uuid>."},
	{"id 123e4567-e89b-12d3-a456-42661417400", "id <hex>-e<num>b-<num>d<num>-a<num>-<num>"}, /* one digit too few */
	{"it's 5 o'clock", "it's <num> o'clock"},
	{"say \"hello 7\" to `x' and 'y'", "say <str> to <str> and <str>"},
	{"a lone \" quote", "a lone \" quote"},
	{"größe 12 µs", "größe <num> µs"},
	{"é5", "é<num>"},
};

Test(counting, placeholders)
{
	char result[PLACEHOLDERS_BYTES];
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		const size_t bytes = placeholders_put(messages[i].message, strlen(messages[i].message), result);
		cr_expect_str_eq(result, messages[i].expected, "\"%s\": \"%s\", not \"%s\"", messages[i].message, result,
				 messages[i].expected);
		cr_expect_eq(bytes, strlen(result));
	}
}

/* Whatever the length, the result ends, and no placeholder is divided. */
Test(counting, placeholders_of_long_messages)
{
	char message[2000], result[PLACEHOLDERS_BYTES + 8];
	for (size_t bytes = 0; bytes < sizeof(message); bytes++) {
		memset(result, '#', sizeof(result));
		for (size_t i = 0; i < bytes; i++)
			message[i] = "ab 7 "[i % 5];
		const size_t used = placeholders_put(message, bytes, result);
		cr_assert(used < PLACEHOLDERS_BYTES && strlen(result) == used && result[PLACEHOLDERS_BYTES] == '#');
		const char *last = strrchr(result, '<');
		cr_assert(!last || strncmp(last, "<num>", 5) == 0, "%zu bytes: %s", bytes, result);
	}
}

/* NULs are bytes as others; a quote far away is no end. */
Test(counting, placeholders_of_odd_bytes)
{
	char message[400], result[PLACEHOLDERS_BYTES];
	cr_assert_eq(placeholders_put("a\0b 1", 5, result), 9);
	cr_assert(memcmp(result, "a\0b <num>", 10) == 0);
	memset(message, 'x', sizeof(message));
	message[0] = message[sizeof(message) - 1] = '"';
	cr_assert(placeholders_put(message, sizeof(message), result) == sizeof(message) && result[0] == '"');
}

/* Tally ----------------------------------------------------------------------------------------------------------------------- */

static void count_many(struct tally *tally)
{
	char key[32];
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = round * 1000; i < 3000; i++)
			tally_add(tally, key, (size_t)snprintf(key, sizeof(key), "key %u", i))->bytes += i % 7;
	}
}

Test(counting, tally)
{
	struct tally tally = {.count = 0};
	count_many(&tally);
	cr_assert_eq(tally.count, 3000);
	tally_sort(&tally, 0);
	for (size_t i = 0; i < tally.count; i++)
		cr_assert_eq(tally.entries[i].count, i < 1000 ? 3 : i < 2000 ? 2 : 1);
	cr_assert_str_eq(tally.entries[0].key, "key 2000");
	cr_assert_str_eq(tally.entries[999].key, "key 2999");
	tally_fini(&tally);
	cr_assert(!tally.count && !tally.entries);
}

Test(counting, tally_by_bytes)
{
	struct tally tally = {.count = 0};
	count_many(&tally);
	tally_sort(&tally, 1);
	for (size_t i = 1; i < tally.count; i++) {
		const struct tally_entry *a = &tally.entries[i - 1], *b = &tally.entries[i];
		cr_assert(a->bytes > b->bytes || (a->bytes == b->bytes && a->count >= b->count));
	}
	tally_fini(&tally);
}

/* Keys are bytes: one that is another's beginning, one with a NUL in it, an empty one. */
Test(counting, tally_of_odd_keys)
{
	struct tally tally = {.count = 0};
	tally_add(&tally, "a", 1);
	tally_add(&tally, "a\0b", 3);
	tally_add(&tally, "a\0c", 3);
	tally_add(&tally, "", 0);
	cr_assert(tally.count == 4 && tally_add(&tally, "a\0c", 3)->count == 2 && tally_add(&tally, "", 0)->count == 2);
	tally_fini(&tally);
}

/* Histogram ------------------------------------------------------------------------------------------------------------------- */

static uint64_t sum_of(const uint64_t *rows, unsigned count)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < count; i++)
		sum += rows[i];
	return sum;
}

Test(counting, histogram_in_any_order)
{
	enum { EVENTS = 1000, ROWS = 10 };
	uint64_t rows[ROWS];
	for (unsigned stride = 1; stride < EVENTS; stride += 2) { /* odd and no multiple of 5: each time comes once */
		struct histogram histogram = {.width = 0};
		if (stride % 5 == 0)
			continue;
		for (uint64_t i = 0; i < EVENTS; i++)
			histogram_add(&histogram, 1790000000000000000u + i * stride % EVENTS * 1000000u);
		const uint64_t length = histogram_rows(&histogram, rows, ROWS);
		cr_assert_eq(length, 99900001);
		cr_assert_eq(sum_of(rows, ROWS), EVENTS);
		for (unsigned i = 0; i < ROWS; i++)
			cr_assert(rows[i] > 80 && rows[i] < 120, "row %u of stride %u: %llu", i, stride,
				  (unsigned long long)rows[i]);
	}
}

/* Nothing is lost, however far apart: times of a damaged file are any. */
Test(counting, histogram_of_extremes)
{
	static const uint64_t times[] = {5, UINT64_MAX, 0, UINT64_MAX - 1, 1, 1790000000000000000u};
	struct histogram histogram = {.width = 0};
	uint64_t rows[4];
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		histogram_add(&histogram, times[i]);
	histogram_rows(&histogram, rows, 4);
	cr_assert(rows[0] == 4 && rows[1] == 0 && rows[2] == 0 && rows[3] == 2, "%llu %llu %llu %llu", (unsigned long long)rows[0],
		  (unsigned long long)rows[1], (unsigned long long)rows[2], (unsigned long long)rows[3]);
}

Test(counting, histogram_of_one)
{
	struct histogram histogram = {.width = 0};
	uint64_t rows[3];
	histogram_add(&histogram, 42);
	histogram_add(&histogram, 42);
	cr_assert_eq(histogram_rows(&histogram, rows, 3), 1);
	cr_assert(rows[0] == 2 && rows[1] == 0 && rows[2] == 0);
}
