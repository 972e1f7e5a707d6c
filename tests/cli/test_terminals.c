/*
 * What commands do for who sits at a terminal, where nothing says how: the manual page, a pager that is there. PATH begins with commands of
 * our own.
 */
#include "command.h"
#include "sample.h"
#include "terminal_session.h"
#include "text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

TestSuite(terminals, .init = place_init, .fini = place_fini, .timeout = 100);

static void place_command(const char *name, const char *script)
{
	cr_assert(chmod(place_file(name, script, strlen(script)), 0755) == 0);
}

static void open_terminal(void)
{
	terminal_open();
	terminal_type(text_of("unset PAGER TTLOG_PAGER; export PATH=%s:$PATH TERM=xterm; echo $((40+2))\n", place_root()));
	terminal_expect("42");
}

/* That of this program, not of another one's version. Where there is none, or no man(1), what --help says. */
Test(terminals, manual)
{
	const char *home = place_directory(); /* place_root() has a man of ours */
	place_command("man", "#!/bin/sh\necho \"man has: $*\"\n");
	open_terminal();
	terminal_type(text_of("cp %s %s/; mkdir %s/man; %s/ttlog help view\n", TTLOG, home, home, home));
	terminal_expect("usage: ttlog view");
	terminal_expect(PROMPT);
	terminal_type(text_of("echo >%s/man/ttlog-view.1; %s/ttlog help view\n", home, home));
	terminal_expect(text_of("man has: -l %s/man/ttlog-view.1", home));
	terminal_type(text_of("PATH=/nowhere %s/ttlog help view\n", home));
	terminal_expect("usage: ttlog view");
	terminal_expect(PROMPT);
	terminal_close();
}

Test(terminals, pager_that_is_there)
{
	const char *path = sample_write_many(10);
	open_terminal();
	terminal_type(text_of("PATH=/nowhere:%s %s view --no-color %s; echo END$((1+1))\n", place_root(), TTLOG, path));
	terminal_expect("event 10 of many");
	terminal_expect("END2");
	place_command("less", "#!/bin/sh\nexec sed 's/^/less: /'\n");
	terminal_type(text_of("%s view --no-color %s\n", TTLOG, path));
	terminal_expect("less: sample died of SIGSEGV");
	terminal_expect(PROMPT);
	terminal_close();
}
