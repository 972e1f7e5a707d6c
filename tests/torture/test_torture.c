/*
 * The torture: deaths without and with the agent. Each choice alone; those that once were wrong; and random ones: TTLOG_TORTURE
 * runs (default 130) of TTLOG_SEED (default 1), from
 * TTLOG_FIRST on; or those of the case that TTLOG_CASE names ("cause=abort place=thread"). TTLOG_RESULTS: a file that gets a line at the
 * begin and at the end of each run (make torture makes its table of them).
 */
#include "command.h"
#include "describe.h"
#include "expect.h"
#include "expectation.h"
#include "libc_age.h"
#include "place.h"
#include "plan.h"
#include "results.h"
#include "signal_names.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static char described[400]; /* for failures */

/* One run ------------------------------------------------------------------------------------------------------------------- */

struct end {
	struct outcome outcome;
	int status; /* of the process that the death was for: a child's, where the place is one */
	bool known; /* the status */
};

static const char *copy_of_program(const char *directory)
{
	char *path;
	cr_assert(asprintf(&path, "%s/die", directory) > 0);
	const struct outcome copied = process_run(
		&(struct process_setup){.argv = LIST("cp", PROGRAM("die"), path), .directory = directory});
	cr_assert(copied.status == 0, "cp: %s", copied.err.data);
	return path;
}

static const char *option(const struct plan *plan, enum dimension dimension, const char *name)
{
	char *text;
	cr_assert(asprintf(&text, "%s=%s", name, plan_name(plan, dimension)) > 0);
	return text;
}

/* The helper is an orphan too: it ends with 0 or 1, or 127 where it is not found. */
static int daemon_status(void)
{
	int status;
	do
		status = process_orphan(NULL);
	while (WIFEXITED(status) && (WEXITSTATUS(status) < 2 || WEXITSTATUS(status) == 127));
	return status;
}

static struct end status_of(const struct plan *plan, struct outcome outcome)
{
	struct end end = {.outcome = outcome, .status = outcome.status, .known = true};
	const char *child = strstr(outcome.out.data, "child: status 0x");
	if (plan_is(plan, PLACE, "daemon")) {
		end.known = !plan_is(plan, HOW, "run") && outcome.status == 0;
		end.status = end.known ? daemon_status() : -1;
	} else if (plan_is(plan, PLACE, "fork_child|vfork_child|init")) {
		end.known = child != NULL;
		end.status = child ? (int)strtol(child + strlen("child: status "), NULL, 16) : -1;
	}
	return end;
}

static struct end run(const struct plan *plan, bool agent)
{
	const bool under_run = agent && plan_is(plan, HOW, "run");
	const char *directory = place_directory();
	const char *program = plan_is(plan, SURROUNDINGS, "deleted") ? copy_of_program(directory) : PROGRAM("die");
	const char *const argv[] = {TTLOG,
				    "run",
				    "--storage",
				    place_storage(),
				    "--",
				    program,
				    plan_name(plan, CAUSE),
				    option(plan, PLACE, "place"),
				    option(plan, HANDLING, "handling"),
				    option(plan, COMPANY, "company"),
				    option(plan, SURROUNDINGS, "surroundings"),
				    option(plan, SPEAKS, "speaks"),
				    NULL};
	const char *library = plan_library(plan);
	char preload[512];
	snprintf(preload, sizeof(preload), "LD_PRELOAD%s%s", library ? "=" : "", library ? library : "");
	const char *const set[] = {"FAKETIME=+0", under_run ? preload : NULL, "TTLOG_STORAGE", NULL};
	struct process_setup setup = {.argv = under_run ? argv : argv + 5,
				      .environment = set,
				      .directory = directory,
				      .agent = agent,
				      .twin = true,
				      .second_library = library,
				      .second_first = plan_is(plan, LIBRARY, "hooks_before"),
				      .as_nobody = plan_is(plan, USER, "nobody")};
	return status_of(plan, process_run(&setup));
}

/* What is left to chance: how much the others had written when the end came. */
static void drop_lines(struct bytes *bytes, const char *beginning)
{
	size_t kept = 0;
	for (size_t at = 0; at < bytes->size;) {
		const char *newline = memchr(bytes->data + at, '\n', bytes->size - at);
		const size_t size = newline ? (size_t)(newline - bytes->data) + 1 - at : bytes->size - at;
		if (strncmp(bytes->data + at, beginning, strlen(beginning)) != 0) {
			memmove(bytes->data + kept, bytes->data + at, size);
			kept += size;
		}
		at += size;
	}
	bytes->size = kept;
	bytes->data[kept] = 0;
}

