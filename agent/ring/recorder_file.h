/*
 * recorder_file.h - the recorder of this process: made at the first event or at the death, replaced after fork, removed at
 * exit.
 *
 * State lives in two places. `recorder` is ordinary memory. `recorder_live` is a page of its own that the kernel wipes in
 * every forked child (MADV_WIPEONFORK), also of a raw clone(2); the recorder's mapping itself is not inherited
 * (MADV_DONTFORK), but for its first page, where macros look for the levels. So a child sees "no recorder" and makes its own,
 * without a fork hook and without a lock that fork could leave held. A vfork child shares both with its parent: it appends to
 * the parent's recorder and never makes or removes one.
 *
 * | operation                    | thread-safe | signal-safe | in a vfork child |
 * | recorder_get, recorder_ready | yes         | yes         | yes              |
 * | recorder_leave               | yes         | yes         | does nothing     |
 * | recorder_note_exec           | yes         | yes         | does nothing     |
 */
#ifndef TTLOG_RING_RECORDER_FILE_H
#define TTLOG_RING_RECORDER_FILE_H

#include "recorder.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORDER_TAKERS 17

/* Wiped by the kernel in a forked child; zero means: nothing here is true of this process. */
struct recorder_live {
	uint32_t generation;    /* of the recorder that may be used; 0: none */
	uint32_t making;        /* enum making, and who makes it; futex */
	int32_t pid;            /* of the process that this memory belongs to; 0: just forked */
	uint64_t dropped_early; /* events that found no recorder; handed over to its header once there is one */
	uint32_t listener;      /* tid of the thread that hands events to listeners; 1: it is being made; 0: there is none */
	uint32_t writer;        /* tid of the thread that has snapshots written; 1: it is being made; 0: there is none */
	uint32_t takers[RECORDER_TAKERS]; /* tids of the threads that call listeners beside that one (listen/turn_taker.h) */
	uint32_t blocking;                /* 1: a listener wants all events, and writers wait for it (room.h) */
	uint32_t beginning;               /* 1: a thread is in ttlog_init(); futex */
	struct recorder_header *made;     /* by this process, set before its levels are in force; NULL: none */
};

struct recorder {
	struct recorder_header *header;
	struct recorder_identity *identity;
	struct recorder_pairs *pairs;
	struct lane_control *controls;
	unsigned char *lanes;
	unsigned char *sites;
	char *maps;
	struct crash_record *crash;
	struct crash_thread *threads; /* header->threads_max of them, not reserved */
	uint32_t clock_kind;          /* copy of header->clock.kind beside what the record path reads anyway */
	bool anonymous;               /* no file: only this process sees it */
	bool sandboxed;   /* a system call may be the last: nothing is made, reserved or removed any more, here or in children */
	bool asks_nobody; /* nor may it ask for its own number */
	char path[64];
	void (*thread_met)(void); /* called by each thread as it takes its lane; NULL: nobody wants to know */
	void (*made)(void);       /* called when a recorder has been made, before it is used; NULL: nobody wants to know */
	void (*published)(void);  /* and when it can be used; async-signal-safe */
};

extern struct recorder recorder __attribute__((visibility("hidden")));
extern union recorder_live_page {
	struct recorder_live live;
	char page[RECORDER_PAGE];
} recorder_live_page __attribute__((visibility("hidden")));

/*
 * Marks the live page for wiping. Called once by the constructor. False where the kernel cannot (before Linux 4.14, some
 * sandboxes): a forked child would take its parent's recorder for its own, so there must be none.
 */
bool recorder_init(void) __attribute__((visibility("hidden")));

/* The configuration has changed: what a reader is told of it changes too. */
void recorder_note_config(void) __attribute__((visibility("hidden")));

/* Makes the recorder, or waits for the thread that does (bounded). False: there is none, and the event was counted. */
bool recorder_make(void) __attribute__((visibility("hidden")));

/* The generation of a usable recorder; 0: there is none, yet. */
static inline uint32_t recorder_now(void)
{
	return __atomic_load_n(&recorder_live_page.live.generation, __ATOMIC_ACQUIRE);
}

/* The generation of a usable recorder, made where there is none yet; 0: none can be had. */
static inline uint32_t recorder_get(void)
{
	const uint32_t generation = recorder_now();
	if (__builtin_expect(generation != 0, 1))
		return generation;
	return recorder_make() ? recorder_now() : 0;
}

/* The process ends without dying: marks the recorder and removes its file, unless somebody wants to see it (TTLOG_ON_EXIT). */
void recorder_leave(void) __attribute__((visibility("hidden")));

/*
 * exec begins, or (false) has failed: in between the recorder says that its program has been replaced. False where this
 * process has no recorder, as a child has none. Signal-safe; nothing in a vfork child.
 */
bool recorder_note_exec(bool begins) __attribute__((visibility("hidden")));

/* In a forked child that has no recorder yet, whose parent has ended: removes the parent's file. */
void recorder_remove_parents(void) __attribute__((visibility("hidden")));

/* Reserves memory, so that a store into it cannot raise SIGBUS on a full file system. 0 or -errno. */
int recorder_reserve(void *address, size_t bytes) __attribute__((visibility("hidden")));

/* In a dying process: where its user is another than when the recorder was made, a copy that this user may open takes the recorder's place. */
void recorder_follow_user(void) __attribute__((visibility("hidden")));
/* No snapshot could be made of it: back to where it was, with all that was saved since. */
void recorder_unfollow_user(void) __attribute__((visibility("hidden")));

/*
 * In a dying process: a copy of the recorder that a descriptor gives access to takes its place; what is saved from now on goes there.
 * The descriptor, which is the caller's, or -errno. Not where there is a file of all of it already.
 */
int recorder_share(void) __attribute__((visibility("hidden")));

/* A copy of the recorder of this process, which lives, as a new file. Not signal-safe against a death in the middle. 0 or -errno; then no file is left. */
int recorder_save(const char *path) __attribute__((visibility("hidden")));

/* For the above. A file of this size whose first bytes are reserved: descriptor, or -errno with nothing left behind; recorder.path names it. */
int recorder_file_make(uint64_t bytes, uint64_t reserved) __attribute__((visibility("hidden")));
void recorder_place_sections(unsigned char *memory) __attribute__((visibility("hidden")));

/* Copies /proc/self/maps into the recorder. */
void recorder_note_maps(void) __attribute__((visibility("hidden")));

#endif
