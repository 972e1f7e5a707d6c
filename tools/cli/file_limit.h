/*
 * file_limit.h - RLIMIT_FSIZE as an error like a full disk (EFBIG), and not as a signal that ends us half-way (SIGXFSZ).
 */
#ifndef TTLOG_CLI_FILE_LIMIT_H
#define TTLOG_CLI_FILE_LIMIT_H

/* From here on; of the whole process, and of what it executes unless that is given back. */
void file_limit_take(void);
/* In a process that becomes a program of somebody else's: as it was. */
void file_limit_give_back(void);

#endif
