/*
 * screen_session.h - a program on the screen of tmux, driven by keys and looked at as text.
 *
 * A server of its own for each test, with its socket below the test's place, ended by screen_close() or with the test's limit. Nothing
 * sleeps for something to happen: waits look until it is there, bounded.
 */
#ifndef TTLOG_TESTS_SCREEN_SESSION_H
#define TTLOG_TESTS_SCREEN_SESSION_H

/* Starts `command` (of a shell) on a screen of that size. */
void screen_open(unsigned columns, unsigned lines, const char *command);
void screen_close(void);
void screen_resize(unsigned columns, unsigned lines);
/* Names of keys as tmux has them: "Enter", "Escape", "j". */
void screen_keys(const char *const *keys);
/* Text as it is typed, bytes as they are. */
void screen_type(const char *text);
/* Until the screen shows it, or shows it no more; the screen. */
const char *screen_expect(const char *text);
const char *screen_expect_gone(const char *text);
/* The same with its colours and other attributes as escape sequences. */
const char *screen_expect_painted(const char *text);

#define SCREEN_KEYS(...) screen_keys(LIST(__VA_ARGS__))

#endif
