/*
 * The protocol of the lanes in all its interleavings: the agent's own code on rings of a few units, every order of every
 * access (explore.h), every state held against the guarantees of recorder.h as though all had died there (guarantee.h).
 *
 * TTLOG_MODEL=2 goes on for minutes, 3 for hours; then start the suite itself, with --filter 'model/NAME', and see the
 * figures.
 */
#include "explore.h"
#include "fault.h"
#include "weak.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell(const struct scenario *scenario, const struct exploration *found)
{
	printf("%-48s %10llu states %11llu steps %7llu ends %8.1e schedules  depth %3u  call %3u of %3u  %s\n", scenario->name,
	       (unsigned long long)found->states, (unsigned long long)found->steps, (unsigned long long)found->ends,
	       found->schedules, found->depth, found->call_steps, found->bound, found->violated);
	fflush(stdout);
}

static int level(void)
{
	const char *text = getenv("TTLOG_MODEL");
	return text ? atoi(text) : 1;
}

/* The scenarios up to the level that is asked for. */
static void hold(const struct scenario *scenarios, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (scenarios[i].level > level())
			continue;
		struct exploration found = explore(&scenarios[i]);
		tell(&scenarios[i], &found);
		cr_assert(!found.violated[0], "%s: %s\n%s", scenarios[i].name, found.violated, found.schedule);
		cr_assert_gt(found.ends, 0, "%s: nothing was explored", scenarios[i].name);
	}
}
#define HOLD(...)                                                                                                                  \
	do {                                                                                                                       \
		static const struct scenario scenarios[] = {__VA_ARGS__};                                                          \
		hold(scenarios, sizeof(scenarios) / sizeof(*scenarios));                                                           \
	} while (0)

Test(model, two_writers)
{
	HOLD({"2 writers, ring of 2", 2, .parts = {WRITER("12"), WRITER("21")}},
	     {"2 writers, ring of 4, up to 3 units", 4, .parts = {WRITER("23"), WRITER("12")}},
	     {"2 writers, ring of 4, 3 and 3 units", 4, .parts = {WRITER("3"), WRITER("33")}},
	     {"2 writers, ring of 2, three records each", 2, .level = 2, .parts = {WRITER("121"), WRITER("212")}},
	     {"2 writers, ring of 4, three records each", 4, .level = 2, .parts = {WRITER("232"), WRITER("321")}},
	     {"2 writers, ring of 4, four records each", 4, .level = 3, .parts = {WRITER("1323"), WRITER("2312")}});
}

Test(model, three_writers)
{
	HOLD({"3 writers, ring of 2", 2, .parts = {WRITER("2"), WRITER("1"), WRITER("1")}},
	     {"3 writers, ring of 4", 4, .parts = {WRITER("2"), WRITER("1"), WRITER("3")}},
	     {"3 writers, ring of 2, two units", 2, .level = 2, .parts = {WRITER("2"), WRITER("2"), WRITER("2")}},
	     {"3 writers, ring of 4, two records", 4, .level = 3, .parts = {WRITER("21"), WRITER("12"), WRITER("3")}},
	     {"4 writers, ring of 4", 4, .level = 3, .parts = {WRITER("2"), WRITER("1"), WRITER("3"), WRITER("2")}});
}

/* Stopped before any of its steps while others go round, dead there (each state is also that of a death) or going on. */
Test(model, a_writer_that_stalls_for_laps)
{
	HOLD({"1 unit, others 5 laps", 2, .parts = {WRITER("1"), WRITER("1111111111")}},
	     {"2 units, others 4 laps", 2, .parts = {WRITER("2"), WRITER("2222")}},
	     {"3 units, others 2 laps of 4", 4, .parts = {WRITER("3"), WRITER("21212")}},
	     {"2 stalled, others 2 laps", 2, .level = 3, .parts = {WRITER("2"), WRITER("1"), WRITER("1212")}},
	     {"3 units stalled twice, others 5 laps of 4", 4, .level = 2, .parts = {WRITER("33"), WRITER("2121212121")}});
}

