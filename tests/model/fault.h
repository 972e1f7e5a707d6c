/*
 * fault.h - the protocol, broken on purpose. A model that finds nothing proves something only if it finds these.
 *
 * None needs a change of the product's sources: each is a lie about one access.
 */
#ifndef TTLOG_MODEL_FAULT_H
#define TTLOG_MODEL_FAULT_H

enum fault {
	FAULT_CLAIM_BUSY = 1u << 0,      /* a claim takes a unit that is BUSY in an older lap */
	FAULT_CLAIM_STORES = 1u << 1,    /* a claim stores, where it has to compare and swap */
	FAULT_CLAIM_BACK = 1u << 2,      /* a late writer claims what a newer lap has */
	FAULT_HEAD_FIRST = 1u << 3,      /* HEAD is committed before the bodies are */
	FAULT_NOT_BUSY = 1u << 4,        /* a claim commits at once: data change under a committed stamp */
	FAULT_STAMPS_ONCE = 1u << 5,     /* the reader does not look at stamps again */
	FAULT_HEAD_UNSEEN = 1u << 6,     /* the reader does not look at lane_control.head afterwards */
	FAULT_STAMP_UNSEEN = 1u << 7,    /* the reader takes every body for committed */
	FAULT_HEAD_MOVES_LATE = 1u << 8, /* an owner moves lane_control.head on when it has written */
	FAULT_COMMIT_EARLY = 1u << 9,    /* an owner commits a unit before its data */
	FAULT_COUNT_LOST = 1u << 10,     /* a record is counted by a load and a store */
	FAULT_GROWTH_STORES = 1u << 11,  /* a ring is grown by a store, where it has to compare and swap */
	FAULT_NO_FENCE_PUTS = 1u << 12,  /* a writer has no fence */
	FAULT_NO_FENCE_GETS = 1u << 13,  /* a reader has no fence */
	FAULT_PUBLISH_PLAIN = 1u << 14,  /* a store that publishes may overtake others */
	FAULT_SEEN_PLAIN = 1u << 15,     /* a load that acquires is one that does not */
};

#endif
