/*
 * seldom.h - memory that most processes never touch.
 *
 * A first touch of a page costs 1 to 2 us, most of what a start costs that is not the loader's. So what the constructor writes stands close
 * together, and tables, copies and lines for the one death or the program with log files stand behind it (the link sorts .bss by name).
 */
#ifndef TTLOG_SYS_SELDOM_H
#define TTLOG_SYS_SELDOM_H

#define SELDOM __attribute__((section(".bss.seldom")))

#endif
