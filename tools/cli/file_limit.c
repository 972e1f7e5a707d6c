#include "file_limit.h"

#include <signal.h>
#include <stddef.h>

static struct sigaction before;

void file_limit_take(void)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGXFSZ, &ignore, &before);
}

void file_limit_give_back(void)
{
	sigaction(SIGXFSZ, &before, NULL);
}
