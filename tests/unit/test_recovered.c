/*
 * From a recorder file to a snapshot: what snapshot_add_recorder() and snapshot_add_crash() make of images built by hand.
 */
#include "describe.h"
#include "from_identity.h"
#include "image.h"
#include "snapshot.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct image image;
static struct recorder_view view;
static struct snapshot snapshot;

static void init(void)
{
	image_init(&image);
	image.header->clock.begin = (struct clock_pair){.ticks = 1, .monotonic_ns = 1, .realtime_ns = 1000001};
	image.header->clock.end = (struct clock_pair){.ticks = 1000, .monotonic_ns = 1000, .realtime_ns = 1001000};
	snapshot_init(&snapshot);
}

static void fini(void)
{
	snapshot_fini(&snapshot);
	image_fini(&image);
}

TestSuite(recovered, .init = init, .fini = fini, .timeout = 60);

static void add_recorder(void)
{
	const char *why = "";
	cr_assert(recorder_view_open(&view, image.base, image.bytes, &why) == 0, "%s", why);
	cr_assert(snapshot_add_recorder(&snapshot, &view) == 0);
}

static void expect_text(size_t event, const char *text)
{
	cr_assert(event < snapshot.event_count, "%zu events%s", snapshot.event_count, snapshot_describe(&snapshot));
	const struct snapshot_text *message = &snapshot.events[event].message;
	cr_assert(message->data && message->bytes == strlen(text) && memcmp(message->data, text, message->bytes) == 0,
		  "event %zu is not \"%s\"%s", event, text, snapshot_describe(&snapshot));
}

static void say_at(unsigned lane, uint64_t ticks, const char *text)
{
	struct record_head *head = image_unit(&image, lane, image.controls[lane].head);
	image_say(&image, lane, text);
	head->ticks = ticks;
}

/* What a process that calls itself something has behind that is no argument; an empty argument is one. */
Test(recovered, titles_of_processes)
{
	static const char title[] = "server: idle\0\0\0\0\0\0", empty[] = "victim\0-x\0";
	memcpy(image.identity->cmdline, title, sizeof(title));
	image.identity->cmdline_bytes = sizeof(title);
	add_recorder();
	cr_assert(snapshot.cmdline_count == 1 && strcmp(snapshot.cmdline[0], "server: idle") == 0, "%s",
		  snapshot_describe(&snapshot));
	identity_add_cmdline(&snapshot, empty, sizeof(empty));
	cr_assert(snapshot.cmdline_count == 3 && strcmp(snapshot.cmdline[1], "-x") == 0 && !*snapshot.cmdline[2]);
}

Test(recovered, identity)
{
	add_recorder();
	cr_assert(snapshot.pid == 1234 && snapshot.ppid == 1 && strcmp(snapshot.service, "service") == 0 && !snapshot.run);
	cr_assert(strcmp(snapshot.exe, "/bin/victim") == 0 && snapshot.cmdline_count >= 2 &&
		  strcmp(snapshot.cmdline[0], "victim") == 0 && strcmp(snapshot.cmdline[1], "-x") == 0);
	cr_assert(snapshot.event_count == 0 && snapshot.stats.recorded == 0);
}

/* Lanes are merged by time; within one moment in the same order at every reading. */
Test(recovered, lanes_in_order)
{
	say_at(0, 10, "first");
	say_at(1, 20, "second");
	say_at(0, 30, "third");
	say_at(0, 40, "fourth");
	say_at(1, 35, "between");
	add_recorder();
	cr_assert(snapshot.event_count == 5);
	static const char *const order[] = {"first", "second", "third", "between", "fourth"};
	for (size_t i = 0; i < 5; i++)
		expect_text(i, order[i]);
	cr_assert(snapshot.events[0].timestamp == 1000010 && snapshot.events[4].timestamp == 1000040, "%s",
		  snapshot_describe(&snapshot));
	cr_assert(snapshot.events[0].tid == 1234 && snapshot.events[1].tid == 1235 &&
		  strcmp(snapshot.events[0].thread_name, "thread") == 0);
	cr_assert(snapshot.events[0].level == LEVEL_INFO && snapshot.events[0].source == SOURCE_STDOUT &&
		  snapshot.events[0].caller != 0);
}

