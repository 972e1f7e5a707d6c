#include "run.h"

#include "arena.h"
#include "command.h"
#include "describe.h"
#include "duration.h"
#include "program.h"
#include "run_until.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT_MAX     1000000u
#define JOBS_MAX      1024u
#define KILL_AFTER_NS (5 * 1000000000ull)

#define STATUS_TIMEOUT        124 /* as timeout(1) */
#define STATUS_KILLED         137 /* as timeout(1): SIGTERM was not enough */
#define STATUS_NOT_EXECUTABLE 126 /* as the shell */
#define STATUS_NOT_FOUND      127

static const struct option long_options[] = {
	{"service", required_argument, NULL, 's'},
	{"storage", required_argument, NULL, 'd'},
	{"timeout", required_argument, NULL, 't'},
	{"kill-after", required_argument, NULL, 'a'},
	{"on-exit", required_argument, NULL, 'e'},
	{"keep", required_argument, NULL, 'k'},
	{"interval", required_argument, NULL, 'i'},
	{"quiet", no_argument, NULL, 'q'},
	{"process-timeout", required_argument, NULL, 'p'},
	{"until-failure", no_argument, NULL, 'u'},
	{"jobs", required_argument, NULL, 'j'},
	{"max-runs", required_argument, NULL, 'n'},
	{"for", required_argument, NULL, 'o'},
	{"only-failures", no_argument, NULL, 'f'},
	{"max-snapshots", required_argument, NULL, 'm'},
	{NULL, 0, NULL, 0},
};

/* Options -------------------------------------------------------------------------------------------------------------------- */

static int usage(const char *option, const char *value, const char *what)
{
	return command_error(&command_run, COMMAND_USAGE, "%s %s: %s; see `ttlog run --help`", option, value, what);
}

static int parse_on_exit(struct run_options *options, const char *value)
{
	static const char *const names[] = {[ON_EXIT_NEVER] = "never", [ON_EXIT_FAILURE] = "failure", [ON_EXIT_ALWAYS] = "always"};

	for (int i = ON_EXIT_NEVER; i <= ON_EXIT_ALWAYS; i++) {
		if (!strcmp(names[i], value)) {
			options->on_exit = (enum on_exit)i;
			options->on_exit_name = value;
			return 0;
		}
	}
	return usage("--on-exit", value, "none of never failure always");
}

static int parse_duration(const char *option, const char *value, uint64_t *ns)
{
	if (duration_parse(value, ns) != 0)
		return usage(option, value, "not a duration such as 500ms, 60s, 5m or 1h");
	return 0;
}

static int parse_keep(struct run_options *options, const char *value)
{
	if (!*value || strspn(value, "0123456789,") != strlen(value))
		return usage("--keep", value, "not a number of snapshots");
	options->keep = value;
	return 0;
}

static int parse_count(const char *option, const char *value, uint32_t *count)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno || number > COUNT_MAX)
		return usage(option, value, "not a number up to 1000000");
	*count = (uint32_t)number;
	return 0;
}

static int parse_jobs(const char *value, uint32_t *jobs)
{
	int status = parse_count("--jobs", value, jobs);

	if (!status && (!*jobs || *jobs > JOBS_MAX))
		status = usage("--jobs", value, "none of 1 to 1024");
	return status;
}

static int apply(struct run_options *options, int option)
{
	switch (option) {
	case 's':
		options->service = optarg;
		return 0;
	case 'd':
		options->storage = optarg;
		return *optarg ? 0 : usage("--storage", "\"\"", "no directory");
	case 't':
		return parse_duration("--timeout", optarg, &options->timeout_ns);
	case 'p':
		return parse_duration("--process-timeout", optarg, &options->process_ns);
	case 'a':
		return parse_duration("--kill-after", optarg, &options->kill_after_ns);
	case 'e':
		return parse_on_exit(options, optarg);
	case 'i':
		options->has_interval = true;
		return parse_duration("--interval", optarg, &options->interval_ns);
	case 'k':
		return parse_keep(options, optarg);
	case 'm':
		options->has_max_snapshots = true;
		return parse_count("--max-snapshots", optarg, &options->max_snapshots);
	case 'u':
		options->until_failure = true;
		return 0;
	case 'j':
		return parse_jobs(optarg, &options->jobs);
	case 'n':
		return parse_count("--max-runs", optarg, &options->max_runs);
	case 'o':
		return parse_duration("--for", optarg, &options->for_ns);
	case 'f':
		options->only_failures = true;
		return 0;
	default:
		options->quiet = true;
		return 0;
	}
}

