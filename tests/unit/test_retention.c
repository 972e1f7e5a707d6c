/*
 * What a directory keeps (TTLOG_KEEP), by what names, and what it is left with when something goes wrong: nothing half.
 */
#include "place.h"
#include "process.h"
#include "retention.h"
#include "snapshot.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(retention, .init = place_init, .fini = place_fini, .timeout = 120);

enum { LONG_AGO_S = 3600, KEPT = 3 };

/* A snapshot of this process, written into the storage. */
static int save(const char *service, const char *reason, uint64_t created_at, char path[1024], struct snapshot_error *error)
{
	struct snapshot snapshot;
	snapshot_init(&snapshot);
	snapshot.service = service;
	snapshot.reason = reason;
	snapshot.pid = getpid();
	snapshot.created_at = created_at;
	const int result = snapshot_write(&snapshot, place_storage(), path, 1024, error);
	snapshot_fini(&snapshot);
	return result;
}

static const char *saved(const char *service, const char *reason, uint64_t created_at)
{
	struct snapshot_error error;
	char *path = malloc(1024);
	cr_assert(save(service, reason, created_at, path, &error) == 0, "%s", error.text);
	return path;
}

/* The n-th oldest, by a second each: file systems differ in how fine their times are. */
static const char *aged(unsigned n)
{
	char reason[16];
	snprintf(reason, sizeof(reason), "r%u", n);
	const char *path = saved("s", reason, 1000000000ull * n);
	const struct timespec times[2] = {{1000000 + n, 0}, {1000000 + n, 0}};
	cr_assert(utimensat(AT_FDCWD, path, times, 0) == 0);
	return path;
}

static void put_old(const char *name, const char *data, size_t bytes)
{
	char path[1024];
	snprintf(path, sizeof(path), "%s/%s", place_storage(), name);
	const int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	const struct timespec times[2] = {{1, 0}, {1, 0}};
	cr_assert(file >= 0 && write(file, data, bytes) == (ssize_t)bytes && futimens(file, times) == 0, "%s", path);
	close(file);
}

static bool there(const char *name)
{
	char path[1024];
	snprintf(path, sizeof(path), "%s/%s", place_storage(), name);
	return access(path, F_OK) == 0;
}

static size_t names(const char *directory, const char *end)
{
	size_t count = 0;
	DIR *stream = opendir(directory);
	cr_assert(stream != NULL, "%s: %s", directory, strerror(errno));
	for (struct dirent *entry; (entry = readdir(stream));) {
		const size_t bytes = strlen(entry->d_name);
		count += bytes > strlen(end) && strcmp(entry->d_name + bytes - strlen(end), end) == 0;
	}
	closedir(stream);
	return count;
}

Test(retention, by_count)
{
	const char *paths[6];
	for (unsigned i = 0; i < 6; i++)
		paths[i] = aged(i);
	cr_assert(retention_apply(place_storage(), paths[5], KEPT, 0) == 0);
	for (unsigned i = 0; i < 6; i++)
		cr_assert((access(paths[i], F_OK) == 0) == (i >= 3), "%u", i);
}

Test(retention, by_size)
{
	const char *paths[4];
	for (unsigned i = 0; i < 4; i++) {
		paths[i] = aged(i);
		const struct timespec times[2] = {{1000000 + i, 0}, {1000000 + i, 0}};
		cr_assert(truncate(paths[i], 600000) == 0 && utimensat(AT_FDCWD, paths[i], times, 0) == 0);
	}
	cr_assert(retention_apply(place_storage(), paths[3], 0, 2) == 0);
	for (unsigned i = 0; i < 4; i++)
		cr_assert((access(paths[i], F_OK) == 0) == (i >= 1), "%u: three of 0.6 MB are 1.8 MB", i);
}

/* Also where it is the oldest (a clock that was set back), or larger than all that is allowed. */
Test(retention, never_the_one_just_written)
{
	const char *oldest = aged(0), *newest = NULL;
	for (unsigned i = 1; i < 5; i++)
		newest = aged(i);
	cr_assert(retention_apply(place_storage(), oldest, 1, 0) == 0);
	cr_assert(access(oldest, F_OK) == 0 && access(newest, F_OK) == 0 && names(place_storage(), SNAPSHOT_SUFFIX) == 2);
	cr_assert(truncate(newest, 3000000) == 0);
	cr_assert(retention_apply(place_storage(), oldest, 0, 1) == 0);
	cr_assert(access(oldest, F_OK) == 0 && access(newest, F_OK) == 0, "the newest is somebody's who has just written it");
}

