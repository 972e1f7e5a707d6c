/*
 * Stacks through files that were deleted or replaced since they were loaded: named from what was loaded, never by another file.
 */
#include "command.h"
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

TestSuite(lost_files, .init = place_init, .fini = place_fini, .timeout = 100);

static void copy(const char *from, const char *directory, const char *name, char path[512])
{
	snprintf(path, 512, "%s/%s", directory, name);
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST("/bin/cp", from, path)});
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
}

/* A program in a directory where anybody may take files away, with what it needs beside it. */
static const char *settle(const char *program)
{
	static char path[512];
	char other[512];
	const char *directory = place_directory();
	copy(PROGRAM("die"), directory, "victim.new", other);
	copy(PROGRAM("library.so"), directory, "library.so", other);
	copy(program, directory, "victim", path);
	chmod(directory, 0777);
	mkdir(place_storage(), 0777);
	chmod(place_storage(), 0777);
	return path;
}

static const struct snapshot_module *module_of(const struct snapshot *snapshot, const char *function)
{
	const struct snapshot_frame *frame = frame_named(&snapshot->threads[0], function);
	return snapshot_module_at(snapshot, frame->pc - 1);
}

static void check_lost(const char *program, const char *name, const char *shown, const char *lost, const char *state, bool nobody)
{
	struct snapshot snapshot;
	const char *settled = settle(program);
	process_run(&(struct process_setup){.argv = LIST(settled, name), .agent = true, .as_nobody = nobody});
	snapshot_only(&snapshot, NULL);
	expect_no_degradations(&snapshot);
	expect_shown_in_order(&snapshot.threads[0], shown);
	const struct snapshot_module *module = module_of(&snapshot, lost);
	cr_assert(module && module->state && strcmp(module->state, state) == 0, "the file of %s is %s", lost,
		  module && module->state ? module->state : "there");
	const struct outcome view = ttlog(LIST("view", "--no-color", place_storage()));
	expect_shown(&view, LIST(lost, ", ", state, ")"));
	cr_assert(!strstr(view.out.data, "die.c") && !strstr(view.out.data, "death_"), "named by another file:\n%s", view.out.data);
}

Test(lost_files, deleted)
{
	check_lost(PROGRAM("stacks"), "deleted", "fault way_deleted main _start", "way_deleted", "deleted", false);
}

Test(lost_files, deleted_of_nobody)
{
	check_lost(PROGRAM("stacks"), "deleted", "fault way_deleted main _start", "way_deleted", "deleted", true);
}

Test(lost_files, replaced)
{
	check_lost(PROGRAM("stacks"), "replaced", "fault way_replaced main _start", "way_replaced", "replaced", false);
}

/* Nothing but what the kernel says of the mapping tells that the file is another. */
Test(lost_files, replaced_without_id)
{
	check_lost(PROGRAM("stacks_without_id"), "replaced", "fault way_replaced main _start", "way_replaced", "replaced", false);
}

Test(lost_files, library_deleted)
{
	check_lost(PROGRAM("stacks"), "library_deleted", "fault call_back way_library_deleted main", "call_back", "deleted", false);
}

/* The kernel shows the file to root only: the names are read from memory. */
Test(lost_files, library_deleted_of_nobody)
{
	check_lost(PROGRAM("stacks"), "library_deleted", "fault call_back way_library_deleted main", "call_back", "deleted", true);
}

Test(lost_files, memfd)
{
	check_lost(PROGRAM("stacks"), "memfd", "fault dive way_deep main _start", "way_deep", "memory", false);
}

Test(lost_files, lines_are_kept)
{
	struct snapshot snapshot;
	process_run(&(struct process_setup){.argv = LIST(settle(PROGRAM("stacks")), "deleted"), .agent = true});
	snapshot_only(&snapshot, NULL);
	const struct snapshot_frame *frame = frame_named(&snapshot.threads[0], "way_deleted");
	cr_assert(frame->file && strstr(frame->file, "stacks.c") && frame->line, "no line of a file that nobody has any more");
}
