/* arch_chosen.h (x86_64) - a function of which its library chooses one (STT_GNU_IFUNC): the loader calls its resolver so. */
#ifndef TTLOG_SYS_ARCH_CHOSEN_H
#define TTLOG_SYS_ARCH_CHOSEN_H

static inline void *arch_chosen(void *resolver)
{
	return ((void *(*)(void))resolver)();
}

#endif
