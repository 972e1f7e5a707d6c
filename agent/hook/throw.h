/* throw.h - C++ exceptions as they are thrown, by their type. */
#ifndef TTLOG_HOOK_THROW_H
#define TTLOG_HOOK_THROW_H

/*
 * Where TTLOG_CAPTURE asks for it. Called by the constructor: objects that are there are hooked; later ones as they come. Not seen: a
 * libstdc++ that is linked statically, exceptions thrown on (throw;), and those of std::rethrow_exception().
 */
void throw_init(void) __attribute__((visibility("hidden")));

#endif
