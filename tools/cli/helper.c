#include "helper.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn void helper_become(char *const *arguments, const char *absent)
{
	static const char *const places[] = {"", "../libexec/ttlog/", "../lib/ttlog/"}; /* a build directory, installations */
	char home[PATH_MAX], program[PATH_MAX + 64] = "ttlog-capture";
	ssize_t length = readlink("/proc/self/exe", home, sizeof(home) - 1);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	unsetenv("LD_PRELOAD"); /* the recorder of the recorder helps nobody */
	home[length > 0 ? length : 0] = '\0';
	for (size_t i = 0; strrchr(home, '/') && i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(program, sizeof(program), "%.*s%s%s", (int)(strrchr(home, '/') + 1 - home), home, places[i], arguments[0]);
		execv(program, arguments);
	}
	if (absent && errno == ENOENT)
		fprintf(stderr, "ttlog: %s: %s\n", arguments[0], absent);
	else
		fprintf(stderr, "ttlog: %s: %s\n", program, strerror(errno));
	_exit(127);
}
