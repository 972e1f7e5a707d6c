/*
 * terminal_session.h - an interactive bash on a pseudo terminal of its own, driven as by somebody who types.
 *
 * Nothing sleeps: each wait is for a text that appears, bounded; what does not appear fails the test with all that did. One
 * session at a time.
 */
#ifndef TTLOG_TESTS_TERMINAL_SESSION_H
#define TTLOG_TESTS_TERMINAL_SESSION_H

#define PROMPT "ready> "

#define CONTROL_C "\x03"
#define CONTROL_D "\x04"
#define CONTROL_Z "\x1a"

/* bash with job control, at its first prompt. It ends with the test. */
void terminal_open(void);
void terminal_type(const char *text);
/* Reads on until the text appears; what stands before it is passed over. */
void terminal_expect(const char *text);
/* Another size: the foreground gets SIGWINCH. */
void terminal_resize(unsigned short columns);
/* Ends the shell, which must end with status 0. */
void terminal_close(void);

#endif
