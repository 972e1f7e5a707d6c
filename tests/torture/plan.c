#include "plan.h"

#include "fault_codes.h"
#include "process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define RAISE "raise|gsignal|pthread_kill|__pthread_kill_implementation|__pthread_kill|__pthread_kill_internal|abort"

static const struct cause causes[] = {
	{"null_read", FAULT, SIGSEGV, 0, "death_null_read"},
	{"null_write", FAULT, SIGSEGV, 0, "death_null_write"},
	{"wild_read", FAULT, SIGSEGV, 0, "death_wild_read"},
	{"wild_write", FAULT, SIGSEGV, 0, "death_wild_write"},
	{"write_to_text", FAULT, SIGSEGV, 0, "death_write_to_text"},
	{"write_to_constant", FAULT, SIGSEGV, 0, "death_write_to_constant"},
	{"jump_to_null", FAULT, SIGSEGV, 0, "death_jump_to_null"},
	{"jump_to_data", FAULT, SIGSEGV, 0, NULL},
	{"noncanonical", FAULT, SIGSEGV, 0, "death_noncanonical"},
	{"privileged_instruction", FAULT, FAULT_PRIVILEGED_SIGNAL, 0, "death_privileged_instruction"},
	{"division", FAULT, SIGFPE, 0, FAULT_DIVISION_IN},
	{"illegal_instruction", FAULT, SIGILL, 0, "death_illegal_instruction"},
	{"breakpoint", FAULT, SIGTRAP, ONCE, "death_breakpoint"},
	{"bus_error", FAULT, SIGBUS, 0, "death_bus_error"},
	{"bad_syscall", FAULT, SIGSYS, ONCE | CALLED, "syscall"},
	{"stack_overflow", FAULT, SIGSEGV, NO_STACK | OVERFLOWS, "overflow_stack"},
	{"destroyed_stack", FAULT, SIGSEGV, NO_STACK, "death_destroyed_stack"},
	{"stack_segment", FAULT, SIGBUS, NO_STACK, "death_stack_segment"},
	{"destroyed_returns", FAULT, FAULT_RETURN_SIGNAL, 0, FAULT_RETURN_IN},
	{"heap_wild", FAULT, SIGSEGV, HEAP | HOOKED | CALLED | ONCE, NULL},
	{"abort", ABORT, SIGABRT, HOOKED | ONCE, RAISE},
	{"assert", ABORT, SIGABRT, HOOKED | ONCE, RAISE "|__assert_fail"},
	{"double_free", ABORT, SIGABRT, HEAP | HOOKED | ONCE | INSIDE, RAISE},
	{"invalid_free", ABORT, SIGABRT, HEAP | HOOKED | ONCE | INSIDE, RAISE},
	{"heap_overrun", ABORT, SIGABRT, HEAP | HOOKED | ONCE | INSIDE, RAISE},
	{"stack_smash", ABORT, SIGABRT, HOOKED | ONCE | INSIDE, RAISE},
	{"fortify", ABORT, SIGABRT, HOOKED | ONCE | INSIDE, RAISE},
#define SENT(how, kind, traits, innermost)                                                                                         \
	{how ":SEGV", kind, SIGSEGV, traits, innermost}, {how ":BUS", kind, SIGBUS, traits, innermost},                            \
		{how ":ILL", kind, SIGILL, traits, innermost}, {how ":FPE", kind, SIGFPE, traits, innermost},                      \
		{how ":ABRT", kind, SIGABRT, traits, innermost}, {how ":TRAP", kind, SIGTRAP, traits, innermost},                  \
		{how ":SYS", kind, SIGSYS, traits, innermost}, {how ":INT", kind, SIGINT, traits, innermost},                      \
		{how ":TERM", kind, SIGTERM, traits, innermost}, {how ":QUIT", kind, SIGQUIT, traits, innermost},                  \
	{                                                                                                                          \
		how ":HUP", kind, SIGHUP, traits, innermost                                                                        \
	}
	SENT("raise", SENT_TO_THREAD, 0, RAISE),
	SENT("tgkill", SENT_TO_THREAD, 0, "tgkill"),
	SENT("pthread_kill", SENT_TO_THREAD, 0, RAISE),
	SENT("kill", SENT_TO_PROCESS, 0, "kill"),
	SENT("sigqueue", SENT_TO_PROCESS, 0, "sigqueue|__sigqueue"),
	SENT("child", SENT_TO_PROCESS, ANYWHERE | ONCE | BY_CHILD, NULL),
};