Test(model, handlers_that_interrupt_a_writer)
{
	HOLD({"handler of many laps", 2, .parts = {SIGNALLED_WRITER("12", 1)}, .handler = "12121"},
	     {"handler that is interrupted", 4, .parts = {SIGNALLED_WRITER("23", 2)}, .handler = "2"},
	     {"three handlers, one inside another", 2, .level = 2, .parts = {SIGNALLED_WRITER("2", 3)}, .handler = "12"},
	     {"handler, beside a writer", 2, .parts = {SIGNALLED_WRITER("2", 1), WRITER("1")}, .handler = "1"},
	     {"two handlers, beside a writer", 2, .level = 2, .parts = {SIGNALLED_WRITER("2", 2), WRITER("2")}, .handler = "1"},
	     {"handlers of two writers", 4, .level = 3, .parts = {SIGNALLED_WRITER("2", 1), SIGNALLED_WRITER("3", 1)},
	      .handler = "12"});
}

Test(model, a_reader_of_a_shared_lane)
{
	HOLD({"reader, 1 writer", 2, .parts = {WRITER("1221"), READER(LANE_SHARED)}},
	     {"reader, 1 writer, up to 3 units", 4, .parts = {WRITER("3123"), READER(LANE_SHARED)}},
	     {"reader, 1 writer and its handler", 2, .parts = {SIGNALLED_WRITER("2", 1), READER(LANE_SHARED)}, .handler = "12"},
	     {"reader, 2 writers", 2, .parts = {WRITER("2"), WRITER("1"), READER(LANE_SHARED)}},
	     {"reader, 2 writers, ring of 4", 4, .level = 2, .parts = {WRITER("22"), WRITER("12"), READER(LANE_SHARED)}},
	     {"reader, 2 writers, ring of 2", 2, .level = 2, .parts = {WRITER("2"), WRITER("122"), READER(LANE_SHARED)}},
	     {"reader, 3 writers", 2, .level = 3, .parts = {WRITER("2"), WRITER("1"), WRITER("2"), READER(LANE_SHARED)}});
}

Test(model, a_ring_that_grows)
{
	HOLD({"from 2 to 4, 2 writers", 2, 4, .parts = {WRITER("12"), WRITER("21")}},
	     {"from 2 to 8, 1 writer, reader", 2, 8, .parts = {WRITER("1232"), READER(LANE_SHARED)}},
	     {"from 2 to 4, 2 writers, reader", 2, 4, .parts = {WRITER("2"), WRITER("1"), READER(LANE_SHARED)}},
	     {"from 2 to 4, owner, reader", 2, 4, .parts = {OWNER("12312"), READER(LANE_OWNED)}},
	     {"from 2 to 4, 2 writers, reader, one lap", 2, 4, .level = 2,
	      .parts = {WRITER("2"), WRITER("12"), READER(LANE_SHARED)}},
	     {"from 2 to 8, 3 writers", 2, 8, .level = 2, .parts = {WRITER("2"), WRITER("3"), WRITER("21")}},
	     {"from 2 to 8, 2 writers, reader", 2, 8, .level = 3, .parts = {WRITER("233"), WRITER("122"), READER(LANE_SHARED)}});
}

Test(model, the_owner_of_a_lane)
{
	HOLD({"owner, reader", 2, .parts = {OWNER("121221"), READER(LANE_OWNED)}},
	     {"owner, reader, up to 3 units", 4, .parts = {OWNER("3123"), READER(LANE_OWNED)}},
	     {"owner and its handler, reader of the lane", 2, .parts = {SIGNALLED_OWNER("122", 1), READER(LANE_OWNED)},
	      .handler = "1"},
	     {"owner and its handler, reader of the other", 2, .parts = {SIGNALLED_OWNER("12", 1), READER(LANE_SHARED)},
	      .handler = "121"},
	     {"owner and its handler, writer of the other", 2, .parts = {SIGNALLED_OWNER("2", 1), WRITER("2")}, .handler = "2"},
	     {"owner and 2 handlers, reader", 2, .level = 2, .parts = {SIGNALLED_OWNER("122", 2), READER(LANE_OWNED)},
	      .handler = "2"},
	     {"owner and its handler, writer, reader", 2, .level = 3,
	      .parts = {SIGNALLED_OWNER("12", 1), WRITER("2"), READER(LANE_SHARED)}, .handler = "2"});
}

