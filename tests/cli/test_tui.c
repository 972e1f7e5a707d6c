/*
 * ttlog tui on the screen of tmux: what is seen, what keys and the mouse do, and that the terminal is given back.
 */
#include "command.h"
#include "sample.h"
#include "screen_session.h"
#include "talker.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_all(void)
{
	screen_close();
	place_fini();
}

TestSuite(tui, .init = place_init, .fini = close_all, .timeout = 300);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct snapshot_value values[] = {{"id", {.type = VALUE_UNSIGNED, .number.u = 7}},
					 {"path", {.type = VALUE_STRING, .string = "a b", .string_bytes = 3}}};

static struct snapshot_event events[] = {
	SAMPLE_EVENT(9000000, LEVEL_INFO, SOURCE_STDOUT, 100, "starts\n"),
	SAMPLE_EVENT(5000000, LEVEL_DEBUG, SOURCE_SYSLOG, 101, "needle one"),
	SAMPLE_EVENT(4000000, LEVEL_INFO, SOURCE_STDOUT, 100, "\x1b[31mred\x07 \xff 漢字 e\xcc\x81nd\n"),
	SAMPLE_EVENT(3000000, LEVEL_WARN, SOURCE_STDERR, 100, "a warning, needle two\n"),
	SAMPLE_EVENT(1500, LEVEL_ERROR, SOURCE_MACRO, 101, "gone"),
	SAMPLE_EVENT(1000, LEVEL_INFO, SOURCE_STDOUT, 101, "last words\n"),
};

static const char *write_events(void)
{
	events[4].values = values;
	events[4].value_count = COUNT(values);
	events[4].target = "net.tls";
	return sample_write(events, COUNT(events));
}

/* What is typed after it ended stands on a terminal as it was: the shell says so. */
static void open_tui(unsigned columns, unsigned lines, const char *argument)
{
	char command[4096];
	snprintf(command, sizeof(command),
		 "sh -c 'trap : INT; echo before; sh -c \"echo \\$\\$ >%s; TERM=xterm-256color exec %s tui %s\"; echo ended with "
		 "$?; stty -a | grep -o -- "
		 "\"-*icanon\"; exec cat'",
		 place_path("pid"), TTLOG, argument);
	screen_open(columns, lines, command);
}

static void expect_ended(const char *status)
{
	const char *screen;
	screen_expect(status);
	screen = screen_expect("icanon");
	cr_assert(strstr(screen, "before") && !strstr(screen, "-icanon") && !strstr(screen, "Snapshots"), "%s", screen);
}

Test(tui, list_stacks_events_detail)
{
	const char *path = write_events();
	const char *screen;
	open_tui(80, 24, place_storage());
	screen = screen_expect("crash_here");
	cr_assert(strstr(screen, "SIGSEGV") && strstr(screen, "sample") && strstr(screen, "4711"), "%s: %s", path, screen);
	SCREEN_KEYS("Enter");
	screen_expect("thread 100 main  crashed");
	screen_expect("sample[4711] died of SIGSEGV");
	SCREEN_KEYS("2");
	screen_expect("6/6");
	SCREEN_KEYS("k", "Enter");
	screen = screen_expect("path = a b");
	cr_assert(strstr(screen, "id = 7") && strstr(screen, "net.tls") && strstr(screen, "error"), "%s", screen);
	SCREEN_KEYS("Escape");
	screen_expect("5/6");
	SCREEN_KEYS("4");
	screen_expect("/bin/sample");
	SCREEN_KEYS("5");
	screen_expect("6 events recorded");
	SCREEN_KEYS("?");
	screen_expect("Perl-compatible");
	SCREEN_KEYS("q");
	screen_expect_gone("Perl-compatible");
	SCREEN_KEYS("q");
	expect_ended("ended with 0");
}

Test(tui, search_and_filters)
{
	open_tui(80, 24, write_events());
	SCREEN_KEYS("2");
	screen_expect("6/6");
	screen_type("/need.e");
	screen_expect("2/6"); /* while it is typed: from the cursor on around the end */
	SCREEN_KEYS("Enter", "n");
	screen_expect("4/6");
	screen_expect_painted("1;4;7mneedle");
	SCREEN_KEYS("N");
	screen_expect("2/6");
	screen_type("T");
	screen_expect("/3 of 6  thread 101");
	screen_type("T&need");
	SCREEN_KEYS("Enter");
	screen_expect("/2 of 6  & need");
	screen_type("clll");
	screen_expect("/2 of 6  level warn");
	screen_type("cgm");
	screen_expect("●");
	screen_type("G'");
	screen_expect("1/6");
	screen_type("&a(");
	SCREEN_KEYS("Enter");
	screen_expect("missing closing parenthesis");
	screen_type("q");
	expect_ended("ended with 0");
}

