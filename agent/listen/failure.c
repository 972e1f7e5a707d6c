/* What is wrong with a listener: into the recorder, for the snapshot, and on standard error where TTLOG_DEBUG asks for it. */
#include "config.h"
#include "descriptors.h"
#include "libc.h"
#include "libc_ways.h"
#include "listen.h"
#include "syscalls.h"
#include "text.h"

#include <string.h>

static void complain(const char *sentence)
{
	char line[200];
	struct text_writer text = text_begin(line, sizeof(line));
	text_string(&text, "ttlog: ");
	text_string(&text, sentence);
	text_char(&text, '\n');
	/* The program's, of which this thread may know nothing. */
	struct descriptor_identity unused;
	const int fd = descriptors_borrow(2, &unused);
	if (fd < 0)
		return;
	sys_write(fd, line, text.used);
	sys_close(fd);
}

/* Untranslated where libc can (since 2.32). */
static const char *meaning(int error, char *room, size_t bytes)
{
	const char *text = PERHAPS(strerrordesc_np) ? libc.strerrordesc_np(error) : libc_error_text(error, room, bytes);
	return text ? text : "unknown error";
}

/* What came before there was a recorder. */
static char early[sizeof(recorder.identity->listener_error)];

void listen_hand_over_failure(void)
{
	if (early[0] && !recorder.identity->listener_error[0])
		memcpy(recorder.identity->listener_error, early, sizeof(early));
}

void listen_note_failure(const char *name, int error, const char *what)
{
	char sentence[sizeof(recorder.identity->listener_error)], room[100];
	struct text_writer text = text_begin(sentence, sizeof(sentence));
	text_string(&text, "listener ");
	text_string(&text, name[0] ? name : "without a name");
	text_string(&text, ": ");
	text_string(&text, what ? what : meaning(error, room, sizeof(room)));
	if (what && error) {
		text_string(&text, ": ");
		text_string(&text, meaning(error, room, sizeof(room)));
	}
	char *told = recorder_now() ? recorder.identity->listener_error : early;
	if (!told[0])
		memcpy(told, sentence, sizeof(sentence));
	if (config.set.debug)
		complain(sentence);
}