/* x86-TSO: what a thread has stored is seen later by the others, or not at all until a locked instruction. */
Test(model, store_buffers)
{
	HOLD({"2 writers, store buffers", 2, .store_buffers = true, .parts = {WRITER("12"), WRITER("2")}},
	     {"2 writers, ring of 4, store buffers", 4, .store_buffers = true, .parts = {WRITER("3"), WRITER("22")}},
	     {"reader, 1 writer, store buffers", 2, .store_buffers = true, .parts = {WRITER("122"), READER(LANE_SHARED)}},
	     {"reader, 2 writers, store buffers", 2, .store_buffers = true,
	      .parts = {WRITER("1"), WRITER("2"), READER(LANE_SHARED)}},
	     {"owner, reader, store buffers", 2, .store_buffers = true, .parts = {OWNER("1221"), READER(LANE_OWNED)}},
	     {"owner and its handler, reader, store buffers", 2, .store_buffers = true,
	      .parts = {SIGNALLED_OWNER("2", 1), READER(LANE_SHARED)}, .handler = "2"},
	     {"handler, store buffers", 2, .store_buffers = true, .parts = {SIGNALLED_WRITER("2", 1)}, .handler = "121"},
	     {"growing ring, reader, store buffers", 2, 4, .store_buffers = true, .parts = {OWNER("122"), READER(LANE_OWNED)}},
	     {"reader, 2 writers, more laps, store buffers", 2, .level = 2, .store_buffers = true,
	      .parts = {WRITER("2"), WRITER("12"), READER(LANE_SHARED)}},
	     {"3 writers, store buffers", 2, .level = 2, .store_buffers = true, .parts = {WRITER("2"), WRITER("1"), WRITER("2")}},
	     {"reader, 2 writers, ring of 4, store buffers", 4, .level = 3, .store_buffers = true,
	      .parts = {WRITER("23"), WRITER("12"), READER(LANE_SHARED)}});
}

/* And Arm's, where stores overtake stores and loads are made early: what is not ordered by the code is not ordered. */
Test(model, weak_order)
{
	HOLD({"owner, reader, weak order", 1, .weak = true, .parts = {OWNER("11"), READER(LANE_OWNED)}},
	     {"reader, 1 writer, weak order", 1, .weak = true, .parts = {WRITER("11"), READER(LANE_SHARED)}},
	     {"2 writers, weak order", 2, .weak = true, .parts = {WRITER("2"), WRITER("1")}},
	     {"2 writers, more laps, weak order", 2, .level = 2, .weak = true, .parts = {WRITER("12"), WRITER("2")}},
	     {"reader, 1 writer, 2 units, weak order", 2, .level = 2, .weak = true, .parts = {WRITER("12"), READER(LANE_SHARED)}},
	     {"owner, reader, 2 units, weak order", 2, .level = 3, .weak = true, .parts = {OWNER("12"), READER(LANE_OWNED)}},
	     {"reader, 2 writers, weak order", 1, .level = 3, .weak = true,
	      .parts = {WRITER("1"), WRITER("1"), READER(LANE_SHARED)}});
}

