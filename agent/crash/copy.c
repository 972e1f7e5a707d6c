/* Memory of this process that may not be there, copied without a fault. */
#include "crash.h"

#include "syscalls.h"

#include <errno.h>
#include <string.h>

/*
 * Whether the kernel can read the word: it looks at a futex before it waits, and says -EFAULT where there is none. Any other
 * answer than the two of a word that was read (changed; no time to wait) is no proof.
 */
static bool readable_as(uintptr_t address)
{
	const struct timespec none = {0, 0};
	const int answer = sys_futex_wait((uint32_t *)(address & ~(uintptr_t)3), 0, &none);
	return answer == -EAGAIN || answer == -ETIMEDOUT;
}

/* Page by page, each asked for first. Nobody unmaps a stack or a message that its own thread is dying on. */
static long copy_by_loads_as(unsigned char *to, uintptr_t from, size_t bytes)
{
	size_t done = 0;
	while (done < bytes && readable_as(from + done)) {
		size_t piece = RECORDER_PAGE - ((from + done) & (RECORDER_PAGE - 1));
		if (piece > bytes - done)
			piece = bytes - done;
		memcpy(to + done, (const void *)(from + done), piece);
		done += piece;
	}
	return done ? (long)done : -EFAULT;
}

long crash_copy_as(void *to, const void *from, size_t bytes)
{
	const long copied = sys_copy_memory(sys_getpid(), to, from, bytes);
	if (copied >= 0 || copied == -EFAULT)
		return copied;
	return copy_by_loads_as(to, (uintptr_t)from, bytes); /* a filter, or a kernel without it */
}
