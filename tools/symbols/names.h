/*
 * names.h - texts that outlive the modules they come from, each kept once, and demangled once. Single-threaded.
 */
#ifndef TTLOG_SYMBOLS_NAMES_H
#define TTLOG_SYMBOLS_NAMES_H

#define NAME_SLOTS 4096u

struct name;
struct names {
	struct name *slots[NAME_SLOTS];
};

void names_fini(struct names *names);

/* A copy that lives until names_fini(). */
const char *names_keep(struct names *names, const char *text);

/* As a debugger shows it: without the version of "__libc_start_main@@GLIBC_2.34", demangled. Lives as long. */
const char *names_plain(struct names *names, const char *symbol);

#endif
