/* Writes texts that are gone before its calls return (receives.so), short and long, and goes on to abort(3). Its own handler of faults is not called. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PLACE_BYTES = 8192, LONG_BYTES = 4000, SHORT_BYTES = 40 };

static void on_fault(int signal)
{
	(void)signal;
	_exit(3);
}

static char *text(const char *begin, size_t bytes)
{
	char *place = mmap(NULL, PLACE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(place, '.', bytes - 1);
	memcpy(place, begin, strlen(begin));
	place[bytes - 1] = '\n';
	return place;
}

static void speak(const char *begin, size_t bytes)
{
	struct iovec parts[] = {{text("kept part ", SHORT_BYTES), SHORT_BYTES}, {text(begin, bytes), bytes}};
	if (write(1, text(begin, bytes), bytes) != (ssize_t)bytes || writev(1, parts, 2) != (ssize_t)(SHORT_BYTES + bytes))
		_exit(4);
}

int main(void)
{
	static const char last[] = "kept: the last words\n";
	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	speak("gone", SHORT_BYTES);
	speak("gone", LONG_BYTES);
	speak("file", SHORT_BYTES);
	speak("file", LONG_BYTES);
	if (write(1, last, sizeof(last) - 1) < 0)
		_exit(4);
	abort();
}
