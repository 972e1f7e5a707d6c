/* journal.h - what goes to the systemd journal, from objects that link libsystemd. */
#ifndef TTLOG_HOOK_JOURNAL_H
#define TTLOG_HOOK_JOURNAL_H

/* Called by the constructor: objects that are there are hooked; later ones as they come. */
void journal_init(void) __attribute__((visibility("hidden")));

#endif
