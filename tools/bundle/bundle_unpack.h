/*
 * bundle_unpack.h - the files of an archive that may come from anybody: nothing leads out of the directory, nothing replaces anything, and
 * there is an end to bytes and files. Stateless.
 */
#ifndef TTLOG_BUNDLE_BUNDLE_UNPACK_H
#define TTLOG_BUNDLE_BUNDLE_UNPACK_H

#include "bundle.h"

/* Into a directory that is empty. 0; -errno with a line that says why: what was unpacked before stays. */
int bundle_unpack(const char *path, const char *directory, char error[BUNDLE_ERROR_BYTES]);

#endif
