#include "expectation.h"

#include "core.h"

#include <signal.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Handlers that the kernel calls on the stack as it is. */
#define HANDLED_ON_STACK "exits|reraises|restores|resethand|nodefer|aborts|chains|jumps|faults"

#define RAISE "raise|gsignal|pthread_kill|__pthread_kill_implementation|__pthread_kill|__pthread_kill_internal|abort"

static bool faults(const struct plan *plan)
{
	return plan_cause(plan)->kind == FAULT;
}

static bool fault_is_blocked(const struct plan *plan)
{
	return faults(plan) && plan_is(plan, HANDLING, "blocked");
}

static bool fault_is_ignored(const struct plan *plan)
{
	return faults(plan) && plan_is(plan, HANDLING, "ignored");
}

static bool in_thread(const struct plan *plan)
{
	return plan_is(plan, PLACE, "thread|second_thread|small_thread|tls_destructor|cleanup");
}

static bool handler_faults(const struct plan *plan)
{
	return plan_is(plan, HANDLING, "faults");
}

static bool handler_has_no_stack(const struct plan *plan)
{
	return (plan_cause(plan)->traits & NO_STACK) && plan_is(plan, HANDLING, HANDLED_ON_STACK);
}

/* An alternate stack for a thread is address space too, and is not taken from where that is limited. */
static bool thread_has_no_stack(const struct plan *plan)
{
	return (plan_cause(plan)->traits & NO_STACK) && plan_is(plan, SURROUNDINGS, "no_memory") && in_thread(plan);
}

static bool in_vfork_child(const struct plan *plan)
{
	return plan_is(plan, PLACE, "vfork_child");
}

static bool in_jail(const struct plan *plan)
{
	return plan_is(plan, SURROUNDINGS, "chroot");
}

static bool may_be_filtered(const struct plan *plan)
{
	return plan_is(plan, SURROUNDINGS, "no_new_privileges") && !plan_is(plan, CAUSE, "bad_syscall"); /* its filter is seen */
}

/* Until the filter is known to be harmless no system call is made, and a lane needs one to grow. */
static bool logs_at_its_filter(const struct plan *plan)
{
	return plan_is(plan, COMPANY, "loggers") && plan_is(plan, CAUSE, "bad_syscall");
}

static bool no_process_to_be_had(const struct plan *plan)
{
	return plan_is(plan, SURROUNDINGS, "no_processes") && (getuid() != 0 || plan_is(plan, USER, "nobody"));
}

/* What is left for the recorder of a process that begins to speak there. */
static bool begins_in_surroundings(const struct plan *plan)
{
	return !plan_is(plan, SPEAKS, "before") || plan_is(plan, PLACE, "fork_child|daemon|init|exec");
}

static bool no_room_for_a_recorder(const struct plan *plan)
{
	return plan_is(plan, SURROUNDINGS, "no_memory") && begins_in_surroundings(plan);
}

static bool may_write_no_file(const struct plan *plan)
{
	return plan_is(plan, SURROUNDINGS, "no_file_size|no_files") && begins_in_surroundings(plan);
}

/* Its user's processes may not look into it: it changed its user, or forbade it. */
static bool may_not_be_looked_into(const struct plan *plan)
{
	return plan_is(plan, SURROUNDINGS, "nobody") ||
	       (plan_is(plan, SURROUNDINGS, "not_dumpable") && (getuid() != 0 || plan_is(plan, USER, "nobody")));
}

static bool inside_abort_is_ignored(const struct plan *plan)
{
	return (plan_cause(plan)->traits & INSIDE) && plan_is(plan, HANDLING, "ignored") && !plan_is(plan, CAUSE, "stack_smash");
}

static bool begins_in_jail(const struct plan *plan)
{
	return in_jail(plan) && begins_in_surroundings(plan);
}

static bool exec_in_sandbox(const struct plan *plan)
{
	return plan_is(plan, SURROUNDINGS, "no_new_privileges") && plan_is(plan, PLACE, "exec");
}

static bool in_silent_sandboxed_child(const struct plan *plan)
{
	return may_be_filtered(plan) && plan_is(plan, PLACE, "fork_child|daemon|init");
}

static bool unseen_by_its_number(const struct plan *plan)
{
	return plan_is(plan, PLACE, "init") && plan_is(plan, HANDLING, "blocked|ignored|faults|aborts");
}