/* G1: the longest call there is, in its own steps. More than the bound is a violation, and so is a circle of states. */
Test(model, a_call_ends_after_so_many_steps)
{
	HOLD({"2 writers, each call's steps", 2, .count_steps = true, .parts = {WRITER("2"), WRITER("12")}},
	     {"3 writers of 1 unit, each call's steps", 2, .count_steps = true, .parts = {WRITER("1"), WRITER("1"), WRITER("1")}},
	     {"2 writers, ring of 4, each call's steps", 4, .level = 2, .count_steps = true, .parts = {WRITER("23"), WRITER("32")}},
	     {"3 writers, each call's steps", 2, .level = 2, .count_steps = true,
	      .parts = {WRITER("2"), WRITER("1"), WRITER("2")}});
}

/* The machine itself, by the best known litmus tests of x86 and Arm. ------------------------------------------------------------------- */

static uint64_t answers[2];
static unsigned outcomes; /* bit 2 * answers[0] + answers[1] */

static uint64_t *litmus_word(unsigned number)
{
	return scenario_units(LANE_OWNED) + number * UNIT_WORDS + 1;
}

static void store_then_load(unsigned thread)
{
	word_put(litmus_word(thread), 1);
	answers[thread] = word_get(litmus_word(!thread));
}

static void store_twice(unsigned thread)
{
	word_put(litmus_word(0), 1);
	word_put(litmus_word(thread + 1), 1);
}

static void load_twice(unsigned thread)
{
	answers[0] = word_get(litmus_word(thread));
	answers[1] = word_get(litmus_word(0));
}

/* A message and a flag behind it, with what is to order them. */
static void put_fence_put(unsigned thread)
{
	word_put(litmus_word(0), 1);
	word_fence_puts();
	word_put(litmus_word(thread + 1), 1);
}

static void put_publish(unsigned thread)
{
	word_put(litmus_word(0), 1);
	word_publish(litmus_word(thread + 1), 1);
}

/* What is stored behind a swap, without a fence. */
static void swap_then_put(unsigned thread)
{
	word_swap(litmus_word(0), 0, 1);
	word_put(litmus_word(thread + 1), 1);
}

static void load_early(unsigned thread)
{
	weak_watch();
	load_twice(thread);
}

static void load_fence_load(unsigned thread)
{
	weak_watch();
	answers[0] = word_get(litmus_word(thread));
	word_fence_gets();
	answers[1] = word_get(litmus_word(0));
}

static void seen_load(unsigned thread)
{
	weak_watch();
	answers[0] = word_seen(litmus_word(thread));
	answers[1] = word_get(litmus_word(0));
}

static void load_same_twice(unsigned thread)
{
	(void)thread;
	weak_watch();
	answers[0] = word_get(litmus_word(0));
	answers[1] = word_get(litmus_word(0));
}

/* All orders, without a look at states. */
static void visit(void)
{
	bool ended = true;
	unsigned char *saved = malloc(machine_save_max());
	cr_assert_not_null(saved);
	machine_save(saved);
	for (unsigned thread = 0; thread < 2; thread++) {
		for (unsigned action = ACTION_STEP; action < ACTIONS; action++) {
			if (!machine_can(thread, (enum action)action))
				continue;
			ended = false;
			machine_do(thread, (enum action)action);
			visit();
			machine_load(saved);
		}
	}
	free(saved);
	if (ended)
		outcomes |= 1u << (2 * answers[0] + answers[1]);
}

enum order { SEQUENTIAL, BUFFERED, WEAK };

static unsigned litmus(enum order order, void (*first)(unsigned), void (*second)(unsigned))
{
	setting = (struct setting){
		.units = 3, .largest = 3, .store_buffers = order != SEQUENTIAL, .weak = order == WEAK, .body = {first, second}};
	outcomes = 0;
	machine_begin();
	visit();
	return outcomes;
}

enum { SAW_00 = 1, SAW_01 = 2, SAW_10 = 4, SAW_11 = 8 };

Test(machine, a_load_overtakes_a_store_in_a_store_buffer_only)
{
	cr_assert_eq(litmus(SEQUENTIAL, store_then_load, store_then_load), SAW_01 | SAW_10 | SAW_11);
	cr_assert_eq(litmus(BUFFERED, store_then_load, store_then_load), SAW_00 | SAW_01 | SAW_10 | SAW_11);
	cr_assert_eq(litmus(WEAK, store_then_load, store_then_load), SAW_00 | SAW_01 | SAW_10 | SAW_11);
}

