/*
 * What lies in a recorder file, for rows that count memory: one line of JSON.
 *
 *	recorder FILE
 *
 * resident_bytes: memory that the file takes; ring_bytes: handed out to events so far; recorded: events; recorded_shared: of
 * them those in shared lanes.
 */
#include "reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
	struct recorder_view view;
	struct stat status;
	const char *why = "no file";
	const int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	if (fd < 0 || fstat(fd, &status) != 0) {
		fprintf(stderr, "usage: recorder FILE\n");
		return 2;
	}
	void *base = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED || recorder_view_open(&view, base, (size_t)status.st_size, &why) != 0) {
		fprintf(stderr, "%s: %s\n", argv[1], why);
		return 1;
	}
	uint64_t bytes = 0, recorded = 0, shared_recorded = 0, dropped = 0;
	for (uint32_t i = 0; i < view.lanes; i++) {
		const struct lane_control lane = recorder_view_lane(&view, i);
		bytes += lane.head * LANE_UNIT_BYTES;
		recorded += lane.recorded;
		dropped += lane.dropped;
		shared_recorded += lane.shared ? lane.recorded : 0;
	}
	printf("{\"file_bytes\": %llu, \"resident_bytes\": %llu, \"ring_bytes\": %llu, \"recorded\": %llu, \"dropped\": %llu, "
	       "\"recorded_shared\": %llu, \"lanes_owned\": %u, \"lanes_shared\": %u}\n",
	       (unsigned long long)status.st_size, (unsigned long long)status.st_blocks * 512, (unsigned long long)bytes,
	       (unsigned long long)recorded, (unsigned long long)dropped, (unsigned long long)shared_recorded,
	       view.header.lanes_owned, view.header.lanes_shared);
	return 0;
}
