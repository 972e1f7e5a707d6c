/*
 * A file: text or NDJSON, appended in batches of whole lines, rotated by size and age.
 *
 * Where it cannot be written (disk full, quota, EIO) events wait; what stands in the batch goes on where it stopped, in the middle of a
 * line if nobody has written behind it, and otherwise with that line once more on a line of its own.
 */
#include "sink.h"

#include "batch.h"
#include "clock.h"
#include "file_rotation.h"
#include "listen.h"
#include "text.h"

struct file_sink {
	struct batch batch;
	struct file_rotation rotation; /* of `path` */
	enum sink_format format;
	enum sink_fsync fsync;
	int fd;              /* -1: not open */
	uint64_t born_s;     /* when the file was made */
	bool stuck;          /* it could not be rotated, and that has been told */
	uint64_t half_bytes; /* size of the file when a line was written in part; 0: was not */
	char path[SINK_ADDRESS_BYTES];
	char memory[BATCH_BYTES];
};

static void render(struct render *out, const struct ttlog_event *event, const void *how)
{
	if (((const struct file_sink *)how)->format == SINK_FORMAT_JSON)
		render_json(out, event);
	else
		render_text(out, event, false);
}

static uint64_t now_s(void)
{
	return clock_ns(CLOCK_REALTIME) / 1000000000u;
}

static uint64_t size_of(int fd)
{
	struct stat status;
	return sys_fstat(fd, &status) == 0 ? (uint64_t)status.st_size : 0;
}

/* A line that somebody could not finish (a full disk, and then he died) gets its end. Not where a writer may just be at it. */
static void end_last_line(int fd)
{
	char last = '\n';
	const uint64_t bytes = size_of(fd);
	if (bytes && SYS4(SYS_pread64, fd, &last, 1, bytes - 1) == 1 && last != '\n' && size_of(fd) == bytes)
		sys_write(fd, "\n", 1);
}