Test(retention, no_limit)
{
	const char *path = NULL;
	for (unsigned i = 0; i < 5; i++)
		path = aged(i);
	cr_assert(retention_apply(place_storage(), path, 0, 0) == 0 && names(place_storage(), SNAPSHOT_SUFFIX) == 5);
}

/* Neither counted nor removed. */
Test(retention, foreign_files)
{
	static const char *const foreign[] = {"ttlog-mine.cbor.lz4", "ttlog.txt", "notes", "x-ttlog-1.cbor.lz4",
					      "ttlog-1.cbor.lz4.bak"};
	const char *path = aged(0);
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		put_old(foreign[i], "my own text", 11);
	cr_assert(retention_apply(place_storage(), path, 1, 1) == 0);
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		cr_assert(there(foreign[i]), "%s", foreign[i]);
	cr_assert(access(path, F_OK) == 0);
}

/* The files looked at before the first was removed: the code under test calls these two, and not libc's. */
static size_t looked_at, looked_at_first;

int fstatat(int directory, const char *restrict name, struct stat *restrict status, int flags)
{
	looked_at++;
	return (int)syscall(SYS_newfstatat, directory, name, status, flags);
}

/* The same before glibc 2.33. */
int __fxstatat(int version, int directory, const char *name, struct stat *status, int flags);
int __fxstatat(int version, int directory, const char *name, struct stat *status, int flags)
{
	(void)version;
	return fstatat(directory, name, status, flags);
}

int unlinkat(int directory, const char *name, int flags)
{
	if (!looked_at_first)
		looked_at_first = looked_at;
	return (int)syscall(SYS_unlinkat, directory, name, flags);
}

/* Whoever tidies may be ended before it has seen all: it removes as it goes. What stays is the same. */
Test(retention, many_files_are_removed_as_they_are_seen)
{
	enum { MANY = 2000 };
	static const char frame[] = "\x04\x22\x4d\x18";
	const char *newest[KEPT];
	char name[64];
	for (unsigned i = 0; i < KEPT; i++)
		newest[i] = aged(i);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "ttlog-s-%u" SNAPSHOT_SUFFIX, i);
		put_old(name, frame, 4);
	}
	looked_at = 0;
	cr_assert(retention_apply(place_storage(), newest[0], KEPT, 0) == 0);
	cr_assert(names(place_storage(), SNAPSHOT_SUFFIX) == KEPT);
	for (unsigned i = 0; i < KEPT; i++)
		cr_assert(access(newest[i], F_OK) == 0, "%s", newest[i]);
	cr_assert(looked_at >= MANY && looked_at_first < MANY / 2, "the first went when %zu of %zu had been looked at",
		  looked_at_first, looked_at);
}

/* A writer that is gone: a child that was waited for. Its pid is nobody's until the numbers come round. */
static pid_t dead(void)
{
	const pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	cr_assert(waitpid(pid, NULL, 0) == pid);
	return pid;
}

Test(retention, half_written_files_of_dead_writers)
{
	char gone[64], alive[64], young[1024];
	const pid_t nobody = dead();
	const char *path = aged(0);
	snprintf(gone, sizeof(gone), ".ttlog-%d-0.tmp", nobody);
	snprintf(alive, sizeof(alive), ".ttlog-%d-0.tmp", getpid());
	put_old(gone, "x", 1);
	put_old(alive, "x", 1);
	snprintf(young, sizeof(young), "%s/.ttlog-%d-1.tmp", place_storage(), nobody);
	close(open(young, O_WRONLY | O_CREAT, 0600));
	cr_assert(retention_apply(place_storage(), path, 0, 0) == 0);
	cr_assert(!there(gone) && there(alive) && access(young, F_OK) == 0);
}

/* Writers of one directory at once ------------------------------------------------------------------------------------------ */

