#include "talker.h"

#include "place.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct talker *talker_start(const char *service)
{
	static unsigned count;
	char name[32], variable[128], script[2048];
	struct talker *talker = calloc(1, sizeof(*talker));
	cr_assert(talker != NULL);
	snprintf(name, sizeof(name), "talker-%u", count++);
	const char *fifo = place_path(name);
	cr_assert(mkfifo(fifo, 0600) == 0);
	snprintf(variable, sizeof(variable), "TTLOG_SERVICE=%s", service);
	snprintf(script, sizeof(script), "exec /bin/bash -c 'echo ready; while read -r line; do echo \"$line\"; done; exit 0' < %s",
		 fifo);
	talker->process = process_start(&(struct process_setup){.argv = LIST("/bin/sh", "-c", script),
								.environment = LIST(strdup(variable), "TTLOG_CAPACITY=256"),
								.agent = true,
								.limit_s = 86400});
	talker->pid = process_pid(talker->process);
	talker->lines = fopen(fifo, "w");
	cr_assert(talker->lines);
	setvbuf(talker->lines, NULL, _IONBF, 0);
	strcpy(talker->said, "ready\n");
	process_await(talker->process, talker->said);
	return talker;
}

void talker_say(struct talker *talker, const char *line)
{
	const size_t used = strlen(talker->said);
	fprintf(talker->lines, "%s\n", line);
	snprintf(talker->said + used, sizeof(talker->said) - used, "%s\n", line);
	process_await(talker->process, talker->said);
}

struct outcome talker_finish(struct talker *talker)
{
	fclose(talker->lines);
	return process_finish(talker->process);
}
