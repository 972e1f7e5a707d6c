/*
 * ttlog-db: the crash index behind `ttlog db`.
 */
#include "file_limit.h"
#include "request.h"
#include "terminal.h"

#include <stdio.h>

/* A full disk or a closed pipe behind standard output is an error like any other. */
static int finish(int status)
{
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == COMMAND_DONE)
		return command_error(&command_db, COMMAND_NOTHING, "cannot write to standard output");
	return status;
}

int main(int argc, char **argv)
{
	const struct verb *verb;
	struct request request;
	int status;

	file_limit_take();
	status = request_parse(&request, argc, argv, &verb);
	if (status || !verb)
		return finish(status);
	terminal_init(stdout, request.no_color ? TERMINAL_COLOUR_NEVER : TERMINAL_COLOUR_AUTO);
	return finish(verb->run(&request));
}
