/*
 * judge.h - whether a snapshot holds what writers of numbered messages have said.
 *
 * Returns NULL, or what is wrong, malloc'ed: the caller knows with which seed it happened.
 */
#ifndef TTLOG_TESTS_JUDGE_H
#define TTLOG_TESTS_JUDGE_H

#include "snapshot.h"
#include "tally.h"

struct judgement {
	const struct snapshot *snapshot;
	const struct tally *tally;
	/* Each thread has a lane of its own and so keeps its newest messages; of so many units. 0: lanes are shared. */
	uint32_t lane_units;
	/* Writers were stopped where the tally says. False: they went on after the snapshot. */
	bool stopped;
};

char *judge(const struct judgement *judgement);

/* This message is among its events. */
bool snapshot_holds(const struct snapshot *snapshot, uint32_t writer, uint32_t number);

#endif