/* Comparing ----------------------------------------------------------------------------------------------------------------- */

/* `ttlog run` dies by the same signal; the core is the program's, not its own. */
static int comparable(const struct plan *plan, int status)
{
	return plan_is(plan, HOW, "run") && WIFSIGNALED(status) ? status & ~0x80 : status;
}

static void check_same(const struct plan *plan, struct end *plain, struct end *agent)
{
	struct core_scrutiny scrutiny;
	plan_scrutiny(plan, &scrutiny);
	drop_lines(&plain->outcome.err, "logger ");
	drop_lines(&agent->outcome.err, "logger ");
	plain->outcome.status = comparable(plan, plain->outcome.status);
	agent->outcome.status = comparable(plan, agent->outcome.status);
	expect_same_death_at(HERE, &plain->outcome, &agent->outcome, &scrutiny);
	cr_assert(plain->known != agent->known || comparable(plan, plain->status) == comparable(plan, agent->status),
		  "%s: the child died of %s without the agent, %s with it", described, status_text(plain->status),
		  status_text(agent->status));
}

/* Captured are signals of the agent's list; the program may have died of its own end instead. */
static bool is_captured_death(const struct end *end)
{
	static const int captured[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGINT, SIGTERM, SIGQUIT, SIGHUP};
	for (size_t i = 0; end->known && WIFSIGNALED(end->status) && i < sizeof(captured) / sizeof(captured[0]); i++)
		if (captured[i] == WTERMSIG(end->status))
			return true;
	return false;
}

static void check_words(const struct plan *plan, const struct snapshot *snapshot)
{
	char last[64];
	if (plan_is(plan, SPEAKS, "never") || plan_is(plan, PLACE, "fork_child|daemon|init"))
		return; /* a child's recorder begins with the child */
	snprintf(last, sizeof(last), "now %s", plan_name(plan, CAUSE));
	expect_event(snapshot, SOURCE_STDERR, last);
	expect_event(snapshot, SOURCE_STDOUT, "unflushed last words");
}

/* What a snapshot is made at. Process 1 survives its SIGABRT, and abort(3) crashes it then: unseen, so that the signal before it counts. */
static int captured_signal(const struct plan *plan, const struct end *end)
{
	const bool aborts = plan_cause(plan)->signal == SIGABRT && plan_is(plan, PLACE, "init");
	return aborts && libc_aborts_unseen() ? SIGABRT : WTERMSIG(end->status);
}

static void check_snapshot(const struct plan *plan, const struct end *agent, const struct snapshot *snapshot)
{
	struct core core;
	struct core_scrutiny scrutiny;
	char name[16];
	plan_scrutiny(plan, &scrutiny);
	const bool has_core = core_in(agent->outcome.directory, &core);
	const bool same_pids = !plan_is(plan, PLACE, "init");
	expect_sound(snapshot, (pid_t)snapshot->pid);
	snprintf(name, sizeof(name), "SIG%s", short_signal_name(captured_signal(plan, agent)));
	cr_assert(snapshot->signal.present && snapshot->reason && strcmp(snapshot->reason, name) == 0, "%s: it died of %s%s",
		  described, name, snapshot_describe(snapshot));
	if (has_core && same_pids)
		expect_snapshot_of_core_at(HERE, snapshot, &core, !scrutiny.hooked);
	crashed_thread(HERE, snapshot);
	const char *innermost = plan_innermost(plan);
	if (innermost)
		expect_innermost(snapshot, innermost);
	check_words(plan, snapshot);
}

static void check_degradations(const struct expectation *expected, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->agent.degradation_count; i++)
		cr_assert(expected->degradation && strstr(expected->degradation, snapshot->agent.degradations[i]),
			  "%s: went without \"%s\"%s", described, snapshot->agent.degradations[i], snapshot_describe(snapshot));
}

static size_t snapshots(const char **path)
{
	return snapshots_in(place_storage(), path);
}

/* Where /dev/shm is shared with others, it is not known whose they are. */
static unsigned recorders(void)
{
	if (!place_has_own_shm())
		return 0;
	return recorder_files(getuid()) + (getuid() == 0 ? recorder_files(NOBODY) : 0);
}

