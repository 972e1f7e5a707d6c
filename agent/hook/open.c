/* open(2), fopen(3), dup(2), close(2) and their kin: which descriptors are log files. The real call does all else. */
#include "libc.h"
#include "libc_ways.h"
#include "outlet.h"
#include "syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#undef open
#undef openat
#undef creat
#undef fopen
#undef freopen

static bool takes_mode(int flags)
{
	return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

static int note_open(int fd, const char *path, int flags)
{
	if (fd >= 0 && agent_ready)
		log_file_opened(fd, path, (flags & O_ACCMODE) != O_RDONLY && !(flags & O_PATH));
	return fd;
}

/* Before the constructor, even before relocation, nothing but the system call is safe (as in write.c). */
static int open_raw(int directory, const char *path, int flags, mode_t mode)
{
	const long result = SYS4(SYS_openat, directory, path, flags, mode);
	if (result >= 0)
		return (int)result;
	errno = (int)-result;
	return -1;
}

#define MODE(last)                                                                                                                 \
	mode_t mode = 0;                                                                                                           \
	if (takes_mode(flags)) {                                                                                                   \
		va_list arguments;                                                                                                 \
		va_start(arguments, last);                                                                                         \
		mode = va_arg(arguments, mode_t);                                                                                  \
		va_end(arguments);                                                                                                 \
	}

EXPORT int open(const char *path, int flags, ...)
{
	MODE(flags)
	return libc.open ? note_open(libc.open(path, flags, mode), path, flags) : open_raw(AT_FDCWD, path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
	MODE(flags)
	return libc.open64 ? note_open(libc.open64(path, flags, mode), path, flags)
			   : open_raw(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

EXPORT int openat(int directory, const char *path, int flags, ...)
{
	MODE(flags)
	return libc.openat ? note_open(libc.openat(directory, path, flags, mode), path, flags)
			   : open_raw(directory, path, flags, mode);
}

EXPORT int openat64(int directory, const char *path, int flags, ...)
{
	MODE(flags)
	return libc.openat64 ? note_open(libc.openat64(directory, path, flags, mode), path, flags)
			     : open_raw(directory, path, flags | O_LARGEFILE, mode);
}

EXPORT int creat(const char *path, mode_t mode)
{
	return note_open(REAL(creat)(path, mode), path, O_WRONLY);
}

EXPORT int creat64(const char *path, mode_t mode)
{
	return note_open(REAL(creat64)(path, mode), path, O_WRONLY);
}

/* Fortified: they end the program where a mode is missing. */
EXPORT int __open_2(const char *path, int flags)
{
	return note_open(REAL(__open_2)(path, flags), path, flags);
}

EXPORT int __open64_2(const char *path, int flags)
{
	return note_open(REAL(__open64_2)(path, flags), path, flags);
}

EXPORT int __openat_2(int directory, const char *path, int flags)
{
	return note_open(REAL(__openat_2)(directory, path, flags), path, flags);
}

EXPORT int __openat64_2(int directory, const char *path, int flags)
{
	return note_open(REAL(__openat64_2)(directory, path, flags), path, flags);
}

/* Streams --------------------------------------------------------------------------------------------------------------------- */

static FILE *note_stream(FILE *stream, const char *path, const char *mode)
{
	if (stream && path)
		note_open(libc_stream_number(stream), path, mode[0] == 'r' && !strchr(mode, '+') ? O_RDONLY : O_WRONLY);
	return stream;
}

/* What inlined putc() left in the buffer would go unseen. */
static void before_end(FILE *stream)
{
	if (agent_ready && stream)
		stream_take_rest(stream);
}

static void closing(FILE *stream)
{
	before_end(stream);
	if (stream)
		log_file_closing(libc_stream_number(stream));
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	return note_stream(REAL(fopen)(path, mode), path, mode);
}

EXPORT FILE *fopen64(const char *path, const char *mode)
{
	return note_stream(REAL(fopen64)(path, mode), path, mode);
}

EXPORT FILE *freopen(const char *path, const char *mode, FILE *stream)
{
	before_end(stream);
	return note_stream(REAL(freopen)(path, mode, stream), path, mode);
}

EXPORT FILE *freopen64(const char *path, const char *mode, FILE *stream)
{
	before_end(stream);
	return note_stream(REAL(freopen64)(path, mode, stream), path, mode);
}

EXPORT int fclose(FILE *stream)
{
	closing(stream);
	return REAL(fclose)(stream);
}

/* Descriptors ----------------------------------------------------------------------------------------------------------------- */

EXPORT int dup(int fd)
{
	const int copy = REAL(dup)(fd);
	log_file_copied(fd, copy);
	return copy;
}

EXPORT int dup2(int fd, int to)
{
	const int copy = REAL(dup2)(fd, to);
	log_file_copied(fd, copy);
	return copy;
}

EXPORT int dup3(int fd, int to, int flags)
{
	const int copy = REAL(dup3)(fd, to, flags);
	log_file_copied(fd, copy);
	return copy;
}

/* Since glibc 2.34. Before, a program finds ours alone, and gets what the kernel answers. */
static int close_numbers(unsigned first, unsigned last, int flags)
{
	const __typeof__(libc.close_range) real = &REAL(close_range);
	if (real)
		return real(first, last, flags);
	const long result = SYS3(__NR_close_range, first, last, flags);
	if (result >= 0)
		return (int)result;
	errno = (int)-result;
	return -1;
}

/* One that stays open until the program calls exec is not heard from here on: less is recorded, and nothing of another's. */
EXPORT int since_2_34_close_range(unsigned first, unsigned last, int flags)
{
	if (first <= last)
		log_file_closing_range(first, last);
	return close_numbers(first, last, flags);
}
EXPORT_SINCE_2_34(close_range);

EXPORT void since_2_34_closefrom(int first)
{
	log_file_closing_range(first < 0 ? 0 : (unsigned)first, ~0u);
	const __typeof__(libc.closefrom) real = &REAL(closefrom);
	if (real)
		real(first);
	else
		close_numbers(first < 0 ? 0 : (unsigned)first, ~0u, 0);
}
EXPORT_SINCE_2_34(closefrom);

EXPORT int close(int fd)
{
	log_file_closing(fd);
	if (libc.close)
		return libc.close(fd);
	const long result = SYS1(SYS_close, fd);
	if (result >= 0)
		return (int)result;
	errno = (int)-result;
	return -1;
}
