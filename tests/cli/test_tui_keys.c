/*
 * What each key of ttlog tui does, as it is seen on the screen of tmux: pages that scroll and are searched, the line that is typed into,
 * filters, orders, and what is said where a key has nothing to do.
 */
#include "command.h"
#include "sample.h"
#include "screen_session.h"
#include "talker.h"
#include "text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static void close_all(void)
{
	screen_close();
	place_fini();
}

TestSuite(tui_keys, .init = place_init, .fini = close_all, .timeout = 300);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { SOURCE_OF_ANOTHER_VERSION = 77 };

static struct snapshot_event events[] = {
	SAMPLE_EVENT(9000000, LEVEL_INFO, SOURCE_STDOUT, 100, "starts\n"),
	SAMPLE_EVENT(5000000, LEVEL_DEBUG, SOURCE_SYSLOG, 101, "needle one"),
	SAMPLE_EVENT(4000000, LEVEL_INFO, SOURCE_STDOUT, 100, "漢字\n"),
	SAMPLE_EVENT(3000000, LEVEL_WARN, SOURCE_STDERR, 100, "a warning, needle two\n"),
	SAMPLE_EVENT(1500, LEVEL_ERROR, SOURCE_OF_ANOTHER_VERSION, 101, "gone"),
	SAMPLE_EVENT(1000, LEVEL_INFO, SOURCE_STDOUT, 101, "last words\n"),
};

static void show(const char *argument)
{
	screen_open(80, 24, text_of("sh -c '%s tui %s; exec cat'", TTLOG, argument));
}

static void show_events(void)
{
	show(sample_write(events, COUNT(events)));
	screen_type("2");
	screen_expect("6/6");
}

static void expect_without(const char *there, const char *missing)
{
	const char *screen = screen_expect(there);
	cr_assert(!strstr(screen, missing), "%s", screen);
}

/* A search that does not find leaves, and one that is given up restores, what was seen. */
Test(tui_keys, pages)
{
	show(sample_write(events, COUNT(events)));
	screen_expect("[3 Stacks]");
	screen_type("?");
	expect_without("a row up, down", "The mouse:"); /* five lines more than the screen has */
	screen_type("G");
	expect_without("The mouse:", "a row up, down");
	SCREEN_KEYS("PageUp");
	screen_expect("a row up, down");
	screen_type("j");
	screen_expect(" 2/");
	screen_type("J");
	screen_expect("The mouse:");
	screen_type("K");
	screen_expect(" 1/");
	screen_type("/mouse");
	screen_expect("The mouse:");
	SCREEN_KEYS("Escape");
	screen_expect("a row up, down");
	screen_type("n");
	screen_expect("nothing was searched for");
	screen_type("/mouse");
	SCREEN_KEYS("Enter");
	screen_expect_painted("7mmouse");
	screen_type("gn");
	screen_expect("The mouse:");
	screen_type("gN");
	screen_expect("The mouse:");
	screen_type("g/Mouse");
	screen_expect("not found");
	screen_expect("a row up, down");
}

Test(tui_keys, typing)
{
	show_events();
	screen_type("/needlex");
	screen_expect("not found");
	SCREEN_KEYS("BSpace");
	screen_expect("2/6");
	SCREEN_KEYS("C-u");
	screen_expect("6/6");
	screen_type("漢x");
	screen_expect("not found");
	SCREEN_KEYS("BSpace");
	screen_expect("/漢_  3/6");
	SCREEN_KEYS("BSpace");
	screen_expect("/_  6/6");
	screen_type("starts");
	screen_expect("1/6");
	SCREEN_KEYS("Escape");
	screen_expect("6/6   ? help");
	screen_type("/w(");
	screen_expect("missing closing parenthesis");
	screen_type("|b)arn");
	screen_expect("4/6");
}

Test(tui_keys, filters)
{
	const char *screen;
	show_events();
	screen_type("o");
	screen_expect("3/3 of 6  source stdout");
	screen_type("o");
	screen_expect("6/6  ");
	screen_type("ko");
	screen_expect("5/6  a source that this version does not know");
	screen_type("&needle");
	SCREEN_KEYS("Enter");
	screen_expect("/2 of 6  & needle");
	screen_type("&a(");
	SCREEN_KEYS("Enter");
	screen = screen_expect("missing closing parenthesis");
	cr_assert(strstr(screen, "/2 of 6  & needle"), "%s", screen);
	screen_type("&no such words");
	SCREEN_KEYS("Enter");
	screen_expect("no event matches; c shows all");
	screen_type("/x");
	screen_expect("no event to search in");
	SCREEN_KEYS("Escape");
	screen_type("c");
	screen_expect("/6  ");
}

