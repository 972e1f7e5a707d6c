/*
 * names.h (musl) - included before everything else where the agent is built with musl: names that it gives by macros to functions of its own
 * are functions of the agent's, and what its headers leave out is what the kernel says.
 */
#ifndef TTLOG_SYS_MUSL_NAMES_H
#define TTLOG_SYS_MUSL_NAMES_H

#define _LARGEFILE64_SOURCE 1 /* off64_t, since musl 1.2.4 */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

#undef fopen64
#undef freopen64
#undef fseeko64
#undef fsetpos64
#undef open64
#undef openat64
#undef creat64

#ifndef STATX_BTIME
#include <linux/stat.h>
#endif

#ifndef SA_INTERRUPT
#define SA_INTERRUPT 0x20000000 /* <linux/signal.h>, before 2.6: not looked at */
#endif

#endif
