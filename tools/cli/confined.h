/*
 * confined.h - a command that shows what others wrote gives up what it does not need for that (tools/confine) before it parses.
 *
 * From then on it starts no program, opens no socket, signals nobody, looks into no process, and makes and replaces files in the directories
 * that are named here only; what is open stays open. As far as the kernel can: nothing here fails. For good. Single-threaded.
 */
#ifndef TTLOG_CLI_CONFINED_H
#define TTLOG_CLI_CONFINED_H

#include <stdbool.h>
#include <stddef.h>

/*
 * To open these takes no more than reading: each is a file or a directory. Not a process or its recorder, whose stacks ttlog-capture is asked
 * for; nor an archive, which is unpacked; nor standard input, which is copied.
 */
bool confined_can_open(char **names, size_t count);

/* `output`: a file that appears when all is written, in its directory; NULL or "-": none. `cache`: look-ups are kept (tools/symbols/cache.h). */
void confined_read(const char *output, bool cache);

#endif