/* The environment may ask for it as well: TTLOG_ON_EXIT is what the agent goes by. A bad value there is the agent's to report. */
static void preset_on_exit(struct run_options *options)
{
	const char *set = getenv("TTLOG_ON_EXIT");

	if (set && !strcmp(set, "failure"))
		options->on_exit = ON_EXIT_FAILURE;
	else if (set && !strcmp(set, "always"))
		options->on_exit = ON_EXIT_ALWAYS;
}

/* End ------------------------------------------------------------------------------------------------------------------------ */

/*
 * Past libc: where we run inside another run its agent is in us, answers signal(2), and would make a snapshot of a death that is
 * none. All zero is SIG_DFL with no flag and an empty mask.
 */
static void default_action(int number)
{
	static const unsigned long preset[4]; /* the kernel's struct sigaction: handler, flags, restorer, mask */

	syscall(SYS_rt_sigaction, number, preset, NULL, sizeof(uint64_t));
}

/* Whoever waits for us shall see what he would have seen of CMD. A second core file of ours would be no news. */
int run_end_like(int status)
{
	const struct rlimit none = {0, 0};
	sigset_t all;

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fflush(NULL);
	setrlimit(RLIMIT_CORE, &none);
	default_action(WTERMSIG(status));
	sigemptyset(&all);
	sigaddset(&all, WTERMSIG(status));
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	raise(WTERMSIG(status));
	return 128 + WTERMSIG(status); /* PID 1 of a container survives raise() */
}

static int end_of(const struct run *run)
{
	if (run_cmd_is_timed_out(run))
		return run->needed_kill ? STATUS_KILLED : STATUS_TIMEOUT;
	return run_end_like(run->status);
}

/* The run that this process is, for who has no memory left. */
static const struct run *current;

/* What there is of CMD's end is not lost for want of memory to describe it. */
static int end_without_memory(void)
{
	return current->ended ? end_of(current) : RUN_FAILED;
}

static int find(const char *name, char path[PATH_MAX])
{
	switch (program_find(name, path)) {
	case 0:
		return 0;
	case -ENOENT:
		return command_error(&command_run, STATUS_NOT_FOUND, "%s: not found", name);
	default:
		return command_error(&command_run, STATUS_NOT_EXECUTABLE, "%s: not executable", name);
	}
}

static bool is_ourselves(const char *path)
{
	struct stat command, own;

	return stat(path, &command) == 0 && stat("/proc/self/exe", &own) == 0 && command.st_dev == own.st_dev &&
	       command.st_ino == own.st_ino;
}

int run_once(struct run *run)
{
	const char *name = run->options.command[0];
	char path[PATH_MAX];
	struct program_reach reach;
	int status = find(name, path);

	current = run;
	if (status)
		return status;
	reach = program_reach(path);
	if (!reach.obstacle)
		reach.obstacle = program_drops_preload(run->options.command);
	if (reach.obstacle && !run->options.quiet)
		fprintf(stderr, "ttlog: %s %s: its events and stacks cannot be captured, only how it ends\n",
			describe_base_name(name), reach.obstacle);
	run->unreachable = reach.obstacle != NULL;
	run->nested = is_ourselves(path);
	status = run_prepare(run, !reach.harmful);
	if (!status)
		status = run_child(run, path);
	if (status)
		return status;
	run_collect(run);
	run_conclude(run);
	free(run->reaped);
	free(run->captured);
	return end_of(run);
}

static int until_failure(struct run *run)
{
	char path[PATH_MAX];
	int status = find(run->options.command[0], path);

	run->options.jobs = run->options.jobs ? run->options.jobs : 1;
	return status ? status : run_until_failure(run);
}

static int only_once(struct run *run)
{
	const struct run_options *options = &run->options;

	if (options->jobs || options->max_runs || options->for_ns)
		return command_error(&command_run, COMMAND_USAGE, "%s: goes with --until-failure",
				     options->jobs       ? "--jobs"
				     : options->max_runs ? "--max-runs"
							 : "--for");
	return run_once(run);
}

static int run_run(int argc, char **argv)
{
	static struct run state = {.options.kill_after_ns = KILL_AFTER_NS}; /* who runs out of memory later asks it for its end */
	int option, status = 0;

	current = &state;
	arena_end_by(end_without_memory);
	preset_on_exit(&state.options);
	while (!status && (option = command_option(&command_run, argc, argv, long_options, 1)) != OPTION_END) {
		if (option == OPTION_HELP)
			return COMMAND_DONE;
		status = option == OPTION_BAD ? COMMAND_USAGE : apply(&state.options, option);
	}
	if (status)
		return status;
	if (optind == argc)
		return command_error(&command_run, COMMAND_USAGE, "no CMD given; see `ttlog run --help`");
	state.options.command = argv + optind;
	return state.options.until_failure ? until_failure(&state) : only_once(&state);
}

