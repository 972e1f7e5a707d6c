#include "file_rotation.h"

#include "sink_options.h"
#include "text.h"

#include <errno.h>
#include <sys/file.h>

bool file_has_name(int fd, const char *path)
{
	struct stat open, named;
	return sys_fstat(fd, &open) == 0 && SYS4(SYS_newfstatat, AT_FDCWD, path, &named, 0) == 0 && open.st_dev == named.st_dev &&
	       open.st_ino == named.st_ino;
}

uint64_t file_born_s(int fd)
{
	struct statx status = {0};
	if (SYS6(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_BTIME, &status, 0) != 0 || !(status.stx_mask & STATX_BTIME))
		return 0;
	return (uint64_t)status.stx_btime.tv_sec;
}

#define NAME_BYTES (SINK_ADDRESS_BYTES + 8)

static const char *numbered(char name[NAME_BYTES], const char *path, uint32_t number)
{
	struct text_writer text = text_begin(name, NAME_BYTES);
	text_string(&text, path);
	if (number) {
		text_char(&text, '.');
		text_number(&text, number, 10);
	}
	return name;
}

/*
 * From the oldest that is there and followed by all younger ones: a gap ends the chain, so that nothing behind it is pushed out. 0, or -errno
 * of the youngest.
 */
static int rename_all(const struct file_rotation *rotation)
{
	char from[NAME_BYTES], to[NAME_BYTES];
	struct stat status;
	uint32_t last = 0; /* the oldest to be renamed */
	while (last + 1 < rotation->keep &&
	       SYS4(SYS_newfstatat, AT_FDCWD, numbered(from, rotation->path, last + 1), &status, AT_SYMLINK_NOFOLLOW) == 0)
		last++;
	int result = 0;
	for (uint32_t number = last + 1; number-- > 0;)
		result = (int)SYS4(SYS_renameat, AT_FDCWD, numbered(from, rotation->path, number), AT_FDCWD,
				   numbered(to, rotation->path, number + 1));
	return result;
}

int file_rotate(const struct file_rotation *rotation, int fd)
{
	int result = (int)SYS2(SYS_flock, fd, LOCK_EX | LOCK_NB);
	if (result)
		return result == -EWOULDBLOCK ? 0 : result;
	if (file_has_name(fd, rotation->path))
		result = rotation->keep ? rename_all(rotation) : sys_unlinkat(AT_FDCWD, rotation->path);
	const bool done = !file_has_name(fd, rotation->path);
	SYS2(SYS_flock, fd, LOCK_UN);
	return done ? 1 : result;
}
