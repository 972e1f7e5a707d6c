/*
 * crash.h - the signal handler: first chance to the program, last chance to the capture, then the death that would have been.
 *
 * Everything that ends in _as runs in a signal handler, on whatever stack, with any lock of the program held: statics and raw
 * system calls only. The stages and their bounds stand at crash_handler().
 */
#ifndef TTLOG_CRASH_CRASH_H
#define TTLOG_CRASH_CRASH_H

#include "recorder.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* The kernel calls it for every captured signal. */
void crash_handler(int signal, siginfo_t *info, void *context) __attribute__((visibility("hidden")));

/*
 * Records what stands unflushed in the streams' buffers, and why libc ends the process; NULL: nobody does. Set by the constructor: streams
 * are not this layer's.
 */
extern void (*crash_last_words_as)(int signal) __attribute__((visibility("hidden")));

/* A fault of a thread of the agent's own, before anything else; does not come back where it is nobody's. NULL: every one is a death. */
extern void (*crash_own_fault_as)(int signal, const void *context) __attribute__((visibility("hidden")));

/* A signal is about to go to a handler of the program; NULL: nobody wants to know. Set when somebody does. */
extern void (*crash_handled_as)(int signal) __attribute__((visibility("hidden")));

/* Called when the death has been saved, before the helper stops the threads; NULL: nobody has anything to do. Bounded. Set by the constructor. */
extern void (*crash_saved_as)(void) __attribute__((visibility("hidden")));

/* Saves the registers, siginfo, stack and abort message of the calling thread into the crash record. False: no recorder. */
bool crash_save_as(int signal, const siginfo_t *info, const void *context) __attribute__((visibility("hidden")));

void crash_save_context_as(struct crash_context *saved, uint32_t tid, const siginfo_t *info, const void *context)
	__attribute__((visibility("hidden")));

/* Notes a signal that goes to the program's own handler first; forgets it. The calling thread's notes go into the crash record. */
struct first_chance;
struct first_chance *crash_note_first_chance_as(const siginfo_t *info, const void *context) __attribute__((visibility("hidden")));
void crash_forget_first_chance_as(struct first_chance *note) __attribute__((visibility("hidden")));
void crash_save_first_chances_as(struct crash_record *crash, uint32_t tid) __attribute__((visibility("hidden")));

/*
 * Copies memory of this process that may not be there: bytes copied, at most to the end of what is readable, or -EFAULT. Also
 * where process_vm_readv(2) is denied.
 */
long crash_copy_as(void *to, const void *from, size_t bytes) __attribute__((visibility("hidden")));

/* The stack from there on, as far as it goes and there is room; bytes copied. *from moves on to where it begins. */
uint32_t crash_save_stack_as(unsigned char *to, uint32_t room, uint64_t *from) __attribute__((visibility("hidden")));

/*
 * The other threads are asked, by a signal, to save their registers and stacks into the recorder, and stay where they are until the
 * process has died. For where the helper cannot stop them, or there is none. `signal`: a captured one. Bounded: GATHER_MS.
 */
void crash_gather_threads_as(int signal) __attribute__((visibility("hidden")));

/* Waits for the thread that captures to end the process; bounded, should it be stuck. */
void crash_wait_for_owner_as(void) __attribute__((visibility("hidden")));

/* Starts the helper and waits for it, at most config.set.capture_timeout_ms; says on stderr where the snapshot is. */
void crash_capture_as(int signal) __attribute__((visibility("hidden")));

/*
 * The program is about to restrict its system calls (seccomp). A filter may kill for any that the program itself does not
 * need. So what needs them is done before (recorder, the calling thread's lane, memory of the crash record), and from then on
 * a death is saved by plain stores and left to the kernel; `ttlog run` or `ttlog recover` makes its snapshot. A filter that
 * was seen and harms nothing of the agent's changes nothing. PR_SET_NO_NEW_PRIVS is taken for the first step: libseccomp loads
 * its filter by a raw system call, unseen. The strict mode forbids its thread the clock too, and raising a signal.
 */
void crash_before_no_new_privileges(void) __attribute__((visibility("hidden")));
bool crash_before_seccomp(unsigned long mode, const void *program) __attribute__((visibility("hidden"))); /* true: harmless */
void crash_before_counter_is_forbidden(void) __attribute__((visibility("hidden"))); /* PR_SET_TSC: of this thread only */
void crash_after_seccomp(bool harmless, bool installed) __attribute__((visibility("hidden")));

/* Memory for the crash record of the present recorder, made where there is none. False: not to be had. */
bool crash_reserve_as(void) __attribute__((visibility("hidden")));

/* crash_save_as() by stores alone. */
void crash_save_in_sandbox_as(int signal, const siginfo_t *info, const void *context) __attribute__((visibility("hidden")));

/* Where the helper stands: beside the agent, in ../libexec/ttlog, or in ttlog/ (where `make install` puts a link if it must). Called by the constructor. */
void crash_find_helper(void) __attribute__((visibility("hidden")));

/*
 * Alternate signal stacks, so that a stack overflow can be captured: of the main thread (altstack_install, by the
 * constructor), of each thread that pthread_create(3) makes: lent by its creator, adopted by itself; and of any other with a
 * TLS of its own from its first event on. Where the program has set one, nothing changes.
 *
 * Without: threads that share another's TLS or never say anything and were made past pthread_create(3), those beyond the
 * 4,096th that live, those made under RLIMIT_AS or RLIMIT_DATA, which is the program's. The kernel kills at their overflow, as it
 * would without the agent; `ttlog run` or `ttlog recover` makes the snapshot.
 */
struct altstack {
	char *memory;           /* NULL: not mapped yet */
	uint32_t owner;         /* tid; 0: free */
	void *(*start)(void *); /* of the thread it is lent to */
	void *argument;
};
void altstack_install(void) __attribute__((visibility("hidden")));
struct altstack *altstack_lend(void) __attribute__((visibility("hidden"))); /* NULL: none to be had */
void altstack_return(struct altstack *slot) __attribute__((visibility("hidden")));
void altstack_adopt(struct altstack *slot) __attribute__((visibility("hidden")));
/* Whether the frame of the caller stands on the thread's stack of ours: where that is, without its guard. */
bool altstack_here_as(const void *frame, uint64_t *address, uint32_t *bytes) __attribute__((visibility("hidden")));
/* sigaltstack(2) as the program knows it: without ours. */
int altstack_change(const stack_t *stack, stack_t *old) __attribute__((visibility("hidden")));

#endif
