/*
 * ttlog tail: what living processes say, from outside, whatever becomes of them.
 */
#include "command.h"
#include "describe.h"
#include "talker.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(tail, .init = place_init, .fini = place_fini, .timeout = 100);

#define TAIL(...) process_start(&(struct process_setup){.argv = LIST(TTLOG, "tail", "--no-color", __VA_ARGS__), .limit_s = 60})

static struct outcome interrupt(struct process *tail)
{
	cr_assert(kill(process_pid(tail), SIGINT) == 0);
	const struct outcome outcome = process_finish(tail);
	cr_assert(outcome.status == 0, "%s\n%s%s", status_text(outcome.status), outcome.out.data, outcome.err.data);
	return outcome;
}

/* The parts stand there in this order. */
static void expect_order(const struct outcome *outcome, const char *const *parts)
{
	const char *at = outcome->out.data;
	for (; *parts; parts++) {
		const char *found = strstr(at, *parts);
		cr_assert(found != NULL, "\"%s\" is missing or not behind the others in:\n%s", *parts, outcome->out.data);
		at = found + strlen(*parts);
	}
}

static unsigned count_of(const char *text, const char *part)
{
	unsigned count = 0;
	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

Test(tail, a_process_until_it_ends)
{
	struct talker *talker = talker_start("talker");
	talker_say(talker, "before");
	struct process *tail = TAIL("--last", "1", pid_text(talker->pid));
	process_await(tail, "before\n");
	talker_say(talker, "between");
	process_await(tail, "between\n");
	talker_say(talker, "error: at last");
	talker_finish(talker);
	const struct outcome outcome = process_finish(tail);
	cr_assert(outcome.status == 0 && outcome.err.size == 0, "%s\n%s", status_text(outcome.status), outcome.err.data);
	expect_order(&outcome, LIST(" INFO  talker[", "stdout before\n", "stdout between\n", " ERROR talker[", "error: at last\n",
				    " exited\n"));
	cr_assert(!strstr(outcome.out.data, "ready"), "--last 1:\n%s", outcome.out.data);
}

/* Where the kernel has no descriptor for a process: it is looked for in /proc. */
Test(tail, without_pidfds)
{
	struct talker *talker = talker_start("talker");
	struct process *tail = process_start(
		&(struct process_setup){.argv = LIST(PROGRAM("older_kernel"), TTLOG, "tail", "--no-color", pid_text(talker->pid))});
	talker_say(talker, "before");
	process_await(tail, "before\n");
	talker_say(talker, "between");
	process_await(tail, "between\n");
	talker_finish(talker);
	const struct outcome outcome = process_finish(tail);
	cr_assert(outcome.status == 0 && outcome.err.size == 0, "%s\n%s", status_text(outcome.status), outcome.err.data);
	expect_order(&outcome, LIST("stdout between\n", " exited\n"));
}

/* Those that begin later are met as they begin, and the next one after that. */
Test(tail, a_service_that_is_restarted)
{
	struct process *tail = process_start(&(struct process_setup){
		.argv = LIST("/bin/sh", "-c", "exec \"$0\" tail --no-color phoenix 2>&1", TTLOG), .limit_s = 60});
	process_await(tail, "no process of service phoenix is recorded yet");
	for (unsigned life = 0; life < 3; life++) {
		struct talker *talker = talker_start("phoenix"), *other = talker_start("other");
		char line[32], said[48];
		snprintf(line, sizeof(line), "life %u", life);
		snprintf(said, sizeof(said), "stdout %s\n", line);
		talker_say(talker, line);
		talker_say(other, "not asked for");
		process_await(tail, said);
		talker_finish(talker);
		talker_finish(other);
	}
	process_await(tail, "life 2\n");
	const struct outcome outcome = interrupt(tail);
	expect_order(&outcome,
		     LIST(" began\n", "ready", "life 0", " exited\n", " began\n", "life 1", " exited\n", " began\n", "life 2"));
	cr_assert(!strstr(outcome.out.data, "not asked for"));
}

/* What one said after it had heard the other stands behind that. */
Test(tail, several_by_time)
{
	enum { TURNS = 40 };
	struct talker *talkers[2] = {talker_start("ping"), talker_start("pong")};
	struct process *tail = TAIL("--all", "--last", "all");
	const char *parts[TURNS + 1] = {NULL};
	for (unsigned turn = 0; turn < TURNS; turn++) {
		char line[32], *part = malloc(64);
		snprintf(line, sizeof(line), "turn %u.", turn);
		snprintf(part, 64, "stdout %s\n", line);
		parts[turn] = part;
		talker_say(talkers[turn % 2], line);
	}
	process_await(tail, "turn 39.\n");
	const struct outcome outcome = interrupt(tail);
	expect_order(&outcome, parts);
	talker_finish(talkers[0]);
	talker_finish(talkers[1]);
}

/* As ttlog view shows them: how deep in spans, how long those took, and the lines of a program that lives. */
Test(tail, spans_and_source_lines)
{
	struct process *inside = process_start(&(struct process_setup){.argv = LIST(PROGRAM("inside")), .agent = true});
	process_await(inside, "ready");
	struct process *tail = TAIL("--last", "all", pid_text(process_pid(inside))),
		       *json = TAIL("--last", "all", "--json", pid_text(process_pid(inside)));
	process_await(tail, "ready");
	process_await(json, "ready");
	kill(process_pid(inside), SIGKILL);
	process_finish(inside);
	const struct outcome outcome = process_finish(tail), object = process_finish(json);
	expect_order(&outcome, LIST("] macro  { request id=7  inside.c:15\n", "] stdout   inside  inside.c:16\n",
				    "] macro    { step  inside.c:8\n", "] stdout     deeper  inside.c:9\n", "] macro    } step  ",
				    "] stdout   ready  inside.c:18\n", " was killed\n"));
	expect_order(&object, LIST("\"message\": \"inside\\n\"", "\"line\": 16"));
}

Test(tail, a_death)
{
	struct talker *talker = talker_start("mortal");
	struct process *tail = TAIL(pid_text(talker->pid));
	process_await(tail, "ready\n");
	kill(talker->pid, SIGSEGV);
	const struct outcome outcome = process_finish(tail);
	process_finish(talker->process);
	const char *path;
	cr_assert(snapshots_in(place_storage(), &path) == 1);
	expect_order(&outcome, LIST("ready\n", " died of SIGSEGV; snapshot ", path));
}

Test(tail, a_kill)
{
	struct talker *talker = talker_start("mortal");
	struct process *tail = TAIL(pid_text(talker->pid));
	process_await(tail, "ready\n");
	kill(talker->pid, SIGKILL);
	const struct outcome outcome = process_finish(tail);
	process_finish(talker->process);
	expect_order(&outcome, LIST("ready\n", " was killed\n"));
}

/* The recorder is another one; the process is not. */
Test(tail, exec)
{
	const char *fifos[] = {place_path("go"),
			       place_path("end")}; /* two: of one the second reader may meet the first one's writer */
	char script[2048];
	cr_assert(mkfifo(fifos[0], 0600) == 0 && mkfifo(fifos[1], 0600) == 0);
	snprintf(script, sizeof(script), "echo one; read -r line < %s; exec /bin/bash -c \"echo two; read -r line < %s\"", fifos[0],
		 fifos[1]);
	struct process *process = process_start(&(struct process_setup){.argv = LIST("/bin/bash", "-c", script), .agent = true});
	process_await(process, "one\n");
	struct process *tail = TAIL("--last", "all", pid_text(process_pid(process)));
	process_await(tail, "stdout one\n");
	for (unsigned i = 0; i < 2; i++) {
		FILE *go = fopen(fifos[i], "w");
		fputs("\n", go);
		fclose(go);
		if (i == 0)
			process_await(tail, "stdout two\n");
	}
	process_finish(process);
	const struct outcome outcome = process_finish(tail);
	cr_assert(outcome.status == 0);
	expect_order(&outcome, LIST("stdout one\n", " became another program\n"));
	expect_order(&outcome, LIST("stdout one\n", "stdout two\n", " exited\n"));
}

/* Its file is gone, the process writes on, and is read on. */
Test(tail, a_recorder_that_is_removed)
{
	struct talker *talker = talker_start("talker");
	struct process *tail = TAIL(pid_text(talker->pid));
	process_await(tail, "ready\n");
	cr_assert(unlink(recorder_of(talker->pid)) == 0);
	talker_say(talker, "still there");
	process_await(tail, "still there\n");
	talker_finish(talker);
	cr_assert(process_finish(tail).status == 0);
}

/* More than its lane holds while the tail stands still: each event is shown or counted. */
Test(tail, what_is_lost_is_counted)
{
	enum { LINES = 5000 };
	struct talker *talker = talker_start("talker");
	struct process *tail = TAIL(pid_text(talker->pid));
	process_await(tail, "ready\n");
	cr_assert(kill(process_pid(tail), SIGSTOP) == 0);
	process_await_stopped(tail);
	for (unsigned i = 0; i < LINES; i++)
		fprintf(talker->lines, "line %u.\n", i);
	process_await(talker->process, "line 4999.\n");
	cr_assert(kill(process_pid(tail), SIGCONT) == 0);
	process_await(tail, "line 4999.\n");
	talker_finish(talker);
	const struct outcome outcome = process_finish(tail);
	const char *lost = strstr(outcome.out.data, " lost: written over before they were read");
	cr_assert(lost != NULL, "%.2000s", outcome.out.data);
	while (lost[-1] != '\n' && strncmp(lost, "] ", 2) != 0)
		lost--;
	const unsigned count = (unsigned)atoi(lost + 2), shown = count_of(outcome.out.data, "stdout line ");
	/* bash says a line at once, or in two pieces, which are joined: a piece may be lost */
	cr_assert(count > 0 && shown > 0 && shown < LINES && shown + count >= LINES && shown + count <= 2 * LINES,
		  "%u shown, %u lost", shown, count);
}

Test(tail, filters)
{
	struct talker *talker = talker_start("talker");
	talker_say(talker, "warning: low");
	talker_say(talker, "all is well");
	talker_say(talker, "error: lost 12");
	talker_say(talker, "error: lost");
	struct process *tail = TAIL("-n", "all", "--level", "warn", "--grep", "lost [0-9]+|low", pid_text(talker->pid));
	process_await(tail, "lost 12\n");
	talker_finish(talker);
	const struct outcome outcome = process_finish(tail);
	expect_order(&outcome, LIST("warning: low\n", "error: lost 12\n", " exited\n"));
	cr_assert(!strstr(outcome.out.data, "well") && !strstr(outcome.out.data, "error: lost\n"), "%s", outcome.out.data);
}

/* Secrets are taken out as they are of snapshots, and nothing reaches the terminal as it is. */
Test(tail, harmless)
{
	struct talker *talker = talker_start("talker");
	talker_say(talker, "password=hunter2 \033]0;title");
	struct process *tail = TAIL("-n", "all", pid_text(talker->pid));
	process_await(tail, "title\n");
	talker_finish(talker);
	const struct outcome outcome = process_finish(tail);
	cr_assert(!strstr(outcome.out.data, "hunter2") && strstr(outcome.out.data, "password=[redacted]") &&
			  !strchr(outcome.out.data, '\033'),
		  "%s", outcome.out.data);
}

Test(tail, json_lines)
{
	struct talker *talker = talker_start("talker");
	talker_say(talker, "quote \" and \\");
	struct process *tail = TAIL("--json", "-n", "all", pid_text(talker->pid));
	process_await(tail, "quote");
	talker_finish(talker);
	const struct outcome outcome = process_finish(tail);
	const char *path = place_file("lines", outcome.out.data, outcome.out.size);
	const struct outcome read = process_run(&(struct process_setup){
		.argv = LIST(
			"/usr/bin/python3", "-c",
			"import json, sys\n"
			"rows = [json.loads(line) for line in open(sys.argv[1])]\n"
			"assert [row.get('message', row.get('notice')).rstrip() for row in rows] == "
			"['ready', 'quote \" and \\\\', 'ended'], rows\n"
			"assert all(row['service'] == 'talker' and row['pid'] == int(sys.argv[2]) for row in rows)\n"
			"assert rows[0]['source'] == 'stdout' and rows[0]['level'] == 'info' and rows[0]['timestamp'] > 1e18\n",
			path, pid_text(talker->pid))});
	cr_assert(read.status == 0, "%s%s", read.err.data, outcome.out.data);
}

/* Without a word from anybody: the reader of a tail that has enough is noticed. */
Test(tail, a_reader_that_leaves)
{
	struct talker *talker = talker_start("talker");
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST("/bin/bash", "-c", "\"$0\" tail -n all \"$1\" | head -n 1; echo ${PIPESTATUS[0]}", TTLOG,
			     pid_text(talker->pid))});
	cr_assert(outcome.status == 0 && strstr(outcome.out.data, "ready\n0\n") && outcome.err.size == 0, "%s%s", outcome.out.data,
		  outcome.err.data);
	talker_finish(talker);
}

Test(tail, errors)
{
	expect_error(USAGE, "no PID, SERVICE or --all", "tail");
	expect_error(USAGE, "b: one PID", "tail", "a", "b");
	expect_error(USAGE, "a: one PID", "tail", "--all", "a");
	expect_error(USAGE, "--level loud", "tail", "--level", "loud", "--all");
	expect_error(USAGE, "--grep a(b", "tail", "--grep", "a(b", "--all");
	expect_error(USAGE, "--source ear", "tail", "--source", "ear", "--all");
	expect_error(USAGE, "--around: unknown option", "tail", "--around", "3", "--all"); /* of its events none has a number */
	expect_error(USAGE, "--last -1", "tail", "--last", "-1", "--all");
	expect_error(USAGE, "--kv =1", "tail", "--kv", "=1", "--all");
	expect_error(NOTHING, "2147483647: no recorder", "tail", "2147483647");
}
