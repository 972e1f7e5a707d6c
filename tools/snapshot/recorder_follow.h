/*
 * recorder_follow.h - what is new in the recorder of a living process, look by look.
 *
 * Its file is open and read at each look: the header, the lanes' controls, and of each lane the units since the last look, never
 * the file as a whole; nothing is written (G6), and the process is not looked at, nor stopped. A record that is under way is
 * waited for; one that was begun and left (a longjmp, a writer that stalled for HOLE_NS) is passed over. Records of a lane come
 * in its order, those of different lanes lane by lane. The file may be removed meanwhile: it is still there for who has it open.
 *
 * Nothing is lost silently (G5): of a recorder at rest, delivered + missed is what its lanes counted as recorded. While it is
 * written to, missed may lag behind, and is never too large.
 *
 * Single-threaded; 0 or -errno. Everything in the file is hostile.
 */
#ifndef TTLOG_SNAPSHOT_RECORDER_FOLLOW_H
#define TTLOG_SNAPSHOT_RECORDER_FOLLOW_H

#include "reader.h"

#include <stddef.h>
#include <stdint.h>

struct follow_lane {
	uint64_t next;   /* position of the first unit that was not dealt with yet */
	uint64_t loaded; /* units before it are in our copy */
	uint64_t delivered, missed;
	uint64_t hole;       /* `next` when a record behind it was whole and it was not; UINT64_MAX: no such place */
	uint64_t hole_since; /* ns */
};

struct recorder_follow {
	int fd;
	unsigned char *data; /* as large as the file, filled where we read it */
	size_t bytes;
	struct recorder_view view; /* into data; view.header is that of the last look */
	struct follow_lane *lanes;
	uint64_t *recorded;  /* of each lane, as counted when the look began */
	uint64_t sites_read; /* bytes of call sites that are whole in data */
	uint64_t delivered;  /* records handed out */
	uint64_t missed;     /* records that had been written over when we came */
	uint64_t bytes_read; /* from the file, since the opening */
};

/* 0, -EAGAIN: it is being made and holds nothing yet; -errno or -EBADMSG with *why, a static string (NULL: strerror says it). */
int recorder_follow_open(struct recorder_follow *follow, const char *path, const char **why);
void recorder_follow_close(struct recorder_follow *follow);

/* `copy` is a copy of the same recorder, made as its process changed its user: it goes on where `follow` was. False: it is another. */
bool recorder_follow_resume(struct recorder_follow *copy, const struct recorder_follow *follow);

/* Told each record, which is gone afterwards. */
typedef void follow_take(void *context, const struct record *record);

/*
 * Takes what is new since the last look; of the first one that is all there is. `now_ns` is of a clock that does not stand still.
 * 0; -EBADMSG: the file is no recorder any more.
 */
int recorder_follow_look(struct recorder_follow *follow, uint64_t now_ns, follow_take *take, void *context);

/* Reads the header and the lanes' controls and no more, for who wants but their counters. */
int recorder_follow_count(struct recorder_follow *follow);

/* Reads a part that no look reads (clock pairs, the map of memory, the crash record) into data. -EBADMSG: outside the file. */
int recorder_follow_read(struct recorder_follow *follow, uint64_t offset, uint64_t bytes);

/* What the header and the lanes counted, when they were read last. */
struct follow_counts {
	uint64_t recorded, dropped, truncated; /* recorded does not hold what was dropped */
	uint32_t threads;                      /* lanes that have an owner */
};
struct follow_counts recorder_follow_counts(const struct recorder_follow *follow);

#endif
