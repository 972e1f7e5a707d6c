#include "degradation.h"

#include "event.h"

#include <stddef.h>
#include <string.h>

/* By bit number of enum degradation, as degradation_name(). */
static const char *const meanings[] = {
	"/dev/shm could not be used, or no address was left for it: nothing would have remained of a SIGKILL",
	"there was no memory for more history of a thread: older events are missing",
	"macro events from further call sites carry their text but no file and line",
	"the process saved itself as it died; ttlog-capture was not there, no process could be made, or valgrind allows none",
	"ttlog-capture did not end within TTLOG_CAPTURE_TIMEOUT and was ended",
	"ttlog-capture was not allowed to trace the process (seccomp, Yama, not dumpable, or traced already)",
	"nothing was captured from outside while the process was alive",
	"a TTLOG_ variable has a bad value and its default was used",
	"it may be another build than the one that ran, if the file was replaced since",
	"registers of the crashed thread only, saved by plain stores",
	"ttlog-capture was killed or crashed before it had a snapshot",
	"the storage directory was full, read-only or forbidden; this was made from the recorder later",
	"/dev/shm was full; the crash record stood in the process's own memory",
	"frames come from saved stacks (64 KB of the crashed thread, 16 KB of others) and the files on disk",
	"the other threads were interrupted and saved themselves, some moments after the crash",
	"they blocked the signal, were stuck in the kernel, or were more than 128: they have no stack here",
};

const char *degradation_meaning(const char *name)
{
	for (unsigned bit = 0; bit < sizeof(meanings) / sizeof(meanings[0]); bit++) {
		const char *known = degradation_name(bit);
		if (known && strcmp(known, name) == 0)
			return meanings[bit];
	}
	return NULL;
}
