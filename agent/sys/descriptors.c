#include "descriptors.h"

#include "syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE 2u /* <linux/close_range.h> of Linux 5.9 */
#endif

/* The reading end of a pipe without a writer: it ends at once, and writing is refused as where nothing is open. No mount is kept busy. */
static void occupy_standard(void)
{
	int ends[2];
	if (SYS2(SYS_pipe2, ends, O_CLOEXEC) != 0)
		return;
	SYS3(SYS_dup3, ends[0], ends[1], O_CLOEXEC);
	SYS3(SYS_dup3, ends[0], 2, O_CLOEXEC);
}

int descriptors_own(void)
{
	/* The kernel copies only what is not closed, that is nothing: no file of the program's is held or touched. */
	const int error = (int)-SYS3(__NR_close_range, 0, UINT_MAX, CLOSE_RANGE_UNSHARE);
	if (!error)
		occupy_standard();
	return error;
}

/* In a table that is shared with the program it may have got the very number that the program has closed. */
static int with_another_number(int fd, int number)
{
	if (fd != number)
		return fd;
	const int other = (int)SYS3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, number + 1);
	sys_close(fd);
	return other;
}

int descriptors_borrow(int number, struct descriptor_identity *identity)
{
	struct stat status;
	int process = (int)SYS2(SYS_pidfd_open, sys_getpid(), 0);
	if (process >= 0)
		process = with_another_number(process, number);
	if (process < 0)
		return process;
	const int fd = (int)SYS3(__NR_pidfd_getfd, process, number, 0);
	sys_close(process);
	if (fd < 0)
		return fd;
	const int error = sys_fstat(fd, &status);
	if (error) {
		sys_close(fd);
		return error;
	}
	*identity = (struct descriptor_identity){status.st_dev, status.st_ino, status.st_rdev, status.st_mode};
	return fd;
}

bool descriptors_same(const struct descriptor_identity *one, const struct descriptor_identity *other)
{
	return one->device == other->device && one->inode == other->inode && one->special == other->special &&
	       one->mode == other->mode;
}