enum { WRITERS = 8, EACH = 25 };

static void write_and_tidy(unsigned writer)
{
	struct snapshot_error error;
	char path[1024], reason[32];
	for (unsigned i = 0; i < EACH; i++) {
		snprintf(reason, sizeof(reason), "w%u-%u", writer, i);
		if (save("race", reason, 1000000000ull * i, path, &error) != 0)
			_exit(1);
		if (access(path, F_OK) != 0 && errno != ENOENT)
			_exit(2);
		if (retention_apply(place_storage(), path, KEPT, 0) != 0)
			_exit(3);
	}
	_exit(0);
}

/* Never fewer than are kept; in the end one tidying brings them to that number. */
Test(retention, eight_writers)
{
	for (unsigned i = 0; i < KEPT; i++)
		aged(i);
	for (unsigned i = 0; i < WRITERS; i++) {
		if (fork() == 0)
			write_and_tidy(i);
	}
	for (unsigned left = WRITERS; left; left--) {
		int status;
		cr_assert(wait(&status) > 0 && status == 0, "%s", status_text(status));
	}
	cr_assert(names(place_storage(), SNAPSHOT_SUFFIX) >= KEPT && names(place_storage(), ".tmp") == 0);
	const char *last = saved("race", "last", 1);
	cr_assert(retention_apply(place_storage(), last, KEPT, 0) == 0);
	cr_assert(names(place_storage(), SNAPSHOT_SUFFIX) == KEPT && access(last, F_OK) == 0);
}

/* Names ---------------------------------------------------------------------------------------------------------------------- */

/* The same pid, time and reason, as of two pid namespaces: all are kept, none is written over. */
Test(retention, unique_names)
{
	static const unsigned copies = 20;
	const pid_t self = getpid();
	for (unsigned writer = 0; writer < 4; writer++) {
		if (fork() != 0)
			continue;
		for (unsigned i = 0; i < copies; i++) {
			struct snapshot snapshot;
			struct snapshot_error error;
			char path[1024];
			snapshot_init(&snapshot);
			snapshot.pid = self;
			snapshot.service = "same";
			snapshot.reason = "SIGSEGV";
			if (snapshot_write(&snapshot, place_storage(), path, sizeof(path), &error) != 0)
				_exit(1);
		}
		_exit(0);
	}
	for (unsigned writer = 0, status = 0; writer < 4; writer++)
		cr_assert(wait((int *)&status) > 0 && status == 0);
	cr_assert_eq(names(place_storage(), SNAPSHOT_SUFFIX), 4 * copies);
}

static bool is_plain(const char *name)
{
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(name);
}

Test(retention, what_others_chose_is_made_harmless)
{
	static const char *const texts[] = {
		"../../etc/passwd",
		"a b\tc\n",
		"\x1b[31mred",
		"naïve ☃",
		"..",
		"/",
		"",
		"-rf",
		("0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
		 "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789")};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *path = saved(texts[i], texts[i], 1);
		const char *name = path + strlen(place_storage()) + 1;
		cr_assert(strncmp(path, place_storage(), strlen(place_storage())) == 0 && is_plain(name) && strlen(name) < 255 &&
				  strncmp(name, "ttlog-", 6) == 0,
			  "%s", path);
		struct snapshot snapshot;
		snapshot_at(&snapshot, path);
		cr_assert_str_eq(snapshot.reason ? snapshot.reason : "", texts[i], "inside it is what it was");
	}
}

/* Directories ---------------------------------------------------------------------------------------------------------------- */

static unsigned mode_of(const char *path)
{
	struct stat status;
	cr_assert(stat(path, &status) == 0, "%s: %s", path, strerror(errno));
	return status.st_mode & 0777;
}

Test(retention, modes_under_any_umask)
{
	static const mode_t masks[] = {0, 022, 077, 0777};
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		place_storage_clear();
		umask(masks[i]);
		const char *path = saved("s", "r", 1);
		umask(022);
		cr_assert(mode_of(path) == 0600 && mode_of(place_storage()) == 0700, "umask %o: %o in %o", masks[i], mode_of(path),
			  mode_of(place_storage()));
	}
}