/* Whatever the order, the cursor stays on its event. */
Test(tui_keys, orders)
{
	show_events();
	screen_type("s");
	screen_expect("4/6  by level");
	screen_type("s");
	screen_expect("6/6  by thread");
	screen_type("s");
	screen_expect("3/6  by source");
	screen_type("r");
	screen_expect("4/6  by source  reversed");
	screen_type("s");
	screen_expect("1/6  reversed");
	SCREEN_KEYS("Enter");
	screen_expect("event 6");
}

Test(tui_keys, columns)
{
	show_events();
	expect_without("-9.000000 INFO      100 stdout starts", "1 -9.000000");
	screen_type("#");
	screen_expect("1     -9.000000");
	screen_type("#tt");
	screen_expect("14:13:11.000000 INFO");
	screen_type("t");
	screen_expect_gone(":13:");
	for (int i = 0; i < 4; i++)
		SCREEN_KEYS("Right");
	screen_expect_gone("starts");
	for (int i = 0; i < 4; i++)
		SCREEN_KEYS("Left");
	screen_expect("starts");
}

Test(tui_keys, nothing_to_do)
{
	show_events();
	screen_type("f");
	screen_expect("nothing more comes: the process is gone");
	screen_type("'");
	screen_expect("no bookmark here");
}

Test(tui_keys, no_events)
{
	show(sample_write(events, 0));
	screen_type("2");
	screen_expect("no events were recorded");
}

Test(tui_keys, panes)
{
	sample_write(events, COUNT(events));
	show(place_storage());
	screen_expect("crash_here");
	SCREEN_KEYS("Tab");
	screen_expect("choose a snapshot, and Enter");
	screen_type("/no such words");
	screen_expect("not found");
	SCREEN_KEYS("C-u");
	screen_type("crash_here");
	SCREEN_KEYS("Enter", "Enter");
	screen_expect("[3 Stacks]");
	SCREEN_KEYS("Tab");
	screen_expect("[4 Modules]");
	SCREEN_KEYS("BTab", "BTab");
	screen_expect("[2 Events]");
}

/* What of both stands before the other, in the list. */
static void expect_first(const char *order, const char *first, const char *second)
{
	const char *screen = screen_expect(order), *at = strstr(screen, first), *behind = strstr(screen, second);
	cr_assert(at && behind && at < behind, "%s", screen);
}

Test(tui_keys, orders_of_the_list)
{
	sample_write(events, COUNT(events));
	FILE *file = fopen(text_of("%s/broken.cbor.lz4", place_storage()), "w");
	cr_assert(file && fputs("bad", file) >= 0 && fclose(file) == 0);
	screen_open(140, 30, text_of("sh -c '%s tui %s; exec cat'", TTLOG, place_storage()));
	screen_expect("crash_here");
	screen_expect("broken.cbor.lz4: not an LZ4 frame");
	screen_type("sss");
	expect_first(" by size", "crash_here", "broken.cbor.lz4: ");
	screen_type("r");
	expect_first(" by size, reversed", "broken.cbor.lz4: ", "crash_here");
	screen_type("ss");
	screen_expect(" by service, reversed");
}

/* What it says moves the rows, not the cursor from its event; the newest is followed only where that is asked for. */
Test(tui_keys, a_living_process)
{
	struct talker *talker = talker_start("talker");
	const char *screen;
	talker_say(talker, "the first word");
	talker_say(talker, "the second word");
	show(text_of("%d", (int)talker->pid));
	screen_expect("the second word");
	screen_type("3");
	screen_expect("no stacks: it lives, and is not stopped");
	screen_type("2/first");
	SCREEN_KEYS("Enter");
	screen_expect_gone("following");
	screen_type("r");
	screen_expect("reversed");
	talker_say(talker, "the third word");
	screen_expect("the third word");
	SCREEN_KEYS("Enter");
	screen = screen_expect("s from the end)");
	cr_assert(strstr(screen, "the first word"), "%s", screen);
	SCREEN_KEYS("Escape");
	screen_type("f");
	screen_expect("following");
	SCREEN_KEYS("Enter");
	screen = screen_expect("s from the end)");
	cr_assert(strstr(screen, "the third word"), "%s", screen);
	talker_finish(talker);
}

Test(tui_keys, terminals_that_cannot)
{
	screen_open(80, 24,
		    text_of("sh -c 'TERM=dumb %s tui; echo \"status $?\"; TERM=unheard-of %s tui; exec cat'", TTLOG, TTLOG));
	screen_expect("TERM=dumb: a terminal that is not known, or cannot move its cursor");
	screen_expect("status 2");
	screen_expect("TERM=unheard-of: a terminal that is not known");
}
