#include "judge.h"

#include "numbered.h"
#include "recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was found of a stream. */
struct found {
	uint32_t count, first, last;
	uint64_t missing; /* between first and last, and behind last though said */
	uint64_t units;   /* of its records, at most */
};

struct hearing {
	const struct judgement *of;
	struct found streams[TALLY_STREAMS];
	char *complaint;
};

/* The first one counts. */
#define COMPLAIN(hearing, ...)                                                                                                     \
	do {                                                                                                                       \
		if (!(hearing)->complaint && asprintf(&(hearing)->complaint, __VA_ARGS__) < 0)                                     \
			abort();                                                                                                   \
	} while (0)

static unsigned stream_count(const struct tally *tally)
{
	const unsigned count = atomic_load(&tally->streams);
	return count < TALLY_STREAMS ? count : TALLY_STREAMS;
}

/* A macro's message is its value "text"; puts(3) adds a line end. */
static struct snapshot_text text_of(const struct snapshot_event *event)
{
	struct snapshot_text text = event->message;
	if (event->value_count) {
		const struct event_value *value = &event->values[0].value;
		text = (struct snapshot_text){value->string, value->type == VALUE_STRING ? value->string_bytes : 0};
	}
	if (text.bytes && text.data[text.bytes - 1] == '\n')
		text.bytes--;
	return text;
}

static void hear_event(struct hearing *hearing, const struct snapshot_event *event)
{
	const struct tally *tally = hearing->of->tally;
	const struct snapshot_text text = text_of(event);
	uint32_t writer, number;
	if (!numbered_read(text.data, text.bytes, &writer, &number) || writer >= stream_count(tally)) {
		COMPLAIN(hearing, "no whole message (writer %u number %u, source %s): %.*s", writer, number,
			 source_name(event->source), (int)text.bytes, text.data);
		return;
	}
	const struct tally_stream *stream = &tally->stream[writer];
	struct found *found = &hearing->streams[writer];
	if (stream->pid != hearing->of->snapshot->pid || stream->tid != event->tid)
		COMPLAIN(hearing, "message of pid %d tid %u in a record of pid %d tid %u", stream->pid, stream->tid,
			 (int)hearing->of->snapshot->pid, event->tid);
	if (number >= atomic_load(&stream->began))
		COMPLAIN(hearing, "writer %u never said number %u", writer, number);
	if (event->value_count == 2 && event->values[1].value.number.u != text.bytes)
		COMPLAIN(hearing, "writer %u number %u: second value is %lu, not %zu", writer, number,
			 (unsigned long)event->values[1].value.number.u, text.bytes);
	if (found->count++ == 0)
		found->first = number;
	else if (number <= found->last)
		COMPLAIN(hearing, "writer %u: number %u after %u", writer, number, found->last);
	else
		found->missing += number - found->last - 1;
	found->last = number;
	/* A macro with two values has three words before the text. */
	found->units += record_units((uint32_t)text.bytes + 24);
}

/* In flight at the end, partly overwritten at the beginning: two of the longest records each. */
enum { UNITS_SLACK = 4 * (NUMBERED_MAX / LANE_BODY_BYTES + 2) };

/* The newest messages of a thread with a lane of its own stand there, as many as the lane has room for. */
static void judge_owner(struct hearing *hearing, unsigned index)
{
	const struct tally_stream *stream = &hearing->of->tally->stream[index];
	const struct found *found = &hearing->streams[index];
	uint64_t units = 0;
	for (unsigned i = 0; i < stream_count(hearing->of->tally); i++)
		if (hearing->of->tally->stream[i].tid == stream->tid)
			units += hearing->streams[i].units;
	if (atomic_load(&stream->ended) && !found->count && !hearing->of->snapshot->stats.dropped)
		COMPLAIN(hearing, "nothing of writer %u, who said %u messages", index, atomic_load(&stream->ended));
	if (found->count && found->first > hearing->of->snapshot->stats.dropped && units + UNITS_SLACK < hearing->of->lane_units)
		COMPLAIN(hearing, "writer %u: %u messages are overwritten in a lane of which %lu units of %u are used", index,
			 found->first, (unsigned long)units, hearing->of->lane_units);
}

static void judge_counters(struct hearing *hearing, uint64_t began, uint64_t ended, uint64_t missing)
{
	const struct snapshot *snapshot = hearing->of->snapshot;
	const uint64_t recorded = snapshot->stats.recorded, dropped = snapshot->stats.dropped;
	const uint64_t events = snapshot->event_count;
	if (missing > dropped)
		COMPLAIN(hearing, "%lu messages are missing, %lu dropped", (unsigned long)missing, (unsigned long)dropped);
	if (snapshot->stats.overwritten != (recorded > events ? recorded - events : 0))
		COMPLAIN(hearing, "recorded %lu, overwritten %lu, readable %lu", (unsigned long)recorded,
			 (unsigned long)snapshot->stats.overwritten, (unsigned long)events);
	if (recorded + dropped > began || (hearing->of->stopped && recorded + dropped < ended))
		COMPLAIN(hearing, "recorded %lu and dropped %lu, but between %lu and %lu were said", (unsigned long)recorded,
			 (unsigned long)dropped, (unsigned long)ended, (unsigned long)began);
}

static void judge_streams(struct hearing *hearing)
{
	const struct tally *tally = hearing->of->tally;
	uint64_t began = 0, ended = 0, missing = 0, writers = 0;
	for (unsigned i = 0; i < stream_count(tally); i++) {
		const struct tally_stream *stream = &tally->stream[i];
		const struct found *found = &hearing->streams[i];
		if (stream->pid != hearing->of->snapshot->pid)
			continue;
		writers++;
		began += atomic_load(&stream->began);
		ended += atomic_load(&stream->ended);
		/*
		 * A handler writes to its thread's lane, or where it interrupted a record to a shared one, which may keep what
		 * is old. Nothing is missing of it where nothing is overwritten.
		 */
		if (stream->handler && hearing->of->snapshot->stats.overwritten)
			continue;
		missing += found->missing;
		/* Older messages are overwritten first: where one can be read, all later ones can. */
		if (found->count && hearing->of->stopped && atomic_load(&stream->ended) > found->last + 1)
			missing += atomic_load(&stream->ended) - found->last - 1;
		if (hearing->of->lane_units && hearing->of->stopped && !stream->handler)
			judge_owner(hearing, i);
	}
	judge_counters(hearing, began, ended, missing);
	/* Its head and one more unit of each record in flight. */
	if (hearing->of->snapshot->stats.torn > 2 * writers)
		COMPLAIN(hearing, "%lu units of records that were never completed by %lu writers",
			 (unsigned long)hearing->of->snapshot->stats.torn, (unsigned long)writers);
}

char *judge(const struct judgement *judgement)
{
	struct hearing *hearing = calloc(1, sizeof(*hearing));
	if (!hearing)
		abort();
	hearing->of = judgement;
	for (size_t i = 0; i < judgement->snapshot->event_count; i++)
		hear_event(hearing, &judgement->snapshot->events[i]);
	judge_streams(hearing);
	char *complaint = hearing->complaint;
	free(hearing);
	return complaint;
}

bool snapshot_holds(const struct snapshot *snapshot, uint32_t writer, uint32_t number)
{
	for (size_t i = 0; i < snapshot->event_count; i++) {
		const struct snapshot_text text = text_of(&snapshot->events[i]);
		uint32_t its_writer, its_number;
		if (numbered_read(text.data, text.bytes, &its_writer, &its_number) && its_writer == writer && its_number == number)
			return true;
	}
	return false;
}
