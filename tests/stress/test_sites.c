/*
 * Call sites and the values of their events, by the agent's own functions: what is written is what can be read, through every
 * path of the writer; a site has one id, its values none; and a full table loses nothing.
 */
#define TTLOG_ABI_ONLY
#include "checker.h"
#include "ttlog.h"

#include "lane.h"
#include "reader.h"
#include "record.h"
#include "recorder_file.h"
#include "site.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SIGNED = TTLOG_TYPE_SIGNED, STRING = TTLOG_TYPE_STRING, LONG_STRING = 1100 };

static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g", "h", NULL};
static char *page_end; /* a string that ends here is followed by memory that cannot be read */

static void start_sites(void)
{
	checker_start();
	site_init();
	char *pages = mmap(NULL, 2 * RECORDER_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert(pages != MAP_FAILED && mprotect(pages + RECORDER_PAGE, RECORDER_PAGE, PROT_NONE) == 0);
	page_end = pages + RECORDER_PAGE;
}

TestSuite(sites, .init = start_sites, .fini = checker_stop, .timeout = 100);

static struct ttlog_site make_site(const char *message, uint32_t types, uint8_t count)
{
	return (struct ttlog_site){.types = types,
				   .message = message,
				   .file = "dir/file.c",
				   .function = "function",
				   .keys = keys,
				   .line = 7,
				   .level = TTLOG_LEVEL_INFO,
				   .key_count = count};
}

static void record_values(struct ttlog_site *site, const uint64_t *values, const void *string)
{
	if (site->key_count == 0)
		record_api.event(site);
	else if (site->key_count > 3)
		record_api.event_many(site, values);
	else if (string)
		record_api.event_string(site, values[0], values[1], values[2], string);
	else
		record_api.event_few(site, values[0], values[1], values[2]);
}

/* The newest record of the lane. */
static const struct record *newest(void)
{
	static struct record record, last;
	const struct recorder_view view = checker_view();
	struct lane_cursor cursor;
	lane_cursor_open(&cursor, &view, 0);
	last.tid = 0;
	while (lane_cursor_next(&cursor, &record) == 1) {
		const ptrdiff_t values = record.values ? record.values - record.payload : -1;
		last = record;
		last.values = values < 0 ? NULL : last.payload + values;
		last.text = (const char *)last.payload + (record.text - (const char *)record.payload);
	}
	cr_assert(last.tid != 0 && cursor.torn == 0);
	return &last;
}

static void expect_values(const struct ttlog_site *site, const uint64_t *values)
{
	const struct record *record = newest();
	struct site_view seen;
	const struct recorder_view view = checker_view();
	cr_assert_eq(recorder_view_site(&view, record->origin, &seen), 0);
	cr_assert(seen.types == site->types && seen.keys == site->key_count && seen.message.bytes == strlen(site->message) &&
		  memcmp(seen.message.text, site->message, seen.message.bytes) == 0);
	struct value_cursor cursor = {.words.types = seen.types};
	struct event_value value;
	for (uint32_t i = 0; i < site->key_count; i++) {
		cr_assert_eq(record_value(record, &cursor, &value), 1, "value %u of %u", i, site->key_count);
		if (value.type != STRING) {
			cr_assert_eq(value.number.u, values[i]);
			continue;
		}
		const char *said = (const char *)(uintptr_t)values[i];
		const size_t bytes = said ? strnlen(said, 1024) : 0;
		cr_assert((value.string != NULL) == (said != NULL) && value.string_bytes == bytes, "%u bytes of %zu",
			  value.string_bytes, bytes);
		cr_assert(!said || memcmp(value.string, said, bytes) == 0, "value %u: %.*s", i, (int)bytes, value.string);
	}
	cr_assert_eq(record_value(record, &cursor, &value), 0);
}

/* A string of that length that ends at the end of its page, or further in front. */
static const char *string_of(uint32_t bytes, uint32_t in_front)
{
	char *string = page_end - 1 - bytes - in_front;
	for (uint32_t i = 0; i < bytes; i++)
		string[i] = (char)('a' + (bytes + i) % 26);
	string[bytes] = 0;
	return string;
}

static void check(uint32_t count, uint32_t index, const char *string)
{
	uint64_t values[8] = {11, (uint64_t)-22, 33, 44, 55, 66, 77, 88};
	uint32_t types = 0;
	for (uint32_t i = 0; i < count; i++)
		types |= (uint32_t)(i == index ? STRING : SIGNED) << 4 * i;
	values[index] = (uintptr_t)string;
	struct ttlog_site site = make_site("message", types, (uint8_t)count);
	for (int time = 0; time < 2; time++) { /* the first goes the slow way */
		record_values(&site, values, string ? (const void *)string : "");
		expect_values(&site, values);
	}
}

/* Every length, every place of the string among up to eight values, aligned and not. */
Test(sites, every_string)
{
	for (uint32_t bytes = 0; bytes <= LONG_STRING; bytes += bytes < 70 ? 1 : 97) {
		for (uint32_t count = 1; count <= 4; count++) {
			for (uint32_t index = 0; index < count; index++)
				check(count, index, string_of(bytes, (bytes + count) % 3 ? 0 : 5));
		}
	}
	check(8, 7, string_of(30, 0));
	/* Longer than a value may be: cut, and counted. */
	cr_assert_gt(checker_counter(truncated), 0);
}

Test(sites, null_strings)
{
	uint64_t values[] = {0, 5, 0};
	struct ttlog_site site = make_site("null", STRING | SIGNED << 4, 2);
	for (int time = 0; time < 2; time++) {
		record_api.event_string(&site, 0, 5, 0, NULL);
		expect_values(&site, values);
	}
}

Test(sites, several_strings)
{
	const char *const strings[] = {"", NULL, "a", "seven..", "eight...", "nine....!", "this one takes more than a unit"};
	enum { STRINGS = sizeof(strings) / sizeof(*strings) };
	struct ttlog_site site = make_site("strings", STRING | SIGNED << 4 | STRING << 8 | STRING << 12, 4);
	for (unsigned n = 0; n < STRINGS * STRINGS * STRINGS; n++) {
		const uint64_t values[] = {(uintptr_t)strings[n % STRINGS], n, (uintptr_t)strings[n / STRINGS % STRINGS],
					   (uintptr_t)strings[n / STRINGS / STRINGS]};
		record_api.event_many(&site, values);
		expect_values(&site, values);
	}
}

Test(sites, message_only_takes_one_unit)
{
	struct ttlog_site site = make_site("only a message", 0, 0);
	record_api.event(&site);
	const uint64_t before = thread_state.control->head;
	record_api.event(&site);
	cr_assert_eq((thread_state.control->head - before) * LANE_UNIT_BYTES, 32);
	expect_values(&site, NULL);
}

/* What a program says of itself never fills the table. */
Test(sites, a_million_strings_take_no_id)
{
	struct ttlog_site site = make_site("strings", STRING, 1);
	char text[32];
	for (unsigned i = 0; i < 1000000; i++) {
		snprintf(text, sizeof(text), "string number %u", i);
		record_api.event_string(&site, (uintptr_t)text, 0, 0, text);
		if (i == 0)
			cr_assert_eq(recorder.header->site_count, 1);
	}
	cr_assert(recorder.header->site_count == 1 && recorder.header->sites_used < 200 && recorder.header->sites_refused == 0);
	cr_assert_eq(checker_counter(recorded), 1000000);
}

/* More call sites than there is room for: their events carry message, keys and values themselves. */
Test(sites, full_table)
{
	enum { SITES = 20000 };
	struct ttlog_site *sites = calloc(SITES, sizeof(*sites));
	char(*messages)[32] = calloc(SITES, sizeof(*messages));
	unsigned known = 0;
	cr_assert(sites && messages);
	for (unsigned i = 0; i < SITES; i++) {
		snprintf(messages[i], sizeof(messages[i]), "message of site %u", i);
		sites[i] = make_site(messages[i], SIGNED | STRING << 4, 2);
		const uint64_t values[] = {i, (uintptr_t) "text"};
		record_values(&sites[i], (const uint64_t[]){values[0], values[1], 0}, "text");
		if (recorder.header->sites_refused == 0) {
			known++;
			expect_values(&sites[i], values);
			continue;
		}
		struct value_cursor cursor = {0};
		struct event_value value;
		const struct record *record = newest();
		cr_assert(record->flags == RECORD_HAS_VALUES && record->text_bytes == strlen(messages[i]) &&
			  memcmp(record->text, messages[i], record->text_bytes) == 0);
		cr_assert(record_value(record, &cursor, &value) == 1 && value.number.u == i && value.key_bytes == 1 &&
			  *value.key == 'a');
		cr_assert(record_value(record, &cursor, &value) == 1 && value.string_bytes == 4 &&
			  memcmp(value.string, "text", 4) == 0);
	}
	cr_assert(known > 1000 && known < SITES && recorder.header->site_count == known);
	cr_assert(recorder.header->degradations & DEGRADED_SITES_FULL);
	cr_assert_eq(checker_counter(recorded), SITES);
	/* Those that were there before still are. */
	const uint64_t values[] = {1, (uintptr_t) "again"};
	record_values(&sites[0], (const uint64_t[]){values[0], values[1], 0}, "again");
	expect_values(&sites[0], values);
}