static int open_file(struct file_sink *file)
{
	int fd = sys_openat(AT_FDCWD, file->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	if (fd == -EACCES || fd == -ENXIO)
		fd = sys_openat(AT_FDCWD, file->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	if (fd < 0)
		return -fd;
	file->fd = fd;
	file->born_s = file_born_s(fd);
	if (!file->born_s)
		file->born_s = now_s();
	batch_rewind(&file->batch);
	file->half_bytes = 0;
	end_last_line(fd);
	return 0;
}

static void close_file(struct file_sink *file)
{
	if (file->fd >= 0)
		sys_close(file->fd);
	file->fd = -1;
}

/* Also where somebody else has renamed or removed it: the next line goes to a file of the name. */
static int reopen_if_needed(struct file_sink *file)
{
	if (file->fd >= 0 && file_has_name(file->fd, file->path))
		return 0;
	close_file(file);
	return open_file(file);
}

/* The rest of a line that was written in part follows it only if nothing else does. */
static void mend(struct file_sink *file)
{
	if (!batch_is_half(&file->batch) || size_of(file->fd) == file->half_bytes)
		return;
	batch_rewind(&file->batch);
	end_last_line(file->fd);
}

static bool is_due(const struct file_sink *file, uint64_t size)
{
	const struct file_rotation *rotation = &file->rotation;
	if (!size || batch_is_half(&file->batch))
		return false;
	return (rotation->bytes && size >= rotation->bytes) || (rotation->age_s && now_s() >= file->born_s + rotation->age_s);
}

/* What cannot be rotated grows on: nothing is lost, and the snapshot says so. */
static int rotate(struct file_sink *file)
{
	const int result = file_rotate(&file->rotation, file->fd);
	if (result < 0 && !file->stuck)
		listen_note_failure(file->path, -result, "cannot be rotated, and grows on");
	file->stuck = result < 0;
	if (result <= 0)
		return 0;
	close_file(file);
	return open_file(file);
}

/* Whole lines up to the size at which the file is rotated, where it can be; one line at least. */
static size_t piece_of(const struct file_sink *file, const char *data, size_t bytes)
{
	const uint64_t limit = file->rotation.bytes, size = limit ? size_of(file->fd) : 0;
	if (!limit || file->stuck || size + bytes <= limit)
		return bytes;
	const char *end = size < limit ? memrchr(data, '\n', limit - size) : NULL;
	if (!end)
		end = memchr(data, '\n', bytes);
	return end ? (size_t)(end + 1 - data) : bytes;
}

/* Whether the first line is too long for what is left of the file. */
static bool does_not_fit(const struct file_sink *file, const char *data, size_t bytes)
{
	const char *end = memchr(data, '\n', bytes);
	const uint64_t size = file->rotation.bytes ? size_of(file->fd) : 0;
	return size && end && !batch_is_half(&file->batch) && size + (uint64_t)(end + 1 - data) > file->rotation.bytes;
}

static long write_piece(void *user, const char *data, size_t bytes)
{
	struct file_sink *file = user;
	int error = is_due(file, size_of(file->fd)) ? rotate(file) : 0;
	if (!error && !file->stuck && does_not_fit(file, data, bytes))
		error = rotate(file);
	return error ? -error : sys_write(file->fd, data, piece_of(file, data, bytes));
}

static int write_all(void *user)
{
	struct file_sink *file = user;
	if (!file->batch.out.used)
		return 0;
	int error = reopen_if_needed(file);
	if (error)
		return error;
	mend(file);
	error = batch_write(&file->batch, write_piece, file);
	file->half_bytes = batch_is_half(&file->batch) ? size_of(file->fd) : 0;
	return error;
}

static int sync_file(struct file_sink *file)
{
	const int error = file->fd < 0 ? 0 : (int)-SYS1(SYS_fdatasync, file->fd);
	if (error == EINVAL || error == EROFS)
		return 0; /* a pipe, a device: nothing to be synchronised */
	if (error)
		batch_forget(&file->batch); /* the kernel may have thrown away what it took (fsync(2)) */
	return error;
}

static int on_start(void *user)
{
	return reopen_if_needed(user);
}

static int on_event(void *user, const struct ttlog_event *event)
{
	struct file_sink *file = user;
	int error = batch_add(&file->batch, event, render, file, write_all, file);
	if (error || file->fsync != SINK_FSYNC_ALWAYS)
		return error;
	error = write_all(file);
	return error ? error : sync_file(file);
}

static int on_flush(void *user, int end)
{
	struct file_sink *file = user;
	(void)end;
	const int error = write_all(file);
	return error || file->fsync == SINK_FSYNC_NEVER ? error : sync_file(file);
}

static int on_reopen(void *user)
{
	struct file_sink *file = user;
	close_file(file);
	return open_file(file);
}

static void on_shutdown(void *user)
{
	close_file(user);
	sink_free(user, sizeof(struct file_sink));
}

/* The file stays where the program was started, wherever it goes with chdir(2) later. */
static int make_path(struct file_sink *file, const char *address)
{
	char cwd[SINK_ADDRESS_BYTES];
	struct text_writer path = text_begin(file->path, sizeof(file->path));
	if (address[0] != '/') {
		const long bytes = sys_getcwd(cwd, sizeof(cwd));
		if (bytes < 0)
			return (int)-bytes;
		text_string(&path, cwd);
		text_char(&path, '/');
	}
	text_string(&path, address);
	return path.used + 1 < sizeof(file->path) ? 0 : ENAMETOOLONG;
}

int sink_file_open(const struct sink_options *options, struct ttlog_listener *listener, char *error, size_t error_bytes)
{
	struct file_sink *file = sink_memory(sizeof(*file));
	if (!file)
		return sink_complain(error, error_bytes, options->address, "no memory", ENOMEM);
	const int result = make_path(file, options->address);
	if (result) {
		sink_free(file, sizeof(*file));
		return sink_complain(error, error_bytes, options->address, "no absolute path of it", result);
	}
	batch_init(&file->batch, file->memory);
	file->rotation = (struct file_rotation){file->path, options->rotate_bytes, options->age_s, options->keep};
	file->format = options->format;
	file->fsync = options->fsync;
	file->fd = -1;
	listener->user = file;
	listener->on_start = on_start;
	listener->on_event = on_event;
	listener->on_flush = on_flush;
	listener->on_shutdown = on_shutdown;
	listener->on_reopen = on_reopen;
	return 0;
}
