/* arch_chosen.h (aarch64) - a function of which its library chooses one (STT_GNU_IFUNC): the loader calls its resolver so. */
#ifndef TTLOG_SYS_ARCH_CHOSEN_H
#define TTLOG_SYS_ARCH_CHOSEN_H

#include <stdint.h>
#include <sys/auxv.h>

static inline void *arch_chosen(void *resolver)
{
	return ((void *(*)(uint64_t))resolver)(getauxval(AT_HWCAP));
}

#endif