static const struct row {
	bool (*holds)(const struct plan *plan);
	struct expectation expected;
} rows[] = {
	{in_silent_sandboxed_child,
	 {BY_NOBODY, "a forked child in what may be a sandbox, that says nothing: there is no recorder", NULL}},
	{unseen_by_its_number, {BY_NOBODY, "outside of its namespace, another process has the number in its recorder", NULL}},
	{no_room_for_a_recorder, {BY_NOBODY, "no memory for a recorder", NULL}},
	{exec_in_sandbox,
	 {BY_NOBODY, "the recorder from before the exec looks as of one that was killed: it may not ask who it is", NULL}},
	{begins_in_jail, {BY_NOBODY, "below the new root there is no place for a recorder", NULL}},
	{in_vfork_child, {BY_NOBODY, "it dies in its parent's memory, whose recorder goes on", NULL}},
	{fault_is_blocked, {FROM_OUTSIDE, "a fault whose signal is blocked kills without a handler", NULL}},
	{fault_is_ignored, {FROM_OUTSIDE, "a fault whose signal is ignored kills without a handler", NULL}},
	{handler_faults, {FROM_OUTSIDE, "a fault in the handler of the same signal kills without a handler", NULL}},
	{handler_has_no_stack, {FROM_OUTSIDE, "where the stack is gone the kernel cannot call the program's handler", NULL}},
	{thread_has_no_stack, {FROM_OUTSIDE, "no alternate stack for a thread under a limit of the address space", NULL}},
	{in_jail, {FROM_OUTSIDE, "no helper is found below the new root", NULL}},
	{may_be_filtered, {FROM_OUTSIDE, "a seccomp filter may follow unseen: no system call is made any more", NULL}},
	{inside_abort_is_ignored, {FROM_OUTSIDE, "libc aborts by itself: it takes SIG_IGN away where nobody sees it", NULL}},
	{no_process_to_be_had, {FROM_OUTSIDE, "the helper would be one process too many", NULL}},
	{may_not_be_looked_into,
	 {BY_AGENT, NULL,
	  "threads could not be stopped|build-id read from the file on disk|stacks from copies|threads asked by signal|"
	  "threads that did not answer"}},
	{logs_at_its_filter, {BY_AGENT, NULL, "lane could not grow|recorder in private memory|threads could not be stopped"}},
	{may_write_no_file, {BY_AGENT, NULL, "recorder in private memory"}},
};

bool plan_has_recorder(const struct plan *plan)
{
	return !plan_is(plan, SPEAKS, "never") && !plan_is(plan, PLACE, "fork_child|daemon|init") && !may_write_no_file(plan);
}

struct expectation plan_expectation(const struct plan *plan)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].holds(plan))
			return rows[i].expected;
	return (struct expectation){BY_AGENT, NULL, NULL};
}

/* abort(3) with a handler of the program's: it is called by the agent's, which has to come back when it returns. */
static bool wrapped(const struct plan *plan)
{
	return plan_cause(plan)->signal == SIGABRT && plan_is(plan, HANDLING, "nodefer|aborts|faults");
}

void plan_scrutiny(const struct plan *plan, struct core_scrutiny *scrutiny)
{
	const unsigned traits = plan_cause(plan)->traits;
	const bool elsewhere = in_thread(plan), limited = plan_is(plan, SURROUNDINGS, "no_memory");
	/* The loader keeps lists of all libraries on the stack, and the hook of fprintf is below its cookie's function. */
	const bool other_stack = plan_is(plan, HOW, "run") || plan_is(plan, PLACE, "dlopen|destructor|stream");
	*scrutiny = (struct core_scrutiny){
		.hooked = (traits & HOOKED) || plan_is(plan, HANDLING, "exits|reraises|nodefer|onstack|aborts|chains|faults"),
		.called = plan_cause(plan)->kind != FAULT || (traits & CALLED),
		.registered = plan_is(plan, PLACE, "atexit|destructor|atfork"),
		.other_stack = other_stack,
		.any_thread = plan_is(plan, COMPANY, "barrier"),
		.any_count = plan_is(plan, COMPANY, "barrier|births"),
		/* Nor does a thread get an alternate stack there: without one, the kernel kills in its own name. */
		.resent = (may_be_filtered(plan) && (plan_cause(plan)->kind != FAULT || ((traits & NO_STACK) && elsewhere))) ||
			  thread_has_no_stack(plan),
		/* Under a limit of the address space the stack ends where that does, and the agent has its part of it. */
		.signal_only = (traits & ANYWHERE) || wrapped(plan) ||
			       ((traits & OVERFLOWS) && (elsewhere || other_stack || limited)),
	};
}

const char *plan_innermost(const struct plan *plan)
{
	const struct cause *cause = plan_cause(plan);
	if ((begins_in_surroundings(plan) || may_not_be_looked_into(plan)) && plan_is(plan, HANDLING, HANDLED_ON_STACK "|onstack"))
		return NULL; /* the fault is noted only where there is a recorder already, and shown where its stack can be walked */
	if (plan_is(plan, CAUSE, "jump_to_null") &&
	    (!plan_is(plan, HANDLING, "default|queried|undone") || may_not_be_looked_into(plan)))
		return NULL; /* nothing is known of the code at the address 0: the frames behind the handler's are not always found */
	if (plan_is(plan, SURROUNDINGS, "deleted"))
		return NULL; /* no file to read names from */
	if (cause->kind != FAULT && cause->signal != SIGABRT && plan_is(plan, HANDLING, "aborts"))
		return RAISE; /* the others raise the same signal, and are shown where it came first */
	return cause->innermost;
}
