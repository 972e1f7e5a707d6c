/*
 * rights.h - what the helper may do. All that it reads is hostile, so it gives up what it does not need, in two steps: before it looks into the
 * process, all but what that takes; before it opens files for the names of functions, and writes, the rest. A kernel that cannot do a part of it
 * does not cost the snapshot, which says what was given up (agent.confined).
 *
 * The helper of a dying process has the rights of that process, and no way to more (no_new_privs). One that root asked for a living process
 * needs root's to look into it; what it then makes of what it saw, it does as that process's user: the files that it opens for names, and the
 * directory it writes to, are ones that the process named.
 */
#ifndef TTLOG_CAPTURE_RIGHTS_H
#define TTLOG_CAPTURE_RIGHTS_H

#include "snapshot.h"

#include <stdbool.h>
#include <sys/types.h>

struct rights_user {
	bool foreign; /* we are root, and it is another user's */
	uid_t uid;    /* effective ones */
	gid_t gid;
};

/* No program that this one could start gets more rights than it has. */
void rights_freeze(void);

/* Descriptors of whoever started us, but the first three and `kept` (0: none). */
void rights_close_inherited(int kept);

/* Whose process it is; one that cannot be looked at is not foreign. */
struct rights_user rights_user_of(pid_t pid);

/* Becomes that user, for good, where it is a foreign one. 0 or -errno: then nothing may be done in its name. */
int rights_become(const struct rights_user *user);

/* Nothing but looking into `target` (0: none, only files are read, nothing is made). */
void rights_for_looking(pid_t target);

/*
 * Nothing but reading files and writing to `storage`, which is made where it is not there; and, for a target that waits and has no file in common
 * with us, telling it in its memory (`told`; 0: not so), which leaves some more.
 */
void rights_for_writing(struct snapshot *snapshot, const char *storage, pid_t told);

#endif
