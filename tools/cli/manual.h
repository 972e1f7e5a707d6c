/*
 * manual.h - the manual page of a command, for people at a terminal.
 */
#ifndef TTLOG_CLI_MANUAL_H
#define TTLOG_CLI_MANUAL_H

/*
 * Becomes man(1) with the page that belongs to this program (that of the build, or the installed one). Returns where standard output
 * is no terminal, or there is no page or no man(1): then --help is what there is.
 */
void manual_show(const char *command);

#endif
