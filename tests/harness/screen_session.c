#include "screen_session.h"

#include "memcheck.h"
#include "patience.h"
#include "place.h"
#include "process.h"
#include "text.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define LIMIT_S 60
#define TMUX    "tmux", "-f", "/dev/null", "-S", socket_path()

static const char *socket_path(void)
{
	static const char *path;
	if (!path)
		path = place_path("tmux");
	return path;
}

static struct outcome tmux(const char *const *arguments)
{
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = arguments,
					.environment = LIST("LC_ALL=C.UTF-8", "TERM=xterm-256color", "TMUX"),
					.directory = "/",
					.limit_s = LIMIT_S});
	cr_assert(outcome.status == 0, "tmux %s: %s\n%s", arguments[5], status_text(outcome.status), outcome.err.data);
	return outcome;
}

void screen_open(unsigned columns, unsigned lines, const char *command)
{
	tmux(LIST(TMUX, "new-session", "-d", "-x", text_of("%u", columns), "-y", text_of("%u", lines), memcheck_line(command)));
}

void screen_close(void)
{
	tmux(LIST(TMUX, "kill-server"));
}

void screen_resize(unsigned columns, unsigned lines)
{
	tmux(LIST(TMUX, "resize-window", "-x", text_of("%u", columns), "-y", text_of("%u", lines)));
}

void screen_keys(const char *const *keys)
{
	const char *arguments[32] = {TMUX, "send-keys", "--"};
	for (size_t i = 7; *keys; i++)
		arguments[i] = *keys++;
	tmux(arguments);
}

void screen_type(const char *text)
{
	tmux(LIST(TMUX, "send-keys", "-l", "--", text));
}

static const char *look(bool painted)
{
	return painted ? tmux(LIST(TMUX, "capture-pane", "-p", "-e")).out.data : tmux(LIST(TMUX, "capture-pane", "-p")).out.data;
}

static const char *wait_for(const char *text, bool there, bool painted)
{
	const time_t begin = time(NULL);
	const char *screen = look(painted);
	while ((strstr(screen, text) != NULL) != there && time(NULL) - begin < (time_t)(LIMIT_S * patience())) {
		poll(NULL, 0, 20);
		screen = look(painted);
	}
	cr_assert((strstr(screen, text) != NULL) == there, "\"%s\" is %s on the screen:\n%s", text, there ? "not" : "still",
		  screen);
	return screen;
}

const char *screen_expect(const char *text)
{
	return wait_for(text, true, false);
}

const char *screen_expect_gone(const char *text)
{
	return wait_for(text, false, false);
}

const char *screen_expect_painted(const char *text)
{
	return wait_for(text, true, true);
}
