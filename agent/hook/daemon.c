/*
 * daemon(3) forks and leaves by libc's own _exit, which no hook sees: without this the file of a process that ended well would
 * stay and be taken for that of one that was killed. The child knows its name and removes it.
 */
#include "libc.h"
#include "listen.h"
#include "recorder_file.h"

#include <unistd.h>

EXPORT int daemon(int keep_directory, int keep_descriptors)
{
	if (agent_ready)
		listen_flush(LISTEN_END_MS);
	const bool noted = agent_ready && recorder_note_exec(true);
	const int result = REAL(daemon)(keep_directory, keep_descriptors);
	if (noted && !recorder_note_exec(false))
		recorder_remove_parents();
	return result;
}