/* What somebody who became nobody, or may make no system call, could not take away, the next recorder does; so of an exec's. */
static void expect_nothing_left(const struct plan *plan)
{
	if (plan_is(plan, SURROUNDINGS, "nobody|chroot|no_new_privileges") || plan_is(plan, PLACE, "exec"))
		process_run(&(struct process_setup){
			.argv = LIST("/bin/echo", "hello"), .agent = true, .as_nobody = plan_is(plan, USER, "nobody")});
	/* One from before an exec in a sandbox looks as if its process had been killed, and waits for ttlog recover. */
	const bool kept = (plan_is(plan, SURROUNDINGS, "no_new_privileges") && plan_is(plan, PLACE, "exec")) ||
			  plan_is(plan, PLACE, "init"); /* its number is another process's outside */
	cr_assert(recorders() <= kept, "%s: %u recorder files are left", described, recorders());
}

/* Lines that tell of a snapshot as it was written; `ttlog run` closes with others about it. */
static unsigned announcements(const char *text)
{
	unsigned count = 0;
	for (; (text = strstr(text, "; snapshot ")); text++)
		count++;
	return count;
}

static void check_by_agent(const struct plan *plan, const struct end *agent, const struct expectation *expected)
{
	struct snapshot snapshot;
	const char *path;
	cr_assert(snapshots(&path) == 1, "%s: %zu snapshots; %s\n%s%s", described, snapshots(&path), status_text(agent->status),
		  agent->outcome.err.data, agent->outcome.agent.data);
	snapshot_at(&snapshot, path);
	check_snapshot(plan, agent, &snapshot);
	check_degradations(expected, &snapshot);
	if (!plan_is(plan, SURROUNDINGS, "closed|reused"))
		cr_assert(announcements(agent->outcome.agent.data) == 1 && strstr(agent->outcome.agent.data, path),
			  "%s: not one line that names %s:\n%s", described, path, agent->outcome.agent.data);
	expect_nothing_left(plan);
}

static struct outcome recover(bool as_nobody)
{
	return process_run(&(struct process_setup){.argv = LIST(TTLOG, "recover", place_storage()), .as_nobody = as_nobody});
}

static void check_from_outside(const struct plan *plan, const struct end *agent)
{
	struct snapshot snapshot;
	const char *path;
	if (!plan_has_recorder(plan) && snapshots(&path) <= plan_is(plan, HOW, "run"))
		return; /* it never said a word, and the kernel asked nobody */
	if (!plan_is(plan, HOW, "run")) {
		cr_assert(snapshots(&path) == 0, "%s: a snapshot was not expected of the agent: %s", described, path);
		if (!place_has_own_shm())
			return; /* it would recover what others left, too */
		struct outcome recovered = recover(plan_is(plan, USER, "nobody"));
		if (snapshots(&path) == 0 && plan_is(plan, SURROUNDINGS, "nobody"))
			recovered = recover(true); /* it became nobody before it spoke */
		cr_assert(snapshots(&path) == 1, "%s: %zu snapshots by ttlog recover: %s\n%s%s", described, snapshots(&path),
			  status_text(agent->status), recovered.out.data, recovered.err.data);
	}
	cr_assert(snapshots(&path) == 1, "%s: %zu snapshots\n%s%s", described, snapshots(&path), agent->outcome.err.data,
		  agent->outcome.agent.data);
	snapshot_at(&snapshot, path);
	check_words(plan, &snapshot);
	expect_nothing_left(plan);
}

static void check_nothing(const struct plan *plan, const struct end *agent)
{
	const char *path;
	cr_assert(snapshots(&path) == 0, "%s: it ended with %s, and yet %s", described, status_text(agent->status), path);
	expect_nothing_left(plan);
}

static const char *check(const struct plan *plan)
{
	static const char *const names[] = {"agent", "outside", "nobody"};
	mkdir(place_storage(), 0777);
	chmod(place_storage(), 01777);
	struct end plain = run(plan, false), agent = run(plan, true);
	check_same(plan, &plain, &agent);
	agent.status = plain.status;
	agent.known = plain.known;
	const struct expectation expected = plan_expectation(plan);
	if (!is_captured_death(&plain)) {
		if (plain.known)
			check_nothing(plan, &agent);
		return "alive";
	}
	if (expected.captured == BY_AGENT)
		check_by_agent(plan, &agent, &expected);
	else if (expected.captured == FROM_OUTSIDE)
		check_from_outside(plan, &agent);
	return names[expected.captured];
}

/* The runs ------------------------------------------------------------------------------------------------------------------ */

static uint64_t number(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);
	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void note(const char *what, uint64_t index, const char *text)
{
	char run[24];
	snprintf(run, sizeof(run), "%llu", (unsigned long long)index);
	results_note(what, run, text);
}