/* The second store is never seen without the first. */
Test(machine, stores_do_not_overtake_each_other)
{
	cr_assert_eq(litmus(SEQUENTIAL, store_twice, load_twice), SAW_00 | SAW_01 | SAW_11);
	cr_assert_eq(litmus(BUFFERED, store_twice, load_twice), SAW_00 | SAW_01 | SAW_11);
}

/* With Arm's order it is, unless both sides take care. */
Test(machine, both_sides_of_a_message_have_to_be_ordered)
{
	const unsigned any = SAW_00 | SAW_01 | SAW_10 | SAW_11, ordered = SAW_00 | SAW_01 | SAW_11;
	cr_assert_eq(litmus(WEAK, store_twice, load_early), any);
	cr_assert_eq(litmus(WEAK, store_twice, seen_load), any);
	cr_assert_eq(litmus(WEAK, put_publish, load_early), any);
	cr_assert_eq(litmus(WEAK, put_fence_put, load_early), any);
	cr_assert_eq(litmus(WEAK, swap_then_put, seen_load), any, "a swap that acquires does not order its own store");
	cr_assert_eq(litmus(WEAK, put_publish, seen_load), ordered);
	cr_assert_eq(litmus(WEAK, put_publish, load_fence_load), ordered);
	cr_assert_eq(litmus(WEAK, put_fence_put, seen_load), ordered);
	cr_assert_eq(litmus(WEAK, put_fence_put, load_fence_load), ordered);
}

/* What was seen of a word is not unseen: no processor has a weaker order than that. */
Test(machine, a_word_does_not_go_back)
{
	cr_assert_eq(litmus(WEAK, store_twice, load_same_twice), SAW_00 | SAW_01 | SAW_11);
}

/* Broken protocols. A model that cannot find these would prove nothing. --------------------------------------------------------- */

static struct exploration explored(struct scenario scenario)
{
	const struct exploration found = explore(&scenario);
	tell(&scenario, &found);
	return found;
}

/* The model finds a violation of this guarantee. */
static void breaks(struct scenario scenario, const char *guarantee)
{
	scenario.only = guarantee;
	const struct exploration found = explored(scenario);
	cr_assert(found.violated[0], "%s does not violate %s", scenario.name, guarantee);
	if (getenv("TTLOG_MODEL"))
		puts(found.schedule);
	free(found.schedule);
}

/* Seen at the store that does it, by a reader that gets a mixed record, and in records that are counted and gone. */
static void breaks_all(struct scenario scenario)
{
	breaks(scenario, "G4");
	breaks(scenario, "G3");
	breaks(scenario, "G5");
}

Test(broken, a_claim_accepts_a_busy_unit)
{
	breaks_all((struct scenario){"claim of a BUSY unit", 2, .faults = FAULT_CLAIM_BUSY, .parts = {WRITER("2"), WRITER("22")}});
}

Test(broken, a_claim_stores_without_comparing)
{
	breaks_all((struct scenario){"claim by a store", 2, .faults = FAULT_CLAIM_STORES, .parts = {WRITER("2"), WRITER("22")}});
}

Test(broken, a_late_writer_does_not_see_a_newer_lap)
{
	breaks_all((struct scenario){"late claim", 2, .faults = FAULT_CLAIM_BACK, .parts = {WRITER("2"), WRITER("22")}});
}

Test(broken, the_head_is_committed_before_the_bodies)
{
	const struct scenario scenario = {"HEAD first", 2, .faults = FAULT_HEAD_FIRST, .parts = {WRITER("2"), WRITER("22")}};
	breaks(scenario, "G5"); /* a reader does not take it, for its bodies are not there; but nor is it counted as torn */
	breaks(scenario, "G4"); /* who has to give up writes where a newer lap may be */
}

