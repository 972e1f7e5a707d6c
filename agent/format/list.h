/* list.h - lists as the TTLOG_ variables have them: items between commas. Pure. */
#ifndef TTLOG_FORMAT_LIST_H
#define TTLOG_FORMAT_LIST_H

#include <stddef.h>
#include <string.h>

/* Bytes of the item before the next comma or the end. */
static inline size_t list_item_bytes(const char *list)
{
	const char *comma = strchr(list, ','); /* not strcspn(3), which is two more pages of libc to map at each start */
	return comma ? (size_t)(comma - list) : strlen(list);
}

#endif