ParameterizedTestParameters(torture, death)
{
	const bool one = getenv("TTLOG_CASE") && *getenv("TTLOG_CASE");
	const size_t count = number("TTLOG_TORTURE", one ? 1 : 130);
	uint64_t *indexes = cr_malloc(count * sizeof(*indexes));
	for (size_t i = 0; i < count; i++)
		indexes[i] = number("TTLOG_FIRST", 0) + i;
	return cr_make_param_array(uint64_t, indexes, count, NULL);
}

static void begin(const struct plan *plan, const char *which, uint64_t index)
{
	char text[300];
	plan_print(plan, text, sizeof(text));
	snprintf(described, sizeof(described), "%s %llu, CASE='%s'", which, (unsigned long long)index, text);
	note("begin", index, text);
	expect_about(described);
}

static void choose(struct plan *plan, uint64_t index)
{
	char which[64];
	const char *one = getenv("TTLOG_CASE");
	const uint64_t seed = number("TTLOG_SEED", 1);
	if (one && *one) {
		const char *wrong = plan_parse(plan, one);
		cr_assert(wrong == NULL, "TTLOG_CASE: %s", wrong);
	} else {
		plan_draw(plan, seed, index);
	}
	snprintf(which, sizeof(which), "seed %llu, run", (unsigned long long)seed);
	begin(plan, which, index);
}

ParameterizedTest(uint64_t *index, torture, death, .init = place_init, .fini = place_fini, .timeout = 200)
{
	struct plan plan;
	choose(&plan, *index);
	note("end", *index, check(&plan));
}

ParameterizedTestParameters(torture, alone)
{
	struct plan plan;
	size_t count = 0;
	while (plan_alone(&plan, count))
		count++;
	uint64_t *indexes = cr_malloc(count * sizeof(*indexes));
	for (size_t i = 0; i < count; i++)
		indexes[i] = i;
	return cr_make_param_array(uint64_t, indexes, count, NULL);
}

ParameterizedTest(uint64_t *index, torture, alone, .init = place_init, .fini = place_fini, .timeout = 200)
{
	struct plan plan;
	plan_alone(&plan, *index);
	const char *impossible = plan_impossible(&plan);
	if (impossible)
		cr_skip_test("%s=%s: %s", "a choice", plan_name(&plan, plan.choice[LIBRARY] ? LIBRARY : USER), impossible);
	begin(&plan, "alone", *index);
	check(&plan);
}

/* What the torture found in agent and tools. */
struct text {
	char text[160];
};

ParameterizedTestParameters(torture, once_wrong)
{
	static const struct text cases[] = {
		{"cause=assert place=bsearch handling=onstack speaks=never"}, /* taken for a crash of the agent's handler */
		{"cause=stack_smash place=small_thread handling=reraises"},
		{"cause=pthread_kill:TERM place=init"}, /* a snapshot, and it lived on */
		{"cause=heap_overrun place=init"},      /* went round for ever */
		{"cause=breakpoint place=init"},        /* survived */
		{"cause=breakpoint surroundings=no_new_privileges"},
		{"cause=bad_syscall place=vfork_child surroundings=no_new_privileges"},
		{"cause=raise:TERM place=vfork_child surroundings=no_new_privileges"}, /* killed its parent */
		{"cause=kill:ABRT place=fork_child surroundings=no_new_privileges speaks=never"},
		{"cause=tgkill:SEGV place=cleanup company=one surroundings=no_new_privileges speaks=after"},
		{"cause=sigqueue:ABRT surroundings=no_files"}, /* no helper, and the loader's words on standard error */
		{"cause=child:INT place=once surroundings=no_files speaks=never"},
		{"cause=raise:SEGV place=bsearch company=loggers"},                                   /* older than its events */
		{"cause=raise:TERM place=small_thread handling=exits speaks=never library=jemalloc"}, /* its stack was too small */
	};
	struct text *copies = cr_malloc(sizeof(cases));
	memcpy(copies, cases, sizeof(cases));
	return cr_make_param_array(struct text, copies, sizeof(cases) / sizeof(cases[0]), NULL);
}

ParameterizedTest(struct text *text, torture, once_wrong, .init = place_init, .fini = place_fini, .timeout = 200)
{
	struct plan plan;
	const char *wrong = plan_parse(&plan, text->text);
	if (wrong && getuid() != 0)
		cr_skip_test("%s: %s", text->text, wrong);
	cr_assert(wrong == NULL, "%s: %s", text->text, wrong);
	begin(&plan, "once wrong", 0);
	check(&plan);
}
