#include "copy.h"

#include "clock.h"
#include "config.h"
#include "recorder_file.h"
#include "syscalls.h"
#include "text.h"

#include <string.h>
#include <time.h>

/* As in the names of snapshots: what may hold slashes or spaces does not. */
static void add_word(struct text_writer *text, const char *word)
{
	for (; *word; word++) {
		const char c = *word;
		const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("._-", c);
		text_char(text, plain ? c : '_');
	}
}

static void add_time(struct text_writer *text)
{
	const uint64_t now_ns = clock_ns(CLOCK_REALTIME);
	const time_t seconds = (time_t)(now_ns / 1000000000);
	const unsigned ms = (unsigned)(now_ns / 1000000 % 1000);
	const char milliseconds[] = {'.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10), 'Z', 0};
	char day[32] = "";
	struct tm utc;
	if (gmtime_r(&seconds, &utc))
		strftime(day, sizeof(day), "%Y%m%dT%H%M%S", &utc);
	text_string(text, day);
	text_string(text, milliseconds);
}

/* The directory and those above it that are missing. */
static void make_directories(const char *path)
{
	char part[sizeof(config.set.storage)];
	struct text_writer text = text_begin(part, sizeof(part));
	for (; *path; path++) {
		if (*path == '/' && text.used)
			sys_mkdirat(AT_FDCWD, part, 0700);
		text_char(&text, *path);
	}
	sys_mkdirat(AT_FDCWD, part, 0700);
}

int copy_recorder(const char *reason)
{
	char path[sizeof(config.set.storage) + 256];
	struct text_writer text = text_begin(path, sizeof(path));
	make_directories(config.set.storage);
	text_string(&text, config.set.storage);
	text_string(&text, "/ttlog-");
	add_word(&text, config.set.service);
	text_char(&text, '-');
	text_number(&text, recorder.header->pid, 10);
	text_char(&text, '-');
	add_time(&text);
	text_char(&text, '-');
	add_word(&text, reason);
	text_string(&text, RECORDER_SUFFIX);
	return recorder_save(path);
}
