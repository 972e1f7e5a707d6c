#include "bundle.h"

#include "contain.h"
#include "snapshot.h"
#include "unfinished.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct bundle_writer {
	struct archive *archive;
	char path[PATH_MAX], temporary[PATH_MAX];
	uint64_t limit, used; /* of content: what compresses it makes it smaller */
	uint64_t snapshots;
	int fd;
};

static int fail(char error[BUNDLE_ERROR_BYTES], const char *name, const char *why, int number)
{
	snprintf(error, BUNDLE_ERROR_BYTES, "%.160s: %.80s", name, why);
	return number < 0 ? number : -EIO;
}

static struct contained libarchive; /* 3.6.2 crashes where it gets no memory */

static int archive_failed(struct bundle_writer *writer, char error[BUNDLE_ERROR_BYTES])
{
	char crash[64];

	if (libarchive.crashed) {
		snprintf(crash, sizeof(crash), "libarchive crashed: %s", strsignal(libarchive.crashed));
		return fail(error, writer->path, crash, -EIO);
	}
	const char *why = writer->archive ? archive_error_string(writer->archive) : "no memory";
	const int number = writer->archive ? archive_errno(writer->archive) : ENOMEM;

	return fail(error, writer->path, why ? why : "cannot be written", number > 0 ? -number : -EIO);
}

/* What libarchive is asked to do. */
struct job {
	struct bundle_writer *writer;
	const void *data; /* what is to be put */
	size_t bytes;     /* of that; of the entry that is begun */
	const char *name; /* of that entry */
	uint64_t modified_ns;
	bool done;
};

static bool is_done(void (*work)(void *job), struct job *job)
{
	return contain(&libarchive, work, job) && job->done;
}

static void work_open(void *context)
{
	struct job *job = context;
	struct bundle_writer *writer = job->writer;

	writer->archive = archive_write_new();
	job->done = writer->archive && archive_write_set_format_pax_restricted(writer->archive) == ARCHIVE_OK &&
		    archive_write_add_filter_zstd(writer->archive) == ARCHIVE_OK &&
		    archive_write_open_fd(writer->archive, writer->fd) == ARCHIVE_OK;
}

struct bundle_writer *bundle_create(const char *path, uint64_t limit, char error[BUNDLE_ERROR_BYTES])
{
	struct bundle_writer *writer = calloc(1, sizeof(*writer));
	uint64_t bytes;
	char unused[BUNDLE_ERROR_BYTES];

	if (!writer) {
		fail(error, path, "no memory", -ENOMEM);
		return NULL;
	}
	writer->limit = limit;
	if (unfinished_place(path, writer->path) != 0) {
		fail(error, path, "not a regular file", -EINVAL);
		free(writer);
		return NULL;
	}
	if (snprintf(writer->temporary, sizeof(writer->temporary), "%s.XXXXXX", writer->path) >= (int)sizeof(writer->temporary)) {
		fail(error, path, strerror(ENAMETOOLONG), -ENAMETOOLONG);
		free(writer);
		return NULL;
	}
	writer->fd = mkostemp(writer->temporary, O_CLOEXEC);
	if (writer->fd < 0) {
		fail(error, path, strerror(errno), -errno);
		free(writer);
		return NULL;
	}
	unfinished_begin(writer->temporary);
	if (is_done(work_open, &(struct job){.writer = writer}))
		return writer;
	archive_failed(writer, error);
	bundle_close(writer, false, &bytes, unused);
	return NULL;
}