const struct command command_run = {
	.name = "run",
	.summary = "run a program with the recorder; a snapshot remains when it dies",
	.run = run_run,
	.options = long_options,
	.operands = COMMAND_TAKES_PROGRAM,
	.help = "usage: ttlog run [OPTIONS] -- CMD [ARGS]\n\n"
		"Runs CMD with the agent preloaded and ends as CMD does: same exit status, same\n"
		"signal. When CMD, or a process that it started, dies (also of SIGKILL or for\n"
		"lack of memory), one snapshot is written and named on standard error.\n\n"
		"  --service S     name in the snapshot (default: the program's)\n"
		"  --storage DIR   where snapshots go (default ./tmp; made when needed)\n"
		"  --timeout T     after T (500ms, 60s, 5m, 1h; 0: never) a snapshot with the\n"
		"                  stacks of all threads is made of each process that descends\n"
		"                  from CMD and lives, in whatever session; then all get SIGTERM\n"
		"  --process-timeout T  the same for each process by itself, CMD too, and the\n"
		"                  others go on. Counted is the time in which it has no children:\n"
		"                  make, a shell or a test driver waits for a test and is not\n"
		"                  what hangs\n"
		"  --kill-after D  those left D later get SIGKILL (default 5s; 0: nobody, and\n"
		"                  only CMD is waited for)\n"
		"  --interval P    every P a snapshot of each process of CMD's that lives and has\n"
		"                  said something since its last, for when nothing else will be\n"
		"                  left; it replaces the last and goes when the process has ended\n"
		"                  (default 60s, or TTLOG_INTERVAL; 0: none)\n"
		"  --on-exit WHEN  snapshot also when CMD itself exits: never (default), failure\n"
		"                  (status other than 0), always\n"
		"  --keep N[,MB]   keep the newest N snapshots of the directory, and no more than\n"
		"                  MB (default 100,1000; 0: no limit)\n"
		"  --max-snapshots N  the first N deaths have snapshots, further ones are\n"
		"                  counted. --keep keeps the newest ones of a directory, this the\n"
		"                  first ones of the run, where the cause stands before its\n"
		"                  consequences; deaths that only a parent sees (SIGKILL) come\n"
		"                  last\n"
		"  --only-failures  snapshots are kept only where CMD failed: a status other than\n"
		"                   0, a signal, a time-out\n"
		"  --until-failure  CMD again and again, until it dies, fails or --timeout is\n"
		"                  over; of that run the output is shown and the snapshots are\n"
		"                  kept, of the others neither. Standard input is empty, and\n"
		"                  there is no terminal\n"
		"  --jobs N        N of these runs at a time (default 1)\n"
		"  --max-runs N    no more than N of them; where none has failed then, the status\n"
		"                  is 0\n"
		"  --for T         no longer than T: those that are at it then are ended, and not\n"
		"                  counted\n"
		"  --quiet         no line about snapshots on standard error\n\n"
		"Where others than CMD have died, standard error closes with what, why and where,\n"
		"each kind of death once.\n\n"
		"Exit status: CMD's, or its signal; 124 after --timeout, 137 where CMD had to be\n"
		"killed then; 125 ttlog run itself failed, 126 CMD cannot be executed, 127 CMD\n"
		"not found, 2 bad usage.\n\n"
		"Signals sent to ttlog run (HUP INT QUIT USR1 USR2 ALRM TERM, real-time ones)\n"
		"reach CMD, with the pid and uid of their sender; what the terminal sends reaches\n"
		"CMD by itself, once. CMD stays in the caller's process group: ^Z, fg, bg and job\n"
		"control work as without. As with timeout(1), who signals the whole process group\n"
		"signals CMD twice. Killed by SIGKILL, ttlog run leaves CMD running and recorded.\n\n"
		"Examples:\n"
		"  ttlog run -- ./server --port 8080\n"
		"  ttlog run --timeout 60s --on-exit failure -- make test\n"
		"  ttlog run --service api --storage /var/crash -- python3 app.py\n"
		"  ttlog run --until-failure --jobs 2 --timeout 60s --for 10m -- ./flaky_test\n"
		"  ttlog run -- ./program; ttlog view tmp\n",
};
