/*
 * Programs that nobody recompiled, each run three times: without the agent, with it, and under `ttlog run`. With the agent the status
 * and the bytes are the same; and what is recorded, event by event, are the bytes that it put out.
 *
 * A descriptor is what is told apart: a shell that puts 2 in the place of 1 for `echo >&2` says it on 1.
 *
 * A program that prints something else each time (VARIES) is held to the second rule only.
 */
#include "heard.h"
#include "place.h"

#include <criterion/criterion.h>

TestSuite(programs, .init = place_init, .fini = place_fini, .timeout = 600);

enum how { SAME, VARIES };

struct program {
	enum how how;
	const char *argv[8];
};

static void expect_transparent(const struct program *program)
{
	struct outcome outcomes[2];
	for (int agent = 0; agent < 2; agent++)
		outcomes[agent] = process_run(&(struct process_setup){
			.argv = program->argv, .agent = agent, .environment = heard_environment, .directory = "/"});
	if (program->how == SAME)
		expect_same(outcomes[0], outcomes[1]);
}

static void check(const struct program *programs, size_t count)
{
	struct snapshot snapshot;
	for (size_t i = 0; i < count; i++) {
		expect_transparent(&programs[i]);
		expect_heard(programs[i].argv, "/", &snapshot);
	}
}

#define PROGRAMS(name, ...)                                                                                                        \
	Test(programs, name)                                                                                                       \
	{                                                                                                                          \
		static const struct program list[] = {__VA_ARGS__};                                                                \
		check(list, sizeof(list) / sizeof(list[0]));                                                                       \
	}

PROGRAMS(listing, {SAME, {"ls", "-la", "/usr/lib"}}, {SAME, {"ls", "-1", "--color=always", "/etc"}}, {SAME, {"ls", "/nonexistent"}},
	 {SAME, {"find", "/etc/apt"}}, {SAME, {"stat", "/etc/passwd"}}, {SAME, {"du", "-a", "/etc/apt"}}, {VARIES, {"df"}},
	 {SAME, {"find", "/nonexistent"}}, {SAME, {"readlink", "-v", "/etc/passwd"}})

PROGRAMS(text, {SAME, {"seq", "3000"}}, {SAME, {"sort", "/etc/services"}}, {SAME, {"wc", "/etc/passwd", "/etc/group"}},
	 {SAME, {"head", "-n", "30", "/etc/services"}}, {SAME, {"tail", "-n", "30", "/etc/services"}},
	 {SAME, {"uniq", "/etc/passwd"}}, {SAME, {"cut", "-d:", "-f1", "/etc/passwd"}}, {SAME, {"od", "-c", "/etc/passwd"}},
	 {SAME, {"nl", "/etc/passwd"}}, {SAME, {"comm", "/etc/passwd", "/etc/group"}},
	 {SAME, {"paste", "/etc/passwd", "/etc/group"}}, {SAME, {"fold", "-w", "20", "/etc/passwd"}},
	 {SAME, {"fmt", "/etc/services"}}, {SAME, {"pr", "-l", "20", "/etc/passwd"}}, {SAME, {"cat", "/etc/passwd"}},
	 {SAME, {"cat", "-n", "/etc/passwd"}}, {SAME, {"tac", "/etc/passwd"}}, {SAME, {"base64", "/etc/services"}},
	 {SAME, {"grep", "-n", "root", "/etc/passwd"}}, {SAME, {"grep", "x", "/nonexistent"}},
	 {SAME, {"sed", "-n", "1,20p", "/etc/services"}}, {SAME, {"awk", "{print $1, NR}", "/etc/services"}},
	 {SAME, {"diff", "/etc/passwd", "/etc/group"}}, {SAME, {"cmp", "/etc/passwd", "/etc/group"}},
	 {SAME, {"sha256sum", "/etc/passwd", "/nonexistent"}}, {SAME, {"join", "/etc/passwd", "/etc/passwd"}},
	 {SAME, {"tr", "--help"}}, {SAME, {"factor", "123456789", "97"}}, {SAME, {"numfmt", "--to=iec", "1024", "1048576"}},
	 {SAME, {"printf", "%s\\n", "a", "b"}}, {SAME, {"echo", "hello", "world"}}, {SAME, {"expr", "3", "+", "4"}})

PROGRAMS(system, {VARIES, {"env"}}, {SAME, {"id"}}, {VARIES, {"date"}}, {SAME, {"uname", "-a"}}, {VARIES, {"getconf", "-a"}},
	 {SAME, {"locale", "-a"}}, {SAME, {"nproc"}}, {SAME, {"cp", "/nonexistent", "/x"}}, {SAME, {"rm", "/nonexistent"}},
	 {SAME, {"mkdir", "/proc/x/y"}}, {SAME, {"chmod", "777", "/nonexistent"}}, {SAME, {"dpkg", "-l"}},
	 {SAME, {"readelf", "-a", "/bin/true"}}, {SAME, {"nm", "-D", "/bin/bash"}}, {SAME, {"objdump", "-h", "/bin/true"}},
	 {SAME, {"gcc", "--version"}}, {SAME, {"make", "--version"}}, {SAME, {"git", "--version"}}, {SAME, {"gzip", "--help"}},
	 {SAME, {"tar", "cvf", "/dev/null", "/etc/apt"}}, {SAME, {"xargs", "--help"}})

PROGRAMS(shells, {SAME, {"bash", "-c", "for ((i = 0; i < 300; i++)); do echo $i; printf '%d\\n' $i; done"}},
	 {SAME, {"bash", "-c", "help; ulimit -a; type echo; nonexistent_command"}},
	 {SAME, {"bash", "-c", "printf '%s' a b c; exit 3"}},
	 {SAME, {"dash", "-c", "i=0; while [ $i -lt 200 ]; do echo $i; i=$((i+1)); done; nonexistent_command"}},
	 {VARIES, {"dash", "-c", "set; export"}})

PROGRAMS(interpreters, {SAME, {"/usr/bin/perl", "-e", "print \"line $_\\n\" for 1..500; warn 'to standard error'"}},
	 {SAME, {"/usr/bin/perl", "-e", "$| = 1; print \"line $_\\n\" for 1..50; die 'at the end'"}},
	 {SAME, {"/usr/bin/python3", "-c", "for i in range(500): print('line', i)"}},
	 {SAME, {"/usr/bin/python3", "-u", "-c", "print('x' * 3000); 1 / 0"}},
	 {SAME, {"sqlite3", ":memory:", "create table t(a); insert into t values(1),(2); select * from t; select * from nothing;"}})
