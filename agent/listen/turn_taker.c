#include "turn_taker.h"

#include "clock.h"
#include "config.h"
#include "lane.h"
#include "own_thread.h"
#include "recorder_file.h"
#include "room.h"
#include "syscalls.h"

#include <setjmp.h>
#include <string.h>

_Static_assert(TAKERS - 1 == RECORDER_TAKERS, "one word of the live page for each but the listener thread");

enum stage {
	STAGE_IDLE = 0,
	STAGE_WANTED = 1, /* the job is the taker's until it is IDLE again */
};

enum task { TASK_TURNS, TASK_END, TASK_DISMISS };

struct job {
	uint32_t stage;                   /* enum stage; futex */
	enum task task;                   /* the last one that was given */
	const struct recorder_view *view; /* NULL: there is no recorder yet */
	struct turn turn;                 /* its decoder is the taker's own */
	bool catches;                     /* `out` leads out of its listener's functions */
	sigjmp_buf out;
};

static struct job jobs[TAKERS]; /* TAKER_LISTENER has none */
static uint32_t apart;          /* the listener thread's table of descriptors is not the program's */

static uint32_t *word(uint32_t taker)
{
	return &recorder_live_page.live.takers[taker - 1];
}

static bool is_there(uint32_t taker)
{
	return __atomic_load_n(word(taker), __ATOMIC_ACQUIRE) != 0;
}

bool taker_is(uint32_t tid)
{
	bool is = tid == __atomic_load_n(&recorder_live_page.live.listener, __ATOMIC_RELAXED);
	for (uint32_t taker = TAKER_PROGRAM; taker < TAKERS; taker++)
		is |= tid == __atomic_load_n(word(taker), __ATOMIC_RELAXED);
	return is;
}

/* Taking turns ---------------------------------------------------------------------------------------------------------------- */

static bool is_taken_by(const struct listener *listener, uint32_t taker)
{
	const bool there = listener_is_there(listener);
	const uint32_t whose = __atomic_load_n(&listener->taker, __ATOMIC_RELAXED);
	return there && (whose == taker || (taker == TAKER_LISTENER && whose == TAKER_PROGRAM && !apart));
}

/* True: there is more, or something else for the listener thread to look at. */
static bool take_turns(uint32_t taker, struct turn *turn)
{
	bool more = false;
	turn->events = false;
	for (int i = 0; i < LISTENERS_MAX; i++) {
		struct listener *listener = &listeners[i];
		if (!is_taken_by(listener, taker))
			continue;
		more |= turn->decoder && listener_turn(listener, turn);
		if (listener_is_leaving(listener)) {
			listener_end(listener, turn);
			more = true;
		}
		turn->now_ns = clock_monotonic_ns();
	}
	return more;
}

static void end_all(uint32_t taker, struct turn *turn)
{
	turn->end = true;
	for (int i = 0; i < LISTENERS_MAX; i++) {
		if (is_taken_by(&listeners[i], taker))
			listener_end(&listeners[i], turn);
	}
}

bool takers_take_own(struct turn *turn)
{
	return take_turns(TAKER_LISTENER, turn);
}

/* The threads ------------------------------------------------------------------------------------------------------------------- */

static void set_stage(struct job *job, enum stage stage)
{
	__atomic_store_n(&job->stage, stage, __ATOMIC_RELEASE); /* with the job, or with what its turns changed */
	sys_futex_wake(&job->stage);
}

static void await_job(struct job *job)
{
	while (__atomic_load_n(&job->stage, __ATOMIC_ACQUIRE) == STAGE_IDLE)
		sys_futex_wait(&job->stage, STAGE_IDLE, NULL);
}

static struct decoder *ready(struct decoder *decoder, const struct job *job)
{
	if (!job->view)
		return NULL;
	if (!decoder->view && decoder_open(decoder, job->view, config.set.service, config.set.redact) != 0)
		return NULL; /* no memory: next time */
	decoder_begin(decoder, job->turn.now_ns);
	return decoder;
}

bool taker_catches(uint32_t taker, uint32_t tid)
{
	return taker >= TAKER_OWN && taker < TAKERS && jobs[taker].catches && __atomic_load_n(word(taker), __ATOMIC_RELAXED) == tid;
}

void taker_fall(uint32_t taker)
{
	siglongjmp(jobs[taker].out, 1);
}

/* True: there is something for the listener thread to look at. */
static bool do_task(uint32_t taker, struct job *job)
{
	if (job->task != TASK_END)
		return take_turns(taker, &job->turn) || job->turn.flush_to;
	end_all(taker, &job->turn);
	return true;
}