Test(recovered, counters)
{
	for (int i = 0; i < 2000; i++)
		image_say(&image, 0, "more than a lap");
	image.controls[0].dropped = 3;
	image.controls[1].dropped = 4;
	image.controls[1].truncated = 5;
	image.header->dropped_early = 6;
	image_unit(&image, 1, 0)->stamp = unit_stamp(0, UNIT_BUSY);
	image.controls[1].head = 1;
	add_recorder();
	cr_assert(snapshot.event_count == IMAGE_UNITS / 2, "%zu events of two units each", snapshot.event_count);
	cr_assert(snapshot.stats.recorded == 2000 && snapshot.stats.overwritten == 2000 - IMAGE_UNITS / 2 &&
			  snapshot.stats.dropped == 13 && snapshot.stats.truncated == 5 && snapshot.stats.torn == 1,
		  "%s", snapshot_describe(&snapshot));
}

/* A lane taken over by another thread: the older events are not the new owner's. */
Test(recovered, names_of_former_owners)
{
	image_say(&image, 0, "by the thread before");
	image_unit(&image, 0, 0)->tid = 999;
	image_say(&image, 0, "by the owner");
	add_recorder();
	cr_assert(snapshot.events[0].tid == 999 && snapshot.events[0].thread_name == NULL, "%s", snapshot_describe(&snapshot));
	cr_assert(snapshot.events[1].tid == 1234 && strcmp(snapshot.events[1].thread_name, "thread") == 0);
}

Test(recovered, unknown_site)
{
	image_say(&image, 0, "text of its own");
	image_unit(&image, 0, 0)->flags = RECORD_HAS_SITE;
	image_unit(&image, 0, 0)->origin = UINT64_MAX;
	add_recorder();
	expect_text(0, "text of its own");
	cr_assert(snapshot.events[0].caller == 0 && snapshot.events[0].file == NULL);
}

Test(recovered, degradations_and_bad_variables)
{
	image.header->degradations = DEGRADED_SPAWN | DEGRADED_CONFIG | 1u << 31;
	strcpy(image.identity->config_error, "TTLOG_LEVEL=loud: not a level");
	strcpy(image.identity->listener_error, "listener x: down");
	strcpy(image.identity->listener_dying, "y");
	add_recorder();
	cr_assert_str_eq(snapshot.agent.listener_error, "listener x: down");
	cr_assert_str_eq(snapshot.agent.listener, "y");
	cr_assert(snapshot.agent.degradation_count >= 2, "%s", snapshot_describe(&snapshot));
	for (size_t i = 0; i < snapshot.agent.degradation_count; i++)
		cr_assert(snapshot.agent.degradations[i] != NULL);
	cr_assert_str_eq(snapshot.agent.config_error, "TTLOG_LEVEL=loud: not a level");
}

static void put_death(struct crash_context *context, int number, int code, void *address)
{
	siginfo_t info;
	memset(&info, 0, sizeof(info));
	info.si_signo = number;
	info.si_code = code;
	info.si_addr = address;
	context->valid = 1;
	context->tid = 1234;
	memcpy(context->siginfo, &info, sizeof(info));
}

Test(recovered, death)
{
	image.crash->reason = CRASH_SIGNAL;
	image.crash->signal = SIGABRT;
	put_death(&image.crash->first[0], SIGSEGV, SEGV_ACCERR, (void *)0x7777);
	put_death(&image.crash->death, SIGABRT, SI_TKILL, NULL);
	memcpy(image.crash->message, "free(): invalid pointer\n", 24);
	image.crash->message_bytes = 24;
	add_recorder();
	cr_assert(snapshot_add_crash(&snapshot, &view) == 0);
	cr_assert(snapshot.signal.present && snapshot.signal.number == SIGABRT && strcmp(snapshot.signal.name, "SIGABRT") == 0 &&
			  strcmp(snapshot.signal.code_name, "SI_TKILL") == 0,
		  "%s", snapshot_describe(&snapshot));
	cr_assert(snapshot.first_signal.present && snapshot.first_signal.code == SEGV_ACCERR && snapshot.first_signal.has_address &&
			  snapshot.first_signal.address == 0x7777,
		  "%s", snapshot_describe(&snapshot));
	cr_assert(snapshot.abort_message.data && strncmp(snapshot.abort_message.data, "free(): invalid pointer", 23) == 0);
}

