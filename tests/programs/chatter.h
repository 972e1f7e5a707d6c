/*
 * chatter.h - saying numbered messages through every hook and macro, and counting them.
 */
#ifndef TTLOG_TESTS_CHATTER_H
#define TTLOG_TESTS_CHATTER_H

#include "numbered.h"
#include "tally.h"

#include <ttlog.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static struct tally *tally;

/* A judge that ends early, because something is wrong, leaves nobody behind. Also to be called in a child. */
static void end_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void tally_open(const char *fd)
{
	end_with_parent();
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED, atoi(fd), 0);
	if (tally == MAP_FAILED)
		exit(90);
}

/* NULL: the tally is full. */
static struct tally_stream *stream_open(int handler)
{
	const unsigned index = atomic_fetch_add(&tally->streams, 1);
	if (index >= TALLY_STREAMS)
		return NULL;
	struct tally_stream *stream = &tally->stream[index];
	stream->pid = getpid();
	stream->tid = (uint32_t)gettid();
	stream->handler = (uint32_t)handler;
	return stream;
}

/* What a handler, a child of fork with threads, and a thread that may be cancelled anywhere can say. */
enum { MACRO, WRITE_1, WRITE_2, WAYS_ANYWHERE, PRINTF = WAYS_ANYWHERE, FPRINTF, FPUTS, PUTS, FWRITE, DPRINTF, INFOF, WAYS };

static void say_by(unsigned way, const char *text, uint32_t bytes)
{
	ssize_t unused = 0;
	switch (way) {
	case MACRO:
		ttlog_info("numbered", ttlog_kv("text", text), ttlog_kv("bytes", bytes));
		break;
	case WRITE_1:
		unused = write(1, text, bytes);
		break;
	case WRITE_2:
		unused = write(2, text, bytes);
		break;
	case PRINTF:
		printf("%s", text);
		break;
	case FPRINTF:
		fprintf(stderr, "%.*s%s", 8, text, text + 8);
		break;
	case FPUTS:
		fputs(text, stdout);
		break;
	case PUTS:
		puts(text);
		break;
	case FWRITE:
		fwrite(text, 1, bytes, stdout);
		break;
	case DPRINTF:
		dprintf(2, "%s", text);
		break;
	case INFOF:
		ttlog_infof("%s", text);
		break;
	}
	(void)unused;
}

/* The next message of the stream, in one of the first `ways` ways. Not to be called by two at a time for one stream. */
static void say(struct tally_stream *stream, unsigned ways)
{
	char text[NUMBERED_MAX + 1];
	const uint32_t writer = (uint32_t)(stream - tally->stream);
	const uint32_t number = atomic_load_explicit(&stream->began, memory_order_relaxed);
	const uint32_t bytes = numbered_make(text, writer, number);
	text[bytes] = 0;
	atomic_store(&stream->began, number + 1);
	say_by((unsigned)(numbered_hash(number + writer) % ways), text, bytes);
	atomic_store(&stream->ended, number + 1);
	atomic_fetch_add(&tally->said, 1);
}

#endif
