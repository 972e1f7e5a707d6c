/*
 * Levels by target, as people write them.
 */
#include "event.h"
#include "levels.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_bad(const char *levels, const char *item)
{
	const char *bad = NULL;
	cr_assert(levels_check(levels, &bad) != 0 && bad && strncmp(bad, item, strlen(item)) == 0, "\"%s\": \"%s\"", levels,
		  bad ? bad : "accepted");
}

Test(levels, good_and_bad)
{
	const char *bad, *const good[] = {
				 "info", "OFF", "warn,net=debug", "net=debug", "a=trace,b=off,error", "net=debug,net=info"};
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		cr_assert(levels_check(good[i], &bad) == 0, "\"%s\": \"%s\"", good[i], bad);
	expect_bad("", "");
	expect_bad("loud", "loud");
	expect_bad("info,", "");
	expect_bad("info,,net=debug", ",net");
	expect_bad("info,net=", "net=");
	expect_bad("=info", "=info");
	expect_bad("net=debug=info", "net=debug=info");
	char text[LEVELS_BYTES + 16];
	memset(text, 'x', sizeof(text));
	memcpy(text + sizeof(text) - 6, "=info", 6);
	expect_bad(text, "x");
}

Test(levels, by_target)
{
	static const char levels[] = "warn,net=debug,net.tls=trace,db=off";
	const struct {
		const char *target;
		unsigned level;
	} cases[] = {
		{"main", LEVEL_WARN},       {"net", LEVEL_DEBUG},      {"net.tcp", LEVEL_DEBUG},      {"net::udp", LEVEL_DEBUG},
		{"net/x", LEVEL_DEBUG},     {"net-x", LEVEL_DEBUG},    {"network", LEVEL_WARN},       {"net.tls", LEVEL_TRACE},
		{"net.tls.x", LEVEL_TRACE}, {"net.tlsx", LEVEL_DEBUG}, {"db::pool::idle", LEVEL_OFF}, {"", LEVEL_WARN},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		cr_assert_eq(levels_of(levels, cases[i].target), cases[i].level, "%s is %s", cases[i].target,
			     level_name(levels_of(levels, cases[i].target)));
	cr_assert_eq(levels_of("net=debug", "main"), LEVEL_INFO, "the default where nothing is said");
	cr_assert_eq(levels_of("net=debug,net=error", "net"), LEVEL_ERROR, "the later of two");
	cr_assert_eq(levels_of("net=debug,trace", "net"), LEVEL_DEBUG, "the longer, wherever it stands");
	cr_assert_eq(levels_of("loud,net=debug", "net"), LEVEL_DEBUG, "what cannot be read is passed over");
}

Test(levels, set)
{
	struct levels levels = {.epoch = 7};
	levels_set(&levels, "warn,net=debug");
	cr_assert(strcmp(levels.text, "warn,net=debug") == 0 && levels.epoch == 8 && levels.lock == 0);
	levels_set(&levels, "info");
	cr_assert(strcmp(levels.text, "info") == 0 && levels.epoch == 9);
	levels.lock = 1; /* somebody died in there */
	levels_set(&levels, "off");
	cr_assert(strcmp(levels.text, "off") == 0 && levels.epoch == 10 && levels.lock == 0);
}

Test(levels, copied_with_an_end)
{
	struct levels levels = {0};
	char text[LEVELS_BYTES];
	levels_set(&levels, "warn,net=debug");
	levels_copy(text, &levels);
	cr_assert(strcmp(text, "warn,net=debug") == 0);
	memset(levels.text, 'x', sizeof(levels.text)); /* by whoever maps them */
	levels_copy(text, &levels);
	cr_assert_eq(strlen(text), LEVELS_BYTES - 1);
}