/* The signal mask too is what it was: who jumps comes from a handler. */
static bool do_task_and_catch(uint32_t taker, struct job *job)
{
	bool tell = true;
	if (sigsetjmp(job->out, 1) == 0) {
		job->catches = true;
		tell = do_task(taker, job);
	} else {
		listener_fall(&listeners[taker - TAKER_OWN], &job->turn);
	}
	job->catches = false;
	return tell;
}

static void work(uint32_t taker, struct job *job, struct decoder *decoder)
{
	job->turn.decoder = ready(decoder, job);
	own_thread_take_faults(true);
	const bool tell = taker >= TAKER_OWN ? do_task_and_catch(taker, job) : do_task(taker, job);
	own_thread_take_faults(false);
	set_stage(job, STAGE_IDLE);
	if (tell)
		room_wake_reader();
}

static void body(uint32_t *tid)
{
	const uint32_t taker = TAKER_PROGRAM + (uint32_t)(tid - recorder_live_page.live.takers);
	struct job *job = &jobs[taker];
	struct decoder decoder = {.view = NULL};
	thread_state.never_waits = 1;
	thread_state.tid = (uint32_t)sys_gettid();
	thread_state.own_descriptors = taker != TAKER_PROGRAM && apart;
	for (await_job(job); job->task != TASK_DISMISS; await_job(job))
		work(taker, job, &decoder);
	if (decoder.view)
		decoder_close(&decoder);
	own_thread_closing(tid);
	set_stage(job, STAGE_IDLE);
	own_thread_end(tid);
}

int taker_begin(uint32_t taker)
{
	return own_thread_begin(&(struct own_thread){taker == TAKER_PROGRAM ? "ttlog-program" : "ttlog-sink", body, word(taker)});
}

/* The listener thread's side ---------------------------------------------------------------------------------------------------- */

void takers_init(bool own_descriptors)
{
	apart = own_descriptors;
}

void takers_forget(void)
{
	memset(jobs, 0, sizeof(jobs));
	apart = 0;
}

static bool is_idle(const struct job *job)
{
	return __atomic_load_n(&job->stage, __ATOMIC_ACQUIRE) == STAGE_IDLE;
}

static void give(uint32_t taker, enum task task, const struct turn *turn)
{
	struct job *job = &jobs[taker];
	job->task = task;
	job->turn = *turn;
	job->view = turn->decoder ? turn->decoder->view : NULL;
	set_stage(job, STAGE_WANTED);
}

/* Without descriptors of its own the listener thread takes the program's turns itself. */
static uint32_t first_other(void)
{
	return apart ? TAKER_PROGRAM : TAKER_OWN;
}

bool takers_go_on(const struct turn *turn)
{
	bool events = false;
	for (uint32_t taker = first_other(); taker < TAKERS; taker++) {
		if (!is_there(taker) || !is_idle(&jobs[taker]))
			continue;
		events |= jobs[taker].turn.events;
		give(taker, TASK_TURNS, turn);
	}
	return events;
}

bool takers_rest(void)
{
	bool rest = true;
	for (uint32_t taker = TAKER_PROGRAM; taker < TAKERS; taker++)
		rest &= is_idle(&jobs[taker]);
	return rest;
}

bool takers_end(struct turn *turn)
{
	bool ended = true;
	end_all(TAKER_LISTENER, turn);
	for (uint32_t taker = first_other(); taker < TAKERS; taker++) {
		if (!is_there(taker))
			continue;
		if (is_idle(&jobs[taker]) && jobs[taker].task != TASK_END)
			give(taker, TASK_END, turn);
		ended &= is_idle(&jobs[taker]);
	}
	return ended;
}

static void await_idle(struct job *job)
{
	while (!is_idle(job))
		sys_futex_wait(&job->stage, STAGE_WANTED, NULL);
}

void takers_dismiss(void)
{
	const struct turn none = {.decoder = NULL};
	uint32_t dismissed = 0; /* the program's may just be made, for a listener of the next listener thread: that one stays */
	for (uint32_t taker = TAKER_PROGRAM; taker < TAKERS; taker++) {
		if (!is_there(taker))
			continue;
		give(taker, TASK_DISMISS, &none);
		dismissed |= 1u << taker;
	}
	for (uint32_t taker = TAKER_PROGRAM; taker < TAKERS; taker++) {
		if (dismissed & 1u << taker)
			await_idle(&jobs[taker]);
	}
}
