/*
 * Small files that ttlog reads beside recorders and snapshots. The first byte picks which: a core file, a list of known deaths (--baseline),
 * the look-ups of other days (cache.h).
 */
#include "baseline.h"
#include "cache.h"
#include "core_file.h"
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUILD_ID "00112233445566778899aabbccddeeff00112233"

static char place[64], cached[160];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	snprintf(place, sizeof(place), "%s/ttlog-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	FUZZ_HOLDS(mkdtemp(place));
	setenv("XDG_CACHE_HOME", place, 1);
	snprintf(cached, sizeof(cached), "%s/ttlog", place);
	FUZZ_HOLDS(mkdir(cached, 0700) == 0);
	snprintf(cached, sizeof(cached), "%s/ttlog/symbols", place);
	FUZZ_HOLDS(mkdir(cached, 0700) == 0);
	snprintf(cached, sizeof(cached), "%s/ttlog/symbols/" BUILD_ID, place);
	return 0;
}

__attribute__((destructor)) static void remove_place(void)
{
	if (!cached[0])
		return;
	unlink(cached);
	for (int i = 0; i < 3; i++) {
		*strrchr(cached, '/') = 0;
		rmdir(cached);
	}
}

static void try_core(int fd)
{
	struct core_file core;

	if (core_file_read(fd, &core))
		FUZZ_HOLDS(core.pid > 0 && memchr(core.command, 0, sizeof(core.command)));
}

static void try_baseline(int fd)
{
	static FILE *nowhere;
	struct baseline baseline = {.count = 0};
	char path[32], error[BASELINE_ERROR_BYTES] = "";
	size_t count;

	nowhere = nowhere ? nowhere : fopen("/dev/null", "w");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (baseline_read(&baseline, path, error) != 0)
		FUZZ_HOLDS(error[0] && !strchr(error, '\n'));
	count = baseline.count;
	for (size_t i = 0; i < count; i++)
		FUZZ_HOLDS(baseline_holds(&baseline, baseline.lines[i].hash));
	baseline_print(&baseline, nowhere);
	baseline_fini(&baseline);
}

static void visit(void *context, uint64_t offset, const struct symbol *symbol)
{
	size_t *seen = context;

	(void)offset;
	FUZZ_HOLDS(symbol->file && *symbol->file && (!symbol->inlined_count || symbol->inlined));
	for (size_t i = 0; i < symbol->inlined_count; i++)
		*seen += symbol->inlined[i].function ? strlen(symbol->inlined[i].function) : 1;
}

static void try_cache(const uint8_t *data, size_t bytes)
{
	size_t seen = 0;
	FILE *file = fopen(cached, "w");

	FUZZ_HOLDS(file && fwrite(data, 1, bytes, file) == bytes && fclose(file) == 0);
	cache_close(cache_open(BUILD_ID, visit, &seen));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (!bytes) {
		close(fd);
		return 0;
	}
	FUZZ_HOLDS(fd >= 0 && write(fd, data + 1, bytes - 1) == (ssize_t)bytes - 1 && lseek(fd, 0, SEEK_SET) == 0);
	switch (data[0] % 3) {
	case 0:
		try_core(fd);
		break;
	case 1:
		try_baseline(fd);
		break;
	default:
		try_cache(data + 1, bytes - 1);
	}
	close(fd);
	return 0;
}
