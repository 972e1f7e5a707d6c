/* Plug-ins: what is none is refused in a sentence, and the one that ttlog-listeners(7) shows works. */
#include "drive.h"
#include "place.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(sink_plugin, .init = place_init, .fini = place_fini, .timeout = 60);

#define VERSIONED "plugin:" BUILD_DIR "/tests/programs/listener_version.so"

static void expect_refused(const char *item, int wanted, const char *named)
{
	struct ttlog_listener listener;
	char error[256];
	const int got = sinks_open(item, strlen(item), &listener, error, sizeof(error));
	cr_expect(got == wanted, "%s: %s", item, strerror(got));
	cr_expect(strstr(error, named), "%s: '%s' does not say '%s'", item, error, named);
}

Test(sink_plugin, what_is_none)
{
	const char *text = place_file("text.so", "no object", 9);
	char item[1200];
	expect_refused("plugin:/nowhere/libx.so", ENOENT, "/nowhere/libx.so: cannot open shared object file");
	expect_refused("plugin:libm.so.6", EINVAL, "libm.so.6: is no plug-in: it exports no ttlog_listener_open");
	snprintf(item, sizeof(item), "plugin:%s", text);
	expect_refused(item, ENOENT, "text.so: ");
	expect_refused(VERSIONED ",version=2", EPROTO, "was made for another version");
	expect_refused(VERSIONED ",no=function", EINVAL, "gave no on_event");
	expect_refused(VERSIONED ",refuse=silently", EPERM, "refused");
	expect_refused(VERSIONED ",refuse=loudly", EPERM, "no, because of the weather");
}

Test(sink_plugin, common_options_are_the_users)
{
	struct drive drive;
	drive_open(&drive, VERSIONED);
	cr_assert(drive.listener.level == TTLOG_LEVEL_DEBUG && drive.listener.policy == TTLOG_DROP);
	cr_assert(strncmp(drive.listener.name, "plugin:/", 8) == 0);
	drive_open(&drive, VERSIONED ",level=error,policy=block");
	cr_assert(drive.listener.level == TTLOG_LEVEL_ERROR && drive.listener.policy == TTLOG_BLOCK);
}

Test(sink_plugin, the_example_of_the_manual)
{
	char command[4096], item[1200], text[200] = "";
	const char *object = place_path("shout.so"), *output = place_path("errors.txt");
	struct drive drive;
	snprintf(command, sizeof(command),
		 "cc -Wall -Wextra -Werror -shared -fPIC -I" SOURCE_DIR "/include -o %s " SOURCE_DIR "/tools/man/shout.c", object);
	cr_assert(system(command) == 0);
	snprintf(item, sizeof(item), "plugin:%s,path=%s", object, output);
	drive_open(&drive, item);
	drive_all(&drive, 2, 1);
	drive_close(&drive);
	FILE *file = fopen(output, "r");
	cr_assert(file && fread(text, 1, sizeof(text) - 1, file) > 0);
	cr_assert_str_eq(text, "orders[100] message number 0!\norders[100] message number 1!\n");
	fclose(file);
}