/* Nothing that a program said reaches the terminal as it is; wide and combining characters keep the columns. */
Test(tui, hostile_text)
{
	open_tui(80, 24, write_events());
	SCREEN_KEYS("2");
	screen_expect("\\x1b[31mred\\x07 \\xff 漢字 e\xcc\x81nd");
}

/* Enter on the list opens the newest snapshot, whatever lives, comes and goes on this machine; until somebody moves. */
Test(tui, cursor_of_the_list)
{
	if (!place_has_own_shm())
		cr_skip_test("needs a /dev/shm of its own: other recorders would be rows, too");
	const char *path = write_events();
	open_tui(120, 30, place_storage());
	screen_expect("1/1");
	struct talker *first = talker_start("first"), *second = talker_start("second");
	screen_expect("3/3"); /* the living stand before it */
	talker_finish(first);
	screen_expect("2/2");
	kill(second->pid, SIGKILL); /* its recorder waits for ttlog recover, behind it */
	process_finish(second->process);
	screen_expect("1/2");
	SCREEN_KEYS("j");
	screen_expect("2/2");
	unlink(path);
	screen_expect("1/1");
	screen_expect("gone");
}

Test(tui, spans)
{
	make_snapshot(PROGRAM("spans"), "die");
	open_tui(120, 30, place_storage());
	screen_expect("say_inside");
	SCREEN_KEYS("Enter");
	screen_expect("] died of SIGABRT");
	SCREEN_KEYS("2");
	screen_expect("{ outer a=1 b=2 c=3 d=4 e=5 f=six g=7  open for ");
	screen_expect("macro    { inner  open for ");
	screen_expect("stdout     inside");
}

Test(tui, sizes)
{
	open_tui(200, 60, write_events());
	SCREEN_KEYS("1");
	screen_expect(".cbor.lz4");
	screen_resize(60, 20);
	screen_expect("needs 80x24; this is 60x20");
	screen_resize(100, 30);
	screen_expect("1 Snapshots");
	screen_type("q");
	expect_ended("ended with 0");
}

Test(tui, mouse)
{
	open_tui(80, 24, write_events());
	screen_expect("3 Stacks");
	screen_type("\x1b[<0;18;2M\x1b[<0;18;2m"); /* the tab of events */
	screen_expect("6/6");
	screen_type("\x1b[<64;10;10M"); /* the wheel, up */
	screen_expect("3/6");
	screen_type("\x1b[<0;10;7M\x1b[<0;10;7m"); /* the fifth row */
	screen_expect("5/6");
	screen_type("\x1b[<0;10;7M\x1b[<0;10;7m");
	screen_expect("path = a b");
}

/* A bad file is a row among the others, also one that comes later; what goes is gone. */
Test(tui, files_that_come_and_go)
{
	char bad[512];
	const char *path = write_events();
	open_tui(120, 30, place_storage());
	screen_expect("crash_here");
	snprintf(bad, sizeof(bad), "%s/broken.cbor.lz4", place_storage());
	FILE *file = fopen(bad, "w");
	cr_assert(file && fputs("this is no snapshot", file) >= 0 && fclose(file) == 0);
	screen_expect("broken.cbor.lz4: not an LZ4 frame");
	screen_type("/broken");
	SCREEN_KEYS("Enter", "Enter");
	screen_expect("broken.cbor.lz4: not an LZ4 frame");
	unlink(bad);
	unlink(path);
	screen_expect_gone("crash_here");
	screen_type("q");
	expect_ended("ended with 0");
}

Test(tui, a_living_process)
{
	struct talker *talker = talker_start("talker");
	char pid[16];
	snprintf(pid, sizeof(pid), "%d", (int)talker->pid);
	talker_say(talker, "said before");
	open_tui(80, 24, pid);
	screen_expect("said before");
	screen_expect("following");
	talker_say(talker, "said meanwhile");
	screen_expect("said meanwhile");
	screen_type(" ");
	screen_expect("PAUSED");
	screen_type(" ");
	screen_expect_gone("PAUSED");
	talker_finish(talker);
	screen_expect("exited");
	screen_type("q");
	expect_ended("ended with 0");
}

/* As many as nobody reads: the last one is there, search and filter answer. */
Test(tui, a_million_events)
{
	open_tui(80, 24, sample_write_many(1000000));
	SCREEN_KEYS("2");
	screen_expect("event 1000000 of many");
	screen_expect("1000000/1000000");
	screen_type("/event 777777 ");
	screen_expect("777777/1000000");
	SCREEN_KEYS("Enter");
	screen_type("lll");
	screen_expect("/100000 of 1000000  level warn");
	screen_type("csg");
	screen_expect("1/1000000  by level");
	screen_type("q");
	expect_ended("ended with 0");
}

