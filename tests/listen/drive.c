#include "drive.h"
#include "listen.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

unsigned drive_pid = 100;
char drive_noted[256];

/* In place of the agent's. */
void listen_note_failure(const char *name, int error, const char *text)
{
	snprintf(drive_noted, sizeof(drive_noted), "%s: %s: %s", name, text, strerror(error));
}

struct ttlog_event event_number(unsigned n)
{
	static char message[64];
	struct ttlog_event event = event_saying(message);
	event.message.bytes = (size_t)snprintf(message, sizeof(message), "message number %u", n);
	event.monotonic_ns += n / 2 * 1000000u; /* two of each time */
	event.lane = n % 3;
	event.position = n / 3 * 4;
	event.realtime_ns += n * 500000u;
	return event;
}

struct ttlog_event event_saying(const char *message)
{
	return (struct ttlog_event){
		.size = sizeof(struct ttlog_event),
		.realtime_ns = 1795879456990218332u,
		.monotonic_ns = 5000000000u,
		.recorder = 4000000000u,
		.lane = 9,
		.pid = drive_pid,
		.tid = 101,
		.level = TTLOG_LEVEL_INFO,
		.source = "stdout",
		.service = "orders",
		.thread_name = "worker",
		.message = {message, strlen(message)},
	};
}

void drive_open(struct drive *drive, const char *item)
{
	char error[256];
	memset(drive, 0, sizeof(*drive));
	const int result = sinks_open(item, strlen(item), &drive->listener, error, sizeof(error));
	cr_assert(result == 0, "'%s' was not opened: %s (%s)", item, error, strerror(result));
}

static int fail(struct drive *drive, int error)
{
	cr_assert(error > 0, "%d is no errno", error);
	drive->next = drive->flushed;
	drive->started = false;
	drive->failures++;
	return error;
}

static int start(struct drive *drive)
{
	const int error = drive->started || !drive->listener.on_start ? 0 : drive->listener.on_start(drive->listener.user);
	if (error)
		return fail(drive, error);
	drive->started = true;
	return 0;
}

int drive_flush(struct drive *drive)
{
	int error = start(drive);
	if (!error && drive->listener.on_flush && (error = drive->listener.on_flush(drive->listener.user, 0)))
		return fail(drive, error);
	drive->flushed = error ? drive->flushed : drive->next;
	return error;
}

int drive_try(struct drive *drive, unsigned end, unsigned every)
{
	int error = start(drive);
	while (!error && drive->next < end) {
		const struct ttlog_event event = event_number(drive->next);
		error = drive->listener.on_event(drive->listener.user, &event);
		if (error)
			return fail(drive, error);
		drive->next++;
		if (every && drive->next % every == 0)
			error = drive_flush(drive);
	}
	return error;
}

void drive_all(struct drive *drive, unsigned end, unsigned every)
{
	while (drive_try(drive, end, every) || drive_flush(drive)) {
	}
}

void drive_close(struct drive *drive)
{
	if (drive->listener.on_shutdown)
		drive->listener.on_shutdown(drive->listener.user);
	memset(drive, 0, sizeof(*drive));
}