#define SENT_COUNT 66u /* the last of the causes */

static const char *const places[] = {
	"main",       "thread",      "second_thread",  "small_thread", "handler",     "handler_on_own_stack",
	"atexit",     "destructor",  "tls_destructor", "cleanup",      "constructor", "dlopen",
	"qsort",      "bsearch",     "stream",         "once",         "atfork",      "coroutine",
	"fork_child", "vfork_child", "daemon",         "init",         "exec"};
static const char *const handlings[] = {"default", "exits", "reraises", "restores", "resethand", "nodefer", "onstack", "aborts",
					"chains",  "jumps", "faults",   "ignored",  "blocked",   "queried", "undone"};
static const char *const companies[] = {"none", "one", "idle", "crowd", "loggers", "births", "mallocs", "forks", "barrier"};
static const char *const surroundings[] = {
	"none",   "no_core", "no_file_size", "no_files",          "no_processes", "no_memory",    "closed",    "reused",
	"nobody", "chroot",  "not_dumpable", "no_new_privileges", "deleted",      "no_directory", "subreaper", "no_environment"};
static const char *const speaks[] = {"before", "after", "never"};
static const char *const libraries[] = {"none", "hooks_before", "hooks_after", "jemalloc", "eatmydata", "faketime"};
static const char *const users[] = {"same", "nobody"};
static const char *const hows[] = {"preload", "run"};

/* The first choice of a dimension is drawn this often out of 100; otherwise each of all alike. */
static const struct {
	const char *name;
	const char *const *choices;
	unsigned count, plain;
} dimensions[DIMENSIONS] = {
	[CAUSE] = {"cause", NULL, COUNT(causes), 0},
	[PLACE] = {"place", places, COUNT(places), 20},
	[HANDLING] = {"handling", handlings, COUNT(handlings), 40},
	[COMPANY] = {"company", companies, COUNT(companies), 40},
	[SURROUNDINGS] = {"surroundings", surroundings, COUNT(surroundings), 40},
	[SPEAKS] = {"speaks", speaks, COUNT(speaks), 40},
	[LIBRARY] = {"library", libraries, COUNT(libraries), 60},
	[USER] = {"user", users, COUNT(users), 60},
	[HOW] = {"how", hows, COUNT(hows), 40},
};

const struct cause *plan_cause(const struct plan *plan)
{
	return &causes[plan->choice[CAUSE]];
}

static const char *name_of(enum dimension dimension, unsigned choice)
{
	return dimension == CAUSE ? causes[choice].name : dimensions[dimension].choices[choice];
}

const char *plan_name(const struct plan *plan, enum dimension dimension)
{
	return name_of(dimension, plan->choice[dimension]);
}

bool plan_is(const struct plan *plan, enum dimension dimension, const char *alternatives)
{
	const char *name = plan_name(plan, dimension);
	const size_t bytes = strlen(name);
	for (const char *at = alternatives; at; at = strchr(at, '|')) {
		at += *at == '|';
		if (strncmp(at, name, bytes) == 0 && (at[bytes] == 0 || at[bytes] == '|'))
			return true;
	}
	return false;
}

const char *plan_library(const struct plan *plan)
{
	static const char *const paths[COUNT(libraries)] = {
		NULL,
		PROGRAM("second.so"),
		PROGRAM("second.so"),
		"/usr/lib/x86_64-linux-gnu/libjemalloc.so.2",
		"/usr/lib/x86_64-linux-gnu/libeatmydata.so",
		"/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
	};
	const char *path = paths[plan->choice[LIBRARY]];
	return path && access(path, R_OK) == 0 ? path : NULL;
}

/* What goes together ------------------------------------------------------------------------------------------------------- */

