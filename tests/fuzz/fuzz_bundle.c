/*
 * The archives of ttlog collect --bundle: the input is a tar file, as it comes out of its compression. Whatever its entries are named, and
 * whatever kind they are of, only files below the directory come of it. Mutations give headers the checksum that they need to be taken.
 */
#include "bundle_unpack.h"
#include "fuzz.h"

#include <ftw.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 512, NAME_BYTES = 100, CHECKSUM = 148, CHECKSUM_BYTES = 8, MAGIC = 257 };

static char place[64], inside[80];
static size_t files;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	snprintf(place, sizeof(place), "%s/ttlog-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	FUZZ_HOLDS(mkdtemp(place));
	snprintf(inside, sizeof(inside), "%s/inside", place);
	return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	const bool ours = walk->level == 0 || kind != FTW_F || strncmp(path, inside, strlen(inside)) == 0;

	FUZZ_HOLDS(ours && kind != FTW_SL && (info->st_mode & 07077) == 0);
	files += kind == FTW_F;
	return remove(path);
}

__attribute__((destructor)) static void remove_place(void)
{
	if (place[0])
		nftw(place, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char path[32], error[BUNDLE_ERROR_BYTES] = "";
	const int fd = memfd_create("fuzz", MFD_CLOEXEC);
	int result;

	FUZZ_HOLDS(fd >= 0 && write(fd, data, bytes) == (ssize_t)bytes && mkdir(inside, 0700) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	result = bundle_unpack(path, inside, error);
	files = 0;
	FUZZ_HOLDS(nftw(place, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 && mkdir(place, 0700) == 0);
	FUZZ_HOLDS(result ? error[0] != 0 : files > 0);
	close(fd);
	return 0;
}

/* POSIX.1-2017, ustar: six octal digits of the sum of all bytes, with blanks in their own place. */
static void seal(uint8_t *header)
{
	unsigned sum = 0;
	char digits[CHECKSUM_BYTES];

	memset(header + CHECKSUM, ' ', CHECKSUM_BYTES);
	for (int i = 0; i < BLOCK; i++)
		sum += header[i];
	snprintf(digits, sizeof(digits), "%06o", sum);
	memcpy(header + CHECKSUM, digits, CHECKSUM_BYTES - 1);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t bytes, size_t room, unsigned seed)
{
	static const char *const names[] = {
		"snapshots/a.cbor.lz4",   "debug/.build-id/ab/cdef",      "snapshots/../../x.cbor.lz4", "../x", "/tmp/x",
		"./snapshots/b.cbor.lz4", "debug/.build-id/ab/cdef.debug"};

	bytes = LLVMFuzzerMutate(data, bytes, room);
	for (size_t at = 0; at + BLOCK <= bytes; at += BLOCK) {
		uint8_t *header = data + at;
		if (memcmp(header + MAGIC, "ustar", 5) != 0)
			continue;
		if (seed % 8 == 0)
			strncpy((char *)header, names[seed / 8 % (sizeof(names) / sizeof(names[0]))], NAME_BYTES);
		seal(header);
	}
	return bytes;
}
