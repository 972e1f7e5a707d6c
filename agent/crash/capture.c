/* Has the dying process captured by a helper, and waits for it. What the helper cannot do, the dying process does as well as it can. */
#include "crash.h"

#include "clean.h"
#include "clock.h"
#include "config.h"
#include "descriptors.h"
#include "lane.h"
#include "recorder_file.h"
#include "seldom.h"
#include "spawn.h"
#include "syscalls.h"
#include "text.h"

#include <errno.h>
#include <string.h>

/* GRACE_MS: beyond the time that is allowed, for the helper's being ended. FINISH_MS: from its last word to its end. */
enum { WAIT_SLICE_MS = 20, GRACE_MS = 300, FINISH_MS = 500 };

static uint32_t state_as(const struct crash_record *crash)
{
	return __atomic_load_n(&crash->capture_state, __ATOMIC_ACQUIRE);
}

static bool is_final(uint32_t state)
{
	return state == CAPTURE_DONE || state == CAPTURE_FAILED;
}

static void gather_for_helper_as(struct crash_record *crash, int signal)
{
	uint32_t wanted = CAPTURE_WANTS_THREADS;
	crash_gather_threads_as(signal);
	/* Release: with the state the helper sees the threads. */
	__atomic_compare_exchange_n(&crash->capture_state, &wanted, CAPTURE_GATHERED, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	sys_futex_wake(&crash->capture_state);
}

/* Until the helper has ended, or the time is over. Its reports wake the futex; slices are for reports that cannot (target_write). */
static uint32_t wait_as(struct crash_record *crash, int signal, uint64_t until)
{
	const struct timespec slice = {0, WAIT_SLICE_MS * 1000000l};
	uint32_t state;
	while (!is_final(state = state_as(crash)) && !spawn_ended_as(&spawn_of_death, 0) && clock_monotonic_ns() < until) {
		if (state == CAPTURE_WANTS_THREADS)
			gather_for_helper_as(crash, signal);
		else
			sys_futex_wait(&crash->capture_state, state, &slice);
	}
	if (is_final(state))
		spawn_ended_as(&spawn_of_death, FINISH_MS);
	return state_as(crash);
}

/* To the program's standard error, which a thread of ours may know by no number, or another file by that one. */
static void tell_as(const struct text_writer *text)
{
	struct descriptor_identity unused;
	const int fd = thread_state.own_descriptors ? descriptors_borrow(2, &unused) : 2;
	if (fd >= 0)
		sys_write(fd, text->data, text->used);
	if (fd >= 0 && thread_state.own_descriptors)
		sys_close(fd);
}

/* What the program calls itself may hold anything: it is one word on one line, as the tools would show it. */
static void add_clean_as(struct text_writer *text, const char *string)
{
	char shown[CLEAN_BYTES];
	size_t used, columns;
	for (size_t left = strlen(string); left;) {
		const size_t taken = clean_character(string, left, shown, &used, &columns);
		for (size_t i = 0; i < used; i++)
			text_char(text, shown[i]);
		string += taken;
		left -= taken;
	}
}

/* One line for whoever reads the program's standard error: the only thing the agent ever prints. */
static void announce_as(const struct crash_record *crash, int signal)
{
	SELDOM static char line[1600];
	struct text_writer text = text_begin(line, sizeof(line));
	text_string(&text, "ttlog: ");
	add_clean_as(&text, config.set.service);
	text_string(&text, " (pid ");
	text_number(&text, recorder.header->pid, 10);
	text_string(&text, ") died of ");
	text_string(&text, variables_signal_name(signal));
	text_string(&text, "; snapshot ");
	text_string(&text, crash->snapshot_path);
	text_char(&text, '\n');
	tell_as(&text);
}

static void complain_as(const char *what, int error)
{
	SELDOM static char line[1400];
	struct text_writer text = text_begin(line, sizeof(line));
	text_string(&text, "ttlog: no snapshot: ");
	text_string(&text, what);
	if (error) {
		text_string(&text, ", error ");
		text_number(&text, (unsigned)error, 10);
		text_string(&text, spawn_of_death.helper[0] ? " of " : "");
		text_string(&text, spawn_of_death.helper);
	}
	text_string(&text, "; the recorder file is kept for `ttlog recover`\n");
	tell_as(&text);
}

/* A death without a snapshot: what is not in the recorder now is lost. */
static void leave_to_recover_as(int signal, uint32_t degradation, const char *what, int error)
{
	crash_gather_threads_as(signal);
	recorder.header->degradations |= degradation;
	recorder_unfollow_user();
	if (config.set.debug)
		complain_as(what, error);
}

static void leave_captured_as(struct recorder_header *file, const struct crash_record *crash, int signal)
{
	file->state = RECORDER_CAPTURED;
	if (!recorder.anonymous)
		sys_unlinkat(AT_FDCWD, recorder.path);
	if (!config.set.quiet && crash->snapshot_path[0]) /* none: the run has as many as it wants */
		announce_as(crash, signal);
}

void crash_capture_as(int signal)
{
	struct recorder_header *file = recorder.header;
	spawn_give_way_as();
	const uint64_t until = clock_monotonic_ns() + config.set.capture_timeout_ms * 1000000ull;
	recorder.crash->capture_state = CAPTURE_WANTED;
	recorder.crash->spawned_ticks = clock_ticks(recorder.clock_kind); /* before: the helper may be the faster of the two */
	const int error = spawn_start_as(&spawn_of_death, until);
	struct crash_record *crash = recorder.crash;
	crash->helper_errno = (uint32_t)error;
	const uint32_t state = error ? CAPTURE_IDLE : wait_as(crash, signal, until + GRACE_MS * 1000000ull);
	const bool ended = clock_monotonic_ns() < until;
	spawn_finish_as(&spawn_of_death);
	if (state == CAPTURE_DONE)
		leave_captured_as(file, crash, signal);
	else if (error)
		leave_to_recover_as(signal, DEGRADED_SPAWN, "the helper could not be started", error);
	else if (state == CAPTURE_FAILED)
		leave_to_recover_as(signal, DEGRADED_STORAGE, "the helper could not write it", 0);
	else if (ended)
		leave_to_recover_as(signal, DEGRADED_HELPER_DIED, "the helper ended early", 0);
	else
		leave_to_recover_as(signal, DEGRADED_TIMEOUT, "the helper did not finish in time", 0);
}