static const struct snapshot_thread *thread_with(uint32_t regs_count)
{
	struct crash_context *death = &image.crash->death;
	image.crash->reason = CRASH_SIGNAL;
	put_death(death, SIGSEGV, SEGV_MAPERR, NULL);
	death->regs_count = regs_count;
	for (uint32_t i = 0; i < regs_count; i++)
		death->regs[i] = 100 + i;
	add_recorder();
	cr_assert(snapshot_add_crash_thread(&snapshot, &view) == 0 && snapshot.thread_count == 1);
	cr_assert(snapshot.threads[0].frame_count == 1 && snapshot.threads[0].frames[0].pc == 100 + regs_count - 1);
	return &snapshot.threads[0];
}

static void expect_register(const struct snapshot_thread *thread, uint32_t number, const char *name)
{
	cr_assert(number < thread->register_count && strcmp(thread->registers[number].name, name) == 0 &&
			  thread->registers[number].value == 100 + number,
		  "register %u is not %s", number, name);
}

/* The machine that reads is not always the one that wrote, nor of its kind. */
Test(recovered, registers_of_x86_64)
{
	const struct snapshot_thread *thread = thread_with(17);
	expect_register(thread, 7, "rsp");
	expect_register(thread, 16, "rip");
	cr_assert_eq(thread->register_count, 17);
}

Test(recovered, registers_of_aarch64)
{
	const struct snapshot_thread *thread = thread_with(33);
	expect_register(thread, 0, "x0");
	expect_register(thread, 31, "sp");
	expect_register(thread, 32, "pc");
	cr_assert_eq(thread->register_count, 33);
}

Test(recovered, registers_of_no_known_processor)
{
	cr_assert_eq(thread_with(18)->register_count, 0);
}

static void say_on(unsigned lane, unsigned source, const char *text)
{
	struct record_head *head = image_unit(&image, lane, image.controls[lane].head);
	image_say(&image, lane, text);
	head->level_source = (uint8_t)(LEVEL_WARN | source << 4);
}

static void expect_last_words(const char *words)
{
	image.crash->reason = CRASH_SIGNAL;
	image.crash->signal = SIGABRT;
	put_death(&image.crash->death, SIGABRT, SI_TKILL, NULL);
	add_recorder();
	cr_assert(snapshot_add_crash(&snapshot, &view) == 0);
	const struct snapshot_text *message = &snapshot.abort_message;
	if (!words)
		cr_assert(!message->data, "%s", snapshot_describe(&snapshot));
	else
		cr_assert(message->data && strcmp(message->data, words) == 0, "%s", snapshot_describe(&snapshot));
}

/* In pieces, as libstdc++ writes it, and with another thread in between. */
Test(recovered, last_words_of_terminate)
{
	static const char *const pieces[] = {"terminate called after throwing an instance of '",
					     "std::out_of_range",
					     "'\n",
					     "  what():  ",
					     "map::at",
					     "\n",
					     "and then something\n"};
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		say_on(0, SOURCE_STDERR, pieces[i]);
		say_on(1, SOURCE_STDERR, "terminate called recursively\n");
	}
	expect_last_words("terminate called after throwing an instance of 'std::out_of_range'\n  what():  map::at\n");
}

Test(recovered, last_words_are_the_last)
{
	say_on(0, SOURCE_WRITE2, "thread 'main' panicked at src/main.rs:3:5:\nfirst, and caught\nnote: run with\n");
	say_on(0, SOURCE_WRITE2, "thread 'main' panicked at src/main.rs:4:5:\nnot caught\nnote: run with\n");
	expect_last_words("thread 'main' panicked at src/main.rs:4:5:\nnot caught\n");
}

Test(recovered, last_words_of_two_lines)
{
	say_on(0, SOURCE_STDERR, "pure virtual method called\nterminate called without an active exception\nbye\n");
	expect_last_words("pure virtual method called\nterminate called without an active exception\n");
}

/* What V8 reports around it is not why. */
Test(recovered, last_words_of_v8)
{
	say_on(0, SOURCE_STDERR, "\n<--- Last few GCs --->\n\n[1:0x2]      351 ms: Mark-Compact 19.0 (49.7) -> 18.5 (51.5) MB\n");
	say_on(0, SOURCE_STDERR, "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n");
	say_on(0, SOURCE_STDERR, "----- Native stack trace -----\n\n 1: 0xb78db3 node::OOMErrorHandler(char const*) [node]\n");
	expect_last_words("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n");
}