static void work_begin(void *context)
{
	struct job *job = context;
	struct archive_entry *entry = archive_entry_new();

	if (!entry)
		return;
	archive_entry_set_pathname(entry, job->name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_size(entry, (la_int64_t)job->bytes);
	archive_entry_set_mtime(entry, (time_t)(job->modified_ns / 1000000000u), (long)(job->modified_ns % 1000000000u));
	job->done = archive_write_header(job->writer->archive, entry) == ARCHIVE_OK;
	archive_entry_free(entry);
}

/* An entry's header; its data follows. */
static int begin(struct bundle_writer *writer, const char *name, uint64_t bytes, uint64_t modified_ns,
		 char error[BUNDLE_ERROR_BYTES])
{
	struct job job = {.writer = writer, .name = name, .bytes = bytes, .modified_ns = modified_ns};

	if (writer->used + bytes > writer->limit)
		return -EFBIG;
	if (!is_done(work_begin, &job))
		return archive_failed(writer, error);
	writer->used += bytes;
	return 0;
}

static void work_put(void *context)
{
	struct job *job = context;
	const char *at = job->data;

	for (size_t left = job->bytes; left;) {
		const la_ssize_t written = archive_write_data(job->writer->archive, at, left);
		if (written <= 0)
			return;
		at += written;
		left -= (size_t)written;
	}
	job->done = true;
}

static int put(struct bundle_writer *writer, const void *data, size_t bytes, char error[BUNDLE_ERROR_BYTES])
{
	struct job job = {.writer = writer, .data = data, .bytes = bytes};

	return is_done(work_put, &job) ? 0 : archive_failed(writer, error);
}

/* It may be appended to, or cut off, meanwhile: the entry holds what its header says. */
static int copy(struct bundle_writer *writer, int fd, uint64_t bytes, char error[BUNDLE_ERROR_BYTES])
{
	char data[1 << 16];

	while (bytes) {
		const ssize_t got = read(fd, data, bytes < sizeof(data) ? (size_t)bytes : sizeof(data));
		int result;
		if (got <= 0)
			return fail(error, "a snapshot", got ? strerror(errno) : "was cut off meanwhile", -EIO);
		result = put(writer, data, (size_t)got, error);
		if (result)
			return result;
		bytes -= (uint64_t)got;
	}
	return 0;
}

/* Those of several directories may have the same name: a number keeps them apart. */
static void name_entry(const struct bundle_writer *writer, const char *path, char name[PATH_MAX])
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	const size_t length = strlen(base), suffix = strlen(SNAPSHOT_SUFFIX);
	const bool has_suffix = length > suffix && !strcmp(base + length - suffix, SNAPSHOT_SUFFIX);

	snprintf(name, PATH_MAX, "snapshots/%06llu-%.*s%s", (unsigned long long)writer->snapshots,
		 (int)(has_suffix ? length - suffix : length), base, SNAPSHOT_SUFFIX);
}

int bundle_add_snapshot(struct bundle_writer *writer, const char *path, uint64_t died_ns, char error[BUNDLE_ERROR_BYTES])
{
	struct snapshot_error why;
	const int fd = snapshot_open(path, &why);
	char name[PATH_MAX];
	struct stat status;
	int result;

	if (fd < 0)
		return fail(error, path, why.text, fd);
	name_entry(writer, path, name);
	result = fstat(fd, &status) == 0 ? begin(writer, name, (uint64_t)status.st_size, died_ns, error)
					 : fail(error, path, strerror(errno), -errno);
	if (!result) {
		writer->snapshots++;
		result = copy(writer, fd, (uint64_t)status.st_size, error);
	}
	close(fd);
	return result;
}

int bundle_add_image(struct bundle_writer *writer, const char *build_id, bool is_debug, const void *image, size_t bytes,
		     char error[BUNDLE_ERROR_BYTES])
{
	char name[PATH_MAX];
	int result;

	snprintf(name, sizeof(name), "debug/.build-id/%.2s/%s%s", build_id, build_id + 2, is_debug ? ".debug" : "");
	result = begin(writer, name, bytes, 0, error);
	return result ? result : put(writer, image, bytes, error);
}

static void work_close(void *context)
{
	struct job *job = context;

	job->done = archive_write_close(job->writer->archive) == ARCHIVE_OK;
}

static void work_free(void *context)
{
	struct job *job = context;

	archive_write_free(job->writer->archive);
}

int bundle_close(struct bundle_writer *writer, bool keep, uint64_t *bytes, char error[BUNDLE_ERROR_BYTES])
{
	struct job job = {.writer = writer};
	struct stat status = {.st_size = 0};
	int result = 0;

	if (writer->archive && !is_done(work_close, &job) && keep)
		result = archive_failed(writer, error);
	if (writer->archive)
		contain(&libarchive, work_free, &job);
	if (keep && !result &&
	    (fstat(writer->fd, &status) != 0 || fsync(writer->fd) != 0 || rename(writer->temporary, writer->path) != 0))
		result = fail(error, writer->path, strerror(errno), -errno);
	if (!keep || result)
		unlink(writer->temporary);
	unfinished_end(writer->temporary);
	close(writer->fd);
	*bytes = (uint64_t)status.st_size;
	free(writer);
	return result;
}
