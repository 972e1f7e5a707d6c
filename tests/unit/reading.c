#include "reading.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

struct image image;
struct recorder_view view;
struct lane_cursor cursor;
struct record record;

void reading_init(void)
{
	image_init(&image);
}

void reading_fini(void)
{
	image_fini(&image);
}

void open_image(void)
{
	const char *why = "";
	cr_assert(recorder_view_open(&view, image.base, image.bytes, &why) == 0, "%s", why);
}

void expect_refused(const char *what)
{
	const char *why = NULL;
	cr_assert(recorder_view_open(&view, image.base, image.bytes, &why) == -EINVAL, "opened with %s", what);
	cr_assert(why && *why && !strchr(why, '\n'), "no reason for %s", what);
}

void expect_next(const char *text)
{
	cr_assert(lane_cursor_next(&cursor, &record) == 1, "no record where \"%s\" should be", text);
	cr_assert(record.text_bytes == strlen(text) && memcmp(record.text, text, record.text_bytes) == 0,
		  "\"%.*s\" instead of \"%s\"", (int)record.text_bytes, record.text, text);
}

void expect_end(uint64_t torn)
{
	cr_assert(lane_cursor_next(&cursor, &record) == 0, "a record too many: \"%.*s\"", (int)record.text_bytes, record.text);
	cr_assert(cursor.torn == torn, "%llu torn, not %llu", (unsigned long long)cursor.torn, (unsigned long long)torn);
}

static size_t put_string(unsigned char *at, const char *text)
{
	const uint16_t bytes = text ? (uint16_t)strlen(text) : UINT16_MAX;
	memcpy(at, &bytes, 2);
	if (text)
		memcpy(at + 2, text, bytes);
	return 2 + (text ? bytes : 0);
}

/* Returns the id of a site at `offset`. */
uint64_t put_site(size_t offset, uint32_t *total)
{
	unsigned char *base = image.sites + offset;
	size_t at = sizeof(struct site_record);
	at += put_string(base + at, "message");
	at += put_string(base + at, NULL);
	at += put_string(base + at, "file.c");
	at += put_string(base + at, "");
	at += put_string(base + at, "key0");
	at += put_string(base + at, "key1");
	*total = (uint32_t)(at + SITE_ALIGN - 1) / SITE_ALIGN * SITE_ALIGN;
	const struct site_record site = {.bytes = *total, .line = 77, .column = 3, .level = LEVEL_WARN, .keys = 2, .types = 0x51};
	memcpy(base, &site, sizeof(site));
	return 1 + offset / SITE_ALIGN;
}
