/*
 * expect.h - assertions on outcomes and snapshots; a failure shows the place of the call and everything that was found.
 *
 * Texts are compared without their last newline: a line of stdio and a write(2) of the same line are one thing to a test that
 * does not care. test_speak.c compares bytes.
 */
#ifndef TTLOG_TESTS_EXPECT_H
#define TTLOG_TESTS_EXPECT_H

#include "core.h"
#include "process.h"
#include "snapshot.h"

struct where {
	const char *file;
	int line;
};
#define HERE ((struct where){__FILE__, __LINE__})

#define ANY_SOURCE -1

struct expected_event {
	int source; /* enum event_source or ANY_SOURCE */
	const char *text;
};

/* Same wait status (signal, exit code, core), same bytes; the run with the agent has no line of the agent's own in them. */
#define expect_same(plain, agent)                       expect_same_at(HERE, &(plain), &(agent))
/* And the same core: all of it. */
#define expect_same_death(plain, agent)                 expect_same_death_at(HERE, &(plain), &(agent), &(struct core_scrutiny){0})
#define expect_signal(snapshot, number, code)           expect_signal_at(HERE, snapshot, number, code)
#define expect_sender(snapshot, pid)                    expect_sender_at(HERE, snapshot, pid)
/* Alternatives stand side by side: "raise|gsignal". The innermost frame that has a name is one of them. */
#define expect_innermost(snapshot, names)               expect_innermost_at(HERE, snapshot, names)
#define expect_in_crashed_stack(snapshot, names)        expect_in_crashed_stack_at(HERE, snapshot, names)
#define expect_event(snapshot, source, text)            expect_event_at(HERE, snapshot, source, text)
#define expect_event_holding(snapshot, part)            expect_event_holding_at(HERE, snapshot, part)
#define expect_no_event_holding(snapshot, part)         expect_no_event_holding_at(HERE, snapshot, part)
/* A subsequence of the snapshot's events. */
#define expect_events_in_order(snapshot, events, count) expect_events_in_order_at(HERE, snapshot, events, count)
#define expect_abort_message(snapshot, part)            expect_abort_message_at(HERE, snapshot, part)
#define expect_no_degradations(snapshot)                expect_no_degradations_at(HERE, snapshot)
/* What holds of every snapshot: version, identity, ordered events, consistent counters, modules sorted and apart. */
#define expect_sound(snapshot, pid)                     expect_sound_at(HERE, snapshot, pid)
/* One line of the agent's, which names the one snapshot; or neither line nor snapshot nor a recorder file of the process. */
#define expect_one_snapshot(outcome, snapshot)          expect_one_snapshot_at(HERE, &(outcome), snapshot)
#define expect_no_snapshot(outcome)                     expect_no_snapshot_at(HERE, &(outcome))

void expect_same_at(struct where where, const struct outcome *plain, const struct outcome *agent);
/* expect_same_at(), and the cores of two twins tell of one death. Where the first left none, the second must leave none either. */
void expect_same_death_at(struct where where, const struct outcome *plain, const struct outcome *agent,
			  const struct core_scrutiny *scrutiny);
/* What the core of this very death says stands in the snapshot too: signal, sender, address, thread, and its registers. */
void expect_snapshot_of_core_at(struct where where, const struct snapshot *snapshot, const struct core *core, bool registers);
void expect_signal_at(struct where where, const struct snapshot *snapshot, int number, int code);
void expect_sender_at(struct where where, const struct snapshot *snapshot, pid_t pid);
void expect_innermost_at(struct where where, const struct snapshot *snapshot, const char *names);
void expect_in_crashed_stack_at(struct where where, const struct snapshot *snapshot, const char *names);
const struct snapshot_event *expect_event_at(struct where where, const struct snapshot *snapshot, int source, const char *text);
void expect_event_holding_at(struct where where, const struct snapshot *snapshot, const char *part);
void expect_no_event_holding_at(struct where where, const struct snapshot *snapshot, const char *part);
void expect_events_in_order_at(struct where where, const struct snapshot *snapshot, const struct expected_event *events,
			       size_t count);
void expect_abort_message_at(struct where where, const struct snapshot *snapshot, const char *part);
void expect_no_degradations_at(struct where where, const struct snapshot *snapshot);
void expect_sound_at(struct where where, const struct snapshot *snapshot, pid_t pid);
void expect_one_snapshot_at(struct where where, const struct outcome *outcome, struct snapshot *snapshot);
void expect_no_snapshot_at(struct where where, const struct outcome *outcome);

/* Stands in front of each failure from now on: what is being tested, where one test tries many things. */
void expect_about(const char *what);

/* The crashed thread; fails the test where there is not exactly one, in the first place. */
const struct snapshot_thread *crashed_thread(struct where where, const struct snapshot *snapshot);
/* NULL: no such thread */
const struct snapshot_thread *thread_named(const struct snapshot *snapshot, const char *name);
bool stack_has(const struct snapshot_thread *thread, const char *names);
/* The innermost one of that name; fails the test where there is none. */
const struct snapshot_frame *frame_named(const struct snapshot_thread *thread, const char *name);
/* Functions of the stack, innermost first, others may lie between: "fault way_jit main". */
#define expect_shown_in_order(thread, names) expect_shown_in_order_at(HERE, thread, names)
void expect_shown_in_order_at(struct where where, const struct snapshot_thread *thread, const char *names);
const struct snapshot_event *find_event(const struct snapshot *snapshot, int source, const char *text);
const struct snapshot_value *find_value(const struct snapshot_event *event, const char *key);

#endif