/* Whatever ends it, the terminal is as it was, and it dies of what killed it. */
static void kill_tui(int signal, const char *status)
{
	char pid[32] = "";
	open_tui(80, 24, write_events());
	screen_expect("3 Stacks");
	FILE *file = fopen(place_path("pid"), "r");
	cr_assert(file && fgets(pid, sizeof(pid), file) && fclose(file) == 0);
	cr_assert(kill(atoi(pid), signal) == 0);
	expect_ended(status);
}

Test(tui, terminated)
{
	kill_tui(SIGTERM, "ended with 143");
}

Test(tui, faulty)
{
	kill_tui(SIGSEGV, "ended with 139");
}

Test(tui, interrupted)
{
	open_tui(80, 24, write_events());
	screen_expect("3 Stacks");
	SCREEN_KEYS("C-c");
	expect_ended("ended with 130");
}

/* A terminal of our own, of no session: nobody gets SIGHUP when it is closed. */
static int open_terminal(int *terminal)
{
	const struct winsize size = {.ws_row = 24, .ws_col = 80};
	*terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert(*terminal >= 0 && grantpt(*terminal) == 0 && unlockpt(*terminal) == 0);
	const int side = open(ptsname(*terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert(side >= 0 && ioctl(side, TIOCSWINSZ, &size) == 0);
	return side;
}

static void read_until(int terminal, const char *text)
{
	static char shown[1 << 20];
	size_t used = 0;
	struct pollfd wait = {.fd = terminal, .events = POLLIN};
	while (!memmem(shown, used, text, strlen(text))) {
		cr_assert(poll(&wait, 1, 60000) == 1, "\"%s\" does not appear", text);
		const ssize_t got = read(terminal, shown + used, sizeof(shown) - used);
		cr_assert(got > 0, "\"%s\" does not appear", text);
		used += (size_t)got;
	}
}

/* It ends, and does not read for ever what is not there. */
static void close_terminal_of(const char *path, bool ignores)
{
	int terminal, status = 0;
	const int side = open_terminal(&terminal);
	const pid_t pid = fork();
	if (pid == 0) {
		if (ignores)
			signal(SIGHUP, SIG_IGN);
		for (int fd = 0; fd < 3; fd++)
			dup2(side, fd);
		setenv("TERM", "xterm-256color", 1);
		execl(TTLOG, "ttlog", "tui", path, NULL);
		_exit(127);
	}
	close(side);
	read_until(terminal, "Stacks");
	struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
	cr_assert(ended.fd >= 0 && poll(&ended, 1, 0) == 0, "it has ended before");
	close(terminal);
	if (poll(&ended, 1, 60000) != 1)
		kill(pid, SIGKILL);
	cr_assert(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP, "%s", status_text(status));
}

Test(tui, terminal_that_is_gone)
{
	screen_open(80, 24, "cat"); /* for close_all() */
	const char *path = write_events();
	close_terminal_of(path, false);
	close_terminal_of(path, true);
	close_terminal_of(place_storage(), false);
}

Test(tui, stopped_and_continued)
{
	char command[4096];
	snprintf(command, sizeof(command), "%s tui %s", TTLOG, write_events());
	screen_open(80, 24, "PS1='ready> ' bash --norc --noprofile -i");
	screen_expect("ready>");
	screen_type(command);
	SCREEN_KEYS("Enter");
	screen_expect("[3 Stacks]");
	SCREEN_KEYS("C-z");
	screen_expect("Stopped");
	screen_type("fg");
	SCREEN_KEYS("Enter");
	screen_expect("[3 Stacks]");
	SCREEN_KEYS("2");
	screen_expect("6/6");
}

Test(tui, no_colour)
{
	char argument[1024];
	snprintf(argument, sizeof(argument), "--no-color %s", place_storage());
	write_events();
	open_tui(80, 24, argument);
	screen_expect("crash_here");
	const char *screen = screen_expect_painted("SIGSEGV");
	cr_assert(!strstr(screen, "\x1b[31m"), "%s", screen);
}

Test(tui, usage)
{
	screen_open(80, 24, "cat"); /* for close_all() */
	expect_error(USAGE, "needs a terminal", "tui");
	expect_error(BAD_FILE, "/nowhere", "tui", "/nowhere");
	expect_error(USAGE, "more than one", "tui", "a", "b");
}
