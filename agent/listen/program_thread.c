#include "program_thread.h"

#include "lane.h"
#include "own_thread.h"
#include "recorder_file.h"
#include "syscalls.h"

#include <string.h>

enum stage {
	STAGE_IDLE = 0,
	STAGE_WANTED = 1, /* the turn is the thread's until it is IDLE again */
	STAGE_DISMISSED = 2,
};

typedef bool turn_taker(struct listener *listener, struct turn *turn);

/* What is to be done. It passes from hand to hand by its stage. */
static struct {
	uint32_t stage; /* enum stage; futex */
	turn_taker *take;
	struct listener *listener;
	struct turn *turn;
	bool result;
} job;

static uint32_t *word(void)
{
	return &recorder_live_page.live.program;
}

static void set_stage(uint32_t stage)
{
	__atomic_store_n(&job.stage, stage, __ATOMIC_RELEASE); /* with the job, or with what its turn changed */
	sys_futex_wake(&job.stage);
}

/* Waits until the stage is another. It cannot be woken by a signal of the program's: all are blocked. */
static uint32_t stage_after(uint32_t stage)
{
	uint32_t now;
	while ((now = __atomic_load_n(&job.stage, __ATOMIC_ACQUIRE)) == stage)
		sys_futex_wait(&job.stage, stage, NULL);
	return now;
}

static void body(void)
{
	thread_state.never_waits = 1;
	thread_state.tid = (uint32_t)sys_gettid();
	while (stage_after(STAGE_IDLE) == STAGE_WANTED) {
		own_thread_take_faults(true);
		job.result = job.take(job.listener, job.turn);
		own_thread_take_faults(false);
		set_stage(STAGE_IDLE);
	}
	own_thread_end(word());
}

int program_thread_begin(void)
{
	static const struct own_thread thread = {"ttlog-program", body, &recorder_live_page.live.program};
	return own_thread_begin(&thread);
}

void program_thread_forget(void)
{
	memset(&job, 0, sizeof(job));
}

static bool is_there(void)
{
	return __atomic_load_n(word(), __ATOMIC_ACQUIRE) != 0;
}

static bool over_there(turn_taker *take, struct listener *listener, struct turn *turn)
{
	if (!is_there()) /* ttlog_add_listener() is about to make it, or could not and is about to take the listener away */
		return false;
	job.take = take;
	job.listener = listener;
	job.turn = turn;
	set_stage(STAGE_WANTED);
	stage_after(STAGE_WANTED);
	return job.result;
}

static bool do_it(turn_taker *take, struct listener *listener, struct turn *turn)
{
	const bool foreign = listener->of_program && thread_state.own_descriptors;
	return foreign ? over_there(take, listener, turn) : take(listener, turn);
}

static bool take_end(struct listener *listener, struct turn *turn)
{
	listener_end(listener, turn);
	return true;
}

static bool take_reopen(struct listener *listener, struct turn *turn)
{
	listener_reopen(listener, turn);
	return true;
}

bool program_thread_turn(struct listener *listener, struct turn *turn)
{
	return do_it(listener_turn, listener, turn);
}

void program_thread_end(struct listener *listener, struct turn *turn)
{
	do_it(take_end, listener, turn);
}

void program_thread_reopen(struct listener *listener, struct turn *turn)
{
	do_it(take_reopen, listener, turn);
}

void program_thread_dismiss(void)
{
	uint32_t tid = __atomic_load_n(word(), __ATOMIC_ACQUIRE);
	if (!tid)
		return;
	set_stage(STAGE_DISMISSED);
	for (; tid; tid = __atomic_load_n(word(), __ATOMIC_ACQUIRE))
		sys_futex_wait(word(), tid, NULL);
	set_stage(STAGE_IDLE);
}