Test(broken, a_claim_is_not_marked_busy)
{
	breaks((struct scenario){"claim without BUSY", 2, .faults = FAULT_NOT_BUSY, .parts = {WRITER("2"), WRITER("22")}}, "G3");
}

Test(broken, a_record_is_counted_by_load_and_store)
{
	breaks((struct scenario){"counter by load and store", 2, .faults = FAULT_COUNT_LOST, .parts = {WRITER("1"), WRITER("1")}},
	       "G5");
}

Test(broken, a_ring_is_grown_without_comparing)
{
	breaks((struct scenario){"growth by a store", 2, 4, .faults = FAULT_GROWTH_STORES, .parts = {WRITER("22"), WRITER("22")}},
	       "G5");
}

Test(broken, the_reader_takes_bodies_without_their_stamps)
{
	breaks((struct scenario){"reader without stamps of bodies", 2, .faults = FAULT_STAMP_UNSEEN | FAULT_HEAD_UNSEEN,
				 .parts = {WRITER("21"), WRITER("1"), READER(LANE_SHARED)}},
	       "G3");
}

/* In a shared lane either look is enough: head has moved, and the stamp is BUSY, before data change. */
Test(broken, the_reader_looks_once_at_a_shared_lane)
{
	struct scenario scenario = {"reader without second look", 2, .parts = {WRITER("1221"), READER(LANE_SHARED)}};
	scenario.faults = FAULT_STAMPS_ONCE;
	cr_assert_str_empty(explored(scenario).violated);
	scenario.faults = FAULT_HEAD_UNSEEN;
	cr_assert_str_empty(explored(scenario).violated);
	scenario.faults = FAULT_STAMPS_ONCE | FAULT_HEAD_UNSEEN;
	breaks(scenario, "G3");
}

/* An owner marks nothing BUSY: there the look at head is the one that counts. */
Test(broken, the_reader_of_an_owned_lane_does_not_look_at_head)
{
	struct scenario scenario = {"reader without look at head", 2, .parts = {OWNER("1221"), READER(LANE_OWNED)}};
	scenario.faults = FAULT_STAMPS_ONCE;
	cr_assert_str_empty(explored(scenario).violated);
	scenario.faults = FAULT_HEAD_UNSEEN;
	breaks(scenario, "G3");
}

Test(broken, an_owner_moves_head_late)
{
	breaks((struct scenario){"owner moves head late", 2, .faults = FAULT_HEAD_MOVES_LATE,
				 .parts = {OWNER("1221"), READER(LANE_OWNED)}},
	       "G3");
}

Test(broken, an_owner_commits_before_it_writes)
{
	breaks((struct scenario){"owner commits early", 2, .faults = FAULT_COMMIT_EARLY,
				 .parts = {OWNER("12"), READER(LANE_OWNED)}},
	       "G3");
}

/* Each barrier of the protocol, taken away: the one reason for it that there is. */
static void breaks_weak(const char *name, uint32_t faults)
{
	breaks((struct scenario){name, 1, .weak = true, .faults = faults, .parts = {OWNER("11"), READER(LANE_OWNED)}}, "G3");
	breaks((struct scenario){name, 1, .weak = true, .faults = faults, .parts = {WRITER("11"), READER(LANE_SHARED)}}, "G3");
}

Test(broken, a_writer_without_its_fence)
{
	breaks_weak("no fence of stores", FAULT_NO_FENCE_PUTS);
}

Test(broken, a_reader_without_its_fence)
{
	breaks_weak("no fence of loads", FAULT_NO_FENCE_GETS);
}

Test(broken, a_stamp_that_does_not_publish)
{
	breaks_weak("stamp by a plain store", FAULT_PUBLISH_PLAIN);
}

Test(broken, a_stamp_that_is_not_acquired)
{
	breaks_weak("stamp by a plain load", FAULT_SEEN_PLAIN);
}