static const char *impossible_cause(const struct plan *plan)
{
	const struct cause *cause = plan_cause(plan);
	const bool in_thread = plan_is(plan, PLACE, "thread|second_thread|small_thread|tls_destructor|cleanup");
	if (cause->kind == SENT_TO_PROCESS && in_thread)
		return "any thread may get a signal that is sent to the process";
	if (cause->kind == SENT_TO_PROCESS && plan_is(plan, COMPANY, "births|forks"))
		return "a thread that lets signals in again, as each new one does, may take it before main does";
	if (plan_is(plan, COMPANY, "births") && plan_is(plan, SURROUNDINGS, "no_memory"))
		return "threads that are born take the memory that the victim's may need: one in seven fails, also without the agent";
	if ((cause->traits & BY_CHILD) && (!plan_is(plan, COMPANY, "none") || plan_is(plan, PLACE, "vfork_child|atfork") ||
					   plan_is(plan, SURROUNDINGS, "no_processes|no_memory")))
		return "the sender's end must be seen by who forked it";
	if ((cause->traits & HEAP) &&
	    (plan_is(plan, LIBRARY, "jemalloc") || plan_is(plan, COMPANY, "mallocs|births|forks|loggers")))
		return "another malloc, or others who use the heap, make another death of it";
	if (plan_is(plan, CAUSE, "stack_segment") && in_thread && plan_is(plan, SURROUNDINGS, "no_memory|no_new_privileges"))
		return "a known difference: without a stack for its handler the kernel makes a SIGSEGV of any fault";
	if ((cause->traits & HEAP) && plan_is(plan, SURROUNDINGS, "no_memory"))
		return "a thread that finds no memory for a heap of its own uses another's, and dies of something else";
	if ((cause->traits & HEAP) && plan_is(plan, PLACE, "vfork_child"))
		return "its parent would wait for the lock for ever";
	if ((cause->traits & OVERFLOWS) && plan_is(plan, PLACE, "handler_on_own_stack|coroutine|vfork_child"))
		return "no guard page: it would run into the memory below";
	if ((cause->traits & NO_STACK) && plan_is(plan, HANDLING, "onstack") && in_thread)
		return "known difference: SA_ONSTACK without a stack finds the agent's, and the handler runs where it could not";
	if ((cause->traits & (ONCE | NO_STACK)) && plan_is(plan, HANDLING, "jumps"))
		return "nothing to jump back to";
	return NULL;
}

static const char *impossible_company(const struct plan *plan)
{
	const struct cause *cause = plan_cause(plan);
	if (plan_is(plan, COMPANY, "forks") && plan_is(plan, PLACE, "atfork"))
		return "those who fork would go there too";
	if (!plan_is(plan, COMPANY, "barrier"))
		return NULL;
	if (!plan_is(plan, PLACE, "main|exec") || !plan_is(plan, HANDLING, "default|queried|undone") ||
	    (cause->kind != FAULT && cause->kind != SENT_TO_THREAD) || (cause->traits & (HEAP | OVERFLOWS)))
		return "which of them comes how far is chance";
	return NULL;
}

static const char *impossible_surroundings(const struct plan *plan)
{
	const bool root = getuid() == 0 && plan_is(plan, USER, "same");
	if (!root && (plan_is(plan, SURROUNDINGS, "nobody|chroot") || plan_is(plan, PLACE, "init")))
		return "only root can";
	if (getuid() != 0 && plan_is(plan, USER, "nobody"))
		return "only root can become somebody else";
	if (plan_is(plan, CAUSE, "bus_error") && plan_is(plan, SURROUNDINGS, "no_file_size"))
		return "its file cannot have a size: another signal comes first";
	if (plan_is(plan, PLACE, "daemon") && plan_is(plan, HOW, "run") && plan_is(plan, SURROUNDINGS, "closed|reused"))
		return "nobody can wait for its end";
	if (plan_is(plan, PLACE, "daemon") && plan_is(plan, SURROUNDINGS, "no_processes"))
		return "it cannot become one";
	if (plan_is(plan, LIBRARY, "faketime") && plan_is(plan, HOW, "run"))
		return "it shares an open file with those that its first process starts";
	if (plan_is(plan, SURROUNDINGS, "no_memory") && plan_is(plan, LIBRARY, "jemalloc"))
		return "it is chance which thread is refused memory first";
	if (plan_is(plan, SURROUNDINGS, "closed") && plan_is(plan, SPEAKS, "after"))
		return "nobody to speak to";
	if (plan_is(plan, SURROUNDINGS, "chroot|deleted|no_directory|no_environment|no_files") &&
	    plan_is(plan, PLACE, "exec|dlopen"))
		return "its files are not to be had there, or the agent is gone";
	if (plan_is(plan, SURROUNDINGS, "no_files|chroot") && plan_is(plan, PLACE, "cleanup"))
		return "pthread_exit() loads a library";
	if (plan_is(plan, SURROUNDINGS, "no_new_privileges") && plan_is(plan, PLACE, "vfork_child") &&
	    plan_cause(plan)->kind == SENT_TO_PROCESS)
		return "known difference: without a system call it cannot be told from a signal that another process sent to its "
		       "parent";
	if (plan_is(plan, SURROUNDINGS, "nobody") && plan_is(plan, PLACE, "exec|init"))
		return "it cannot change its user twice";
	return NULL;
}

