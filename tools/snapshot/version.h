/*
 * version.h - the version of ttlog as people count it. (Formats have numbers of their own.)
 */
#ifndef TTLOG_SNAPSHOT_VERSION_H
#define TTLOG_SNAPSHOT_VERSION_H

#ifndef TTLOG_VERSION
#define TTLOG_VERSION "0.1.0"
#endif

#endif
