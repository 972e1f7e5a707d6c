/* write(2) and writev(2) on descriptors 1 and 2 and on log files, where runtimes with a stdio of their own (Python, Perl, Node, Java, Rust) come through. */
#include "outlet.h"
#include "peek.h"
#include "syscalls.h"

#include <errno.h>
#include <unistd.h>

static ssize_t with_errno(long result)
{
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

static ssize_t write_and_record(int fd, const void *data, size_t bytes, const void *caller)
{
	/* Before the constructor, even before relocation (another library's IFUNC resolver): nothing but the system call is safe. */
	if (__builtin_expect(!libc.write, 0))
		return with_errno(sys_write(fd, data, bytes));
	const ssize_t result = REAL(write)(fd, data, bytes);
	struct record_origin origin;
	struct stream_slot *slot = result > 0 ? write_origin(fd, caller, &origin) : NULL;
	if (slot && stream_discards(slot, fd))
		stream_record_unread(&origin, data, (size_t)result);
	else if (slot)
		record_borrowed_text(&origin, data, (size_t)result);
	return result;
}

EXPORT ssize_t write(int fd, const void *data, size_t bytes)
{
	return write_and_record(fd, data, bytes, __builtin_return_address(0));
}

EXPORT ssize_t __write(int fd, const void *data, size_t bytes)
{
	return write_and_record(fd, data, bytes, __builtin_return_address(0));
}

/* What the kernel took of the parts, joined: they are one message. Longer ones part by part. */
static void record_parts(const struct record_origin *origin, const struct iovec *parts, int count, size_t written)
{
	char joined[RECORD_TEXT_BYTES];
	size_t used = 0;
	for (int i = 0; i < count && written; i++) {
		const size_t bytes = parts[i].iov_len < written ? parts[i].iov_len : written;
		written -= bytes;
		if (used + bytes > sizeof(joined)) {
			record_text(origin, joined, used, used);
			used = 0;
		}
		if (bytes > sizeof(joined)) {
			record_borrowed_text(origin, parts[i].iov_base, bytes);
		} else {
			const size_t gone = peek(joined + used, parts[i].iov_base, bytes);
			if (gone)
				lane_count_lost();
			used += bytes - gone;
		}
	}
	if (used)
		record_text(origin, joined, used, used);
}

/* The kernel has read the vector itself, and no part of it. */
static void record_unread_parts(const struct record_origin *origin, const struct iovec *parts, int count)
{
	for (int i = 0; i < count; i++) {
		if (parts[i].iov_len)
			stream_record_unread(origin, parts[i].iov_base, parts[i].iov_len);
	}
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
	if (__builtin_expect(!libc.writev, 0))
		return with_errno(sys_writev(fd, parts, count));
	const ssize_t result = REAL(writev)(fd, parts, count);
	struct record_origin origin;
	struct stream_slot *slot = result > 0 ? write_origin(fd, __builtin_return_address(0), &origin) : NULL;
	if (slot && stream_discards(slot, fd))
		record_unread_parts(&origin, parts, count);
	else if (slot)
		record_parts(&origin, parts, count, (size_t)result);
	return result;
}