const char *plan_impossible(const struct plan *plan)
{
	const char *why = impossible_cause(plan);
	if (!why)
		why = impossible_company(plan);
	if (!why)
		why = impossible_surroundings(plan);
	if (!why && !plan_is(plan, LIBRARY, "none") && !plan_library(plan))
		why = "the library is not installed";
	return why;
}

/* Drawing, reading, printing ----------------------------------------------------------------------------------------------- */

/* splitmix64 */
static uint64_t next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* Half of the causes are not signals that are sent, though most names are. */
static unsigned draw_cause(uint64_t *state)
{
	const unsigned others = COUNT(causes) - SENT_COUNT;
	return next(state) % 2 ? (unsigned)(next(state) % others) : others + (unsigned)(next(state) % SENT_COUNT);
}

void plan_draw(struct plan *plan, uint64_t seed, uint64_t index)
{
	uint64_t state = seed * 0x100000001b3ull + index;
	do {
		plan->choice[CAUSE] = draw_cause(&state);
		for (unsigned i = CAUSE + 1; i < DIMENSIONS; i++) {
			const bool plain = next(&state) % 100 < dimensions[i].plain;
			const unsigned any = (unsigned)(next(&state) % dimensions[i].count);
			plan->choice[i] = plain ? 0 : any;
		}
	} while (plan_impossible(plan));
}

bool plan_alone(struct plan *plan, size_t index)
{
	memset(plan, 0, sizeof(*plan));
	if (index < COUNT(causes) - SENT_COUNT) {
		plan->choice[CAUSE] = (unsigned)index;
		return true;
	}
	index -= COUNT(causes) - SENT_COUNT;
	for (unsigned i = PLACE; i < DIMENSIONS; i++) {
		const size_t choices = 2 * (dimensions[i].count - 1);
		if (index < choices) {
			plan->choice[i] = 1 + (unsigned)(index / 2);
			plan->choice[CAUSE] = index % 2 ? COUNT(causes) - SENT_COUNT : 0;
			return true;
		}
		index -= choices;
	}
	return false;
}

static bool choose(struct plan *plan, const char *word, size_t bytes)
{
	for (unsigned i = 0; i < DIMENSIONS; i++) {
		const size_t name = strlen(dimensions[i].name);
		if (bytes <= name || strncmp(word, dimensions[i].name, name) != 0 || word[name] != '=')
			continue;
		for (unsigned k = 0; k < dimensions[i].count; k++) {
			const char *choice = name_of(i, k);
			if (strlen(choice) == bytes - name - 1 && strncmp(choice, word + name + 1, bytes - name - 1) == 0) {
				plan->choice[i] = k;
				return true;
			}
		}
	}
	return false;
}

const char *plan_parse(struct plan *plan, const char *text)
{
	memset(plan, 0, sizeof(*plan));
	for (const char *word = text + strspn(text, " "); *word; word += strspn(word, " ")) {
		const size_t bytes = strcspn(word, " ");
		if (!choose(plan, word, bytes))
			return word;
		word += bytes;
	}
	return plan_impossible(plan);
}

void plan_print(const struct plan *plan, char *text, size_t bytes)
{
	size_t used = 0;
	for (unsigned i = 0; i < DIMENSIONS && used < bytes; i++)
		if (i == CAUSE || plan->choice[i] != 0)
			used += (size_t)snprintf(text + used, bytes - used, "%s%s=%s", i ? " " : "", dimensions[i].name,
						 plan_name(plan, i));
}
