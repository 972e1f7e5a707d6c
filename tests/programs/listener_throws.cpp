// A plug-in whose first event is an exception that nobody catches.
#include <stdexcept>
#include <string>
#include <ttlog_listener.h>

static int on_event(void *, const struct ttlog_event *event)
{
	throw std::runtime_error("no event is good enough, not even " + std::string(event->source));
}

extern "C" int ttlog_listener_open(const char *, struct ttlog_listener *listener, char *, size_t)
{
	listener->on_event = on_event;
	return 0;
}
