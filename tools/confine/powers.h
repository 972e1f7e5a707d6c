/*
 * powers.h - the capabilities (capabilities(7)) of this process, as far as it still needs them.
 *
 * For good. Single-threaded; 0 or -errno, and then nothing has changed.
 */
#ifndef TTLOG_CONFINE_POWERS_H
#define TTLOG_CONFINE_POWERS_H

#include <stdbool.h>

/* It looks into another process, which may have as many as this one: some may be given up only where one of them allows to look anyway. */
int powers_for_looking(void);

/* It opens files that its user may not open otherwise, and no more. */
int powers_for_files(void);

#endif
