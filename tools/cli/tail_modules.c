#include "tail_modules.h"

#include "describe.h"
#include "proc_number.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AGAIN_NS 2000000000ull /* code that was made at run time is in no module, however often one looks */

static bool is_of_our_files(pid_t pid)
{
	char link[PROC_PATH_BYTES], theirs[64] = "", ours[64] = "";

	proc_path(link, pid, "ns/mnt");
	return readlink(link, theirs, sizeof(theirs) - 1) > 0 && readlink("/proc/self/ns/mnt", ours, sizeof(ours) - 1) > 0 &&
	       strcmp(theirs, ours) == 0;
}

/* malloc'ed; NULL: not to be had. */
static char *read_maps(pid_t pid, size_t *bytes)
{
	char path[PROC_PATH_BYTES], *text = NULL;
	size_t room = 0;
	ssize_t length;
	FILE *stream;

	proc_path(path, pid, "maps");
	stream = fopen(path, "re");
	length = stream ? getdelim(&text, &room, '\0', stream) : -1;
	if (stream)
		fclose(stream);
	*bytes = length > 0 ? (size_t)length : 0;
	return text;
}

/* Over the older of the two readings; what is there stays where there is none to be had. */
static void read_again(struct tail_modules *modules, pid_t pid, const char *recorder)
{
	struct snapshot *older = &modules->read[modules->newest ^ 1];
	size_t bytes;
	char *maps = is_of_our_files(pid) ? read_maps(pid, &bytes) : NULL;

	if (maps && strstr(maps, describe_base_name(recorder))) {
		snapshot_fini(older);
		snapshot_init(older);
		if (snapshot_add_maps(older, maps, bytes) == 0)
			modules->newest ^= 1;
	}
	free(maps);
}

static bool are_known(const struct snapshot *modules, const struct snapshot *look)
{
	for (size_t i = 0; i < look->event_count; i++) {
		const uint64_t caller = look->events[i].caller;
		if (caller && !snapshot_module_at(modules, caller))
			return false;
	}
	return true;
}

void tail_modules_give(struct tail_modules *modules, struct snapshot *look, pid_t pid, const char *recorder, uint64_t now_ns)
{
	if (!are_known(&modules->read[modules->newest], look) && (!modules->tried_ns || now_ns - modules->tried_ns >= AGAIN_NS)) {
		read_again(modules, pid, recorder);
		modules->tried_ns = now_ns;
	}
	look->modules = modules->read[modules->newest].modules;
	look->module_count = modules->read[modules->newest].module_count;
}

void tail_modules_fini(struct tail_modules *modules)
{
	snapshot_fini(&modules->read[0]);
	snapshot_fini(&modules->read[1]);
}