Test(recovered, last_words_of_none)
{
	say_on(0, SOURCE_STDOUT, "terminate called after throwing an instance of 'int'\n");
	say_on(0, SOURCE_STDERR, "thread 'main' is ready\nit is said: terminate called\n");
	expect_last_words(NULL);
}

Test(recovered, no_death)
{
	add_recorder();
	cr_assert(snapshot_add_crash(&snapshot, &view) == 0);
	cr_assert(!snapshot.signal.present && !snapshot.first_signal.present && !snapshot.abort_message.data);
}

/* Whatever the file says, the result can be encoded, and read again. */
Test(recovered, damaged_images_make_sound_snapshots)
{
	uint64_t state = 7;
	for (int i = 0; i < 60; i++)
		say_at((unsigned)i % 2, (uint64_t)i, "some text that takes more than one unit");
	put_death(&image.crash->death, SIGSEGV, SEGV_MAPERR, NULL);
	image.crash->reason = CRASH_SIGNAL;
	const size_t regions[][2] = {{16, 400},
				     {RECORDER_PAGE, 6000},
				     {image.header->controls_offset, 256},
				     {image.header->lanes_offset, 4096},
				     {image.header->crash_offset, 1024}};
	for (int round = 0; round < 1500; round++) {
		unsigned char *where[4], old[4];
		for (int i = 0; i < 4; i++) {
			state = state * 6364136223846793005ull + 1442695040888963407ull;
			const size_t *region = regions[(state >> 33) % (sizeof(regions) / sizeof(*regions))];
			where[i] = image.base + region[0] + (state >> 20) % region[1];
			old[i] = *where[i];
			*where[i] = (unsigned char)(state >> 50);
		}
		struct snapshot damaged, back;
		struct snapshot_error error = {.text = ""};
		const char *why;
		unsigned char *cbor = NULL;
		size_t bytes;
		snapshot_init(&damaged);
		snapshot_init(&back);
		if (recorder_view_open(&view, image.base, image.bytes, &why) == 0 && snapshot_add_recorder(&damaged, &view) == 0) {
			snapshot_add_crash(&damaged, &view);
			damaged.version = SNAPSHOT_VERSION;
			cr_assert(snapshot_encode(&damaged, &cbor, &bytes, &error) == 0, "round %d: %s", round, error.text);
			cr_assert(snapshot_decode(&back, cbor, bytes, &error) == 0, "round %d: %s", round, error.text);
			free(cbor);
		}
		snapshot_fini(&back);
		snapshot_fini(&damaged);
		for (int i = 3; i >= 0; i--)
			*where[i] = old[i];
	}
}

/* A suspend reset the counter: the events of all lanes stay in order, and get the times of their eras. */
Test(recovered, counter_began_anew)
{
	const uint64_t second = 1000000000, boot = 1000 * second, wall = 1700000000 * second;
	struct recorder_clock *clock = &image.header->clock;
	struct recorder_pairs *pairs = (void *)(image.base + image.header->pairs_offset);
	*clock = (struct recorder_clock){.kind = CLOCK_KIND_TSC,
					 .begin = {1000 * second, boot, wall},
					 .end = {20 * second, boot + 30 * second, wall + 130 * second}};
	pairs->fine[0] = (struct clock_pair){1010 * second, boot + 10 * second, wall + 10 * second};
	pairs->fine[1] = (struct clock_pair){10 * second, boot + 20 * second, wall + 120 * second};
	const struct {
		unsigned lane;
		const char *text;
		uint64_t ticks;
	} events[] = {
		{0, "first", 1001 * second}, {1, "second", 1009 * second}, {0, "third", 10 * second}, {1, "fourth", 19 * second}};
	for (unsigned i = 0; i < 4; i++) {
		const uint64_t position = image.controls[events[i].lane].head;
		image_say(&image, events[i].lane, events[i].text);
		image_unit(&image, events[i].lane, position)->ticks = events[i].ticks;
	}
	add_recorder();
	const uint64_t times[] = {1, 9, 120, 129};
	for (unsigned i = 0; i < 4; i++)
		cr_assert(strcmp(snapshot.events[i].message.data, events[i].text) == 0 &&
				  snapshot.events[i].timestamp == wall + times[i] * second,
			  "%s", snapshot_describe(&snapshot));
}
