/* A plug-in of another time: it says that it speaks another version of the interface; or refuses, as its argument says. */
#include <errno.h>
#include <string.h>
#include <ttlog_listener.h>

static int on_event(void *user, const struct ttlog_event *event)
{
	(void)user;
	(void)event;
	return 0;
}

int ttlog_listener_open(const char *arguments, struct ttlog_listener *listener, char *error, size_t error_bytes)
{
	if (strcmp(arguments, "refuse=silently") == 0)
		return EPERM;
	if (strcmp(arguments, "refuse=loudly") == 0) {
		strncpy(error, "no, because of the weather", error_bytes - 1);
		return EPERM;
	}
	if (strcmp(arguments, "no=function") == 0)
		return 0;
	listener->on_event = on_event;
	listener->level = 1;
	if (strcmp(arguments, "version=2") == 0)
		listener->version = 2;
	return 0;
}