Test(retention, symbolic_link_to_a_directory)
{
	const char *real = place_directory();
	cr_assert(symlink(real, place_storage()) == 0);
	const char *path = saved("s", "r", 1);
	cr_assert(names(real, SNAPSHOT_SUFFIX) == 1 && retention_apply(place_storage(), path, 1, 0) == 0);
	cr_assert(names(real, SNAPSHOT_SUFFIX) == 1);
}

static void expect_refused(int result, int expected, const struct snapshot_error *error)
{
	cr_assert(result == expected && strstr(error->text, place_storage()) && strstr(error->text, strerror(-expected)), "%d: %s",
		  result, error->text);
}

Test(retention, read_only_directory)
{
	struct snapshot_error error;
	char path[1024];
	int status;
	cr_assert(mkdir(place_storage(), 0555) == 0);
	const pid_t pid = fork();
	if (pid == 0) {
		if (getuid() == 0 && setuid(65534) != 0)
			_exit(9);
		const int result = save("s", "r", 1, path, &error);
		_exit(result == -EACCES && strstr(error.text, place_storage()) ? 0 : 1);
	}
	cr_assert(waitpid(pid, &status, 0) == pid && status == 0, "%s", status_text(status));
	cr_assert_eq(names(place_storage(), ""), 2, "only . and ..");
}

Test(retention, storage_is_a_file)
{
	struct snapshot_error error;
	char path[1024];
	place_file("storage", "x", 1);
	expect_refused(save("s", "r", 1, path, &error), -ENOTDIR, &error);
}

/* More than a page of something that does not compress. */
static int save_large(char path[1024], struct snapshot_error *error)
{
	static char noise[1 << 20];
	struct snapshot snapshot;
	uint32_t state = 1;
	for (size_t i = 0; i < sizeof(noise) - 1; i++) {
		state = state * 1664525u + 1013904223u;
		noise[i] = (char)(32 + (state >> 24) % 95);
	}
	snapshot_init(&snapshot);
	snapshot.reason = "large";
	snapshot.abort_message.data = noise;
	snapshot.abort_message.bytes = sizeof(noise) - 1;
	const int result = snapshot_write(&snapshot, place_storage(), path, 1024, error);
	snapshot_fini(&snapshot);
	return result;
}

Test(retention, full_disk_leaves_no_half_file)
{
	struct snapshot_error error;
	char path[1024];
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace here: a full file system cannot be made");
	cr_assert(mkdir(place_storage(), 0700) == 0);
	cr_assert(mount("tmpfs", place_storage(), "tmpfs", 0, "size=64k") == 0);
	expect_refused(save_large(path, &error), -ENOSPC, &error);
	cr_assert_eq(names(place_storage(), ""), 2, "only . and ..");
	cr_assert(access(saved("s", "small", 1), F_OK) == 0, "what fits is written");
	cr_assert(umount(place_storage()) == 0);
}

/* ttlog-s-PID-TIME-periodic, a second apart, written now. */
static const char *periodic(const char *service, const char *reason, unsigned second)
{
	return saved(service, reason, 1700000000ull * 1000000000 + second * 1000000000ull);
}

Test(retention, the_last_of_a_reason_replaces_those_before)
{
	const char *old = periodic("s", "periodic", 1), *older_process = periodic("s", "periodic", 2);
	const char *other_reason = periodic("s", "request", 3), *other_service = periodic("t", "periodic", 3);
	const struct timespec long_ago[2] = {{1000, 0}, {1000, 0}};
	cr_assert(utimensat(AT_FDCWD, older_process, long_ago, 0) == 0);
	const char *new = periodic("s", "periodic", 4), *newer = periodic("s", "periodic", 5);
	cr_assert(retention_replace(place_storage(), new, 2000ull * 1000000000) == 0);
	cr_assert(access(old, F_OK) != 0, "%s is still there", old);
	cr_assert(access(new, F_OK) == 0 && access(newer, F_OK) == 0 && access(older_process, F_OK) == 0 &&
		  access(other_reason, F_OK) == 0 && access(other_service, F_OK) == 0);
	cr_assert(retention_replace(place_storage(), "/no/time", 0) == -EINVAL);
}
