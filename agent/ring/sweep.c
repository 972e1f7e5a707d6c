#include "sweep.h"

#include "recorder.h"
#include "syscalls.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { ENTRIES_BYTES = 8192, REMOVED_AT_ONCE = 8 };

/* getdents64(2) */
struct directory_entry {
	uint64_t inode, offset;
	uint16_t bytes;
	uint8_t type;
	char name[];
};

struct dead {
	char name[40]; /* <pid>-<when>.rec; empty: none */
	uint64_t when; /* monotonic ns in its name */
};

/* The number at *text in that base; *text moves behind it. */
static uint64_t take_number(const char **text, unsigned base)
{
	uint64_t number = 0;
	for (;; (*text)++) {
		const char c = **text;
		const unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
				       : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
							      : 16;
		if (digit >= base)
			return number;
		number = number * base + digit;
	}
}

/* True for a recorder file whose process is gone: nobody has its pid any more. */
static bool is_dead(const char *name, uint64_t *when)
{
	const uint64_t pid = take_number(&name, 10);
	if (pid == 0 || *name++ != '-')
		return false;
	*when = take_number(&name, 16);
	return strcmp(name, RECORDER_SUFFIX) == 0 && (int)SYS2(SYS_kill, pid, 0) == -ESRCH;
}

/* One reading of the directory: how many dead there are, and the oldest. */
static unsigned count_dead(int directory, struct dead *oldest)
{
	char entries[ENTRIES_BYTES] __attribute__((aligned(8)));
	unsigned count = 0;
	oldest->when = UINT64_MAX;
	SYS3(SYS_lseek, directory, 0, 0);
	for (long bytes; (bytes = SYS3(SYS_getdents64, directory, entries, sizeof(entries))) > 0;) {
		for (long at = 0; at < bytes;) {
			const struct directory_entry *entry = (const void *)(entries + at);
			uint64_t when;
			at += entry->bytes;
			if (strlen(entry->name) >= sizeof(oldest->name) || !is_dead(entry->name, &when))
				continue;
			count++;
			if (when < oldest->when) {
				oldest->when = when;
				memcpy(oldest->name, entry->name, strlen(entry->name) + 1);
			}
		}
	}
	return count;
}

void sweep_dead(int directory)
{
	struct dead oldest;
	for (int i = 0; i < REMOVED_AT_ONCE && count_dead(directory, &oldest) > SWEEP_KEEP; i++)
		sys_unlinkat(directory, oldest.name);
}
