/*
 * The record path under fire, in one process: writers, handlers that interrupt them, and a reader that never stops, which
 * knows what may be read. Each message carries its writer, its number, its length and a checksum, so a mixed or torn one shows.
 *
 * TTLOG_STRESS=n multiplies the work (default 1: some seconds).
 */
#include "config.h"
#include "lane.h"
#include "libc.h"
#include "reader.h"
#include "record.h"
#include "recorder_file.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_MAX = 600, RECORDS = 20000, THREADS_FEW = 4, THREADS_MANY = 80 };

struct message {
	uint32_t writer, number, bytes, checksum;
	unsigned char body[MESSAGE_MAX];
};
enum { MESSAGE_HEAD = offsetof(struct message, body) };

static atomic_uint written, refused;
static atomic_bool done;

static unsigned work(void)
{
	const char *factor = getenv("TTLOG_STRESS");
	return factor ? (unsigned)strtoul(factor, NULL, 10) : 1;
}

static uint32_t checksum(const struct message *message)
{
	uint32_t sum = message->writer * 2654435761u ^ message->number * 40503u ^ message->bytes;
	for (uint32_t i = 0; i < message->bytes; i++)
		sum = sum * 31 + message->body[i];
	return sum;
}

static void write_message(uint32_t writer, uint32_t number)
{
	struct message message = {.writer = writer, .number = number, .bytes = (writer * 7919 + number * 104729) % MESSAGE_MAX};
	for (uint32_t i = 0; i < message.bytes; i++)
		message.body[i] = (unsigned char)(writer + number + i);
	message.checksum = checksum(&message);
	const struct record_fields fields = record_fields(writer, LEVEL_INFO, SOURCE_STDOUT, 0);
	atomic_fetch_add(lane_write(fields, &message, MESSAGE_HEAD + message.bytes) ? &written : &refused, 1);
}

/* Reads all lanes once; every record has to be whole (G3), and numbers of one writer rise within a lane. */
static size_t check_all(void)
{
	static struct record record;
	struct recorder_view view;
	const char *why;
	size_t found = 0;
	cr_assert_eq(recorder_view_open(&view, recorder.header, recorder.header->file_bytes, &why), 0, "%s", why);
	for (uint32_t lane = 0; lane < view.lanes; lane++) {
		struct lane_cursor cursor;
		lane_cursor_open(&cursor, &view, lane);
		while (lane_cursor_next(&cursor, &record)) {
			struct message message;
			cr_assert_geq(record.text_bytes, MESSAGE_HEAD);
			memcpy(&message, record.text, record.text_bytes);
			cr_assert_eq(message.bytes, record.text_bytes - MESSAGE_HEAD, "length of writer %u number %u",
				     message.writer, message.number);
			cr_assert_eq(message.checksum, checksum(&message), "mixed record of writer %u number %u", message.writer,
				     message.number);
			cr_assert_eq(record.origin, message.writer, "head and payload of two records");
			found++;
		}
	}
	return found;
}

static uint64_t counter(size_t offset)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < recorder.header->lanes_owned + recorder.header->lanes_shared; i++)
		sum += *(const uint64_t *)(const void *)((const char *)&recorder.controls[i] + offset);
	return sum;
}

static void *writer(void *data)
{
	const uint32_t id = (uint32_t)(uintptr_t)data;
	for (uint32_t number = 0; number < RECORDS * work(); number++)
		write_message(id, number);
	return NULL;
}

static void *reader(void *unused)
{
	(void)unused;
	while (!atomic_load(&done))
		check_all();
	return NULL;
}

/* Interrupts a record in the middle and writes more than a lap over its place (G2, G4). */
static void burst(int signal)
{
	static atomic_uint bursts;
	(void)signal;
	const uint32_t id = 1000000 + atomic_fetch_add(&bursts, 1);
	for (uint32_t number = 0; number < 60; number++)
		write_message(id, number);
}

static void *disturber(void *victims)
{
	const pthread_t *threads = victims;
	while (!atomic_load(&done)) {
		for (int i = 0; i < THREADS_FEW; i++)
			pthread_kill(threads[i], SIGUSR1);
		sched_yield();
	}
	return NULL;
}

static void start(void)
{
	libc_resolve();
	config_load((char *const[]){"TTLOG_CAPACITY=256", NULL}, "test_lanes");
	cr_assert(recorder_init());
	cr_assert(recorder_make());
	cr_assert_not(recorder.anonymous, "shared memory cannot be used here");
}

static void check_counters(void)
{
	const uint64_t recorded = counter(offsetof(struct lane_control, recorded));
	const uint64_t dropped = counter(offsetof(struct lane_control, dropped)) + recorder.header->dropped_early;
	cr_assert_eq(recorded, atomic_load(&written), "recorded %lu, written %u", (unsigned long)recorded, atomic_load(&written));
	cr_assert_eq(dropped, atomic_load(&refused), "dropped %lu, refused %u", (unsigned long)dropped, atomic_load(&refused));
	const size_t readable = check_all();
	cr_assert_gt(readable, 0);
	cr_assert_leq(readable, recorded);
}

Test(lanes, owned_lanes_with_a_reader, .init = start, .fini = recorder_leave)
{
	pthread_t threads[THREADS_FEW], watching;
	pthread_create(&watching, NULL, reader, NULL);
	for (uintptr_t i = 0; i < THREADS_FEW; i++)
		pthread_create(&threads[i], NULL, writer, (void *)i);
	for (int i = 0; i < THREADS_FEW; i++)
		pthread_join(threads[i], NULL);
	atomic_store(&done, true);
	pthread_join(watching, NULL);
	check_counters();
	cr_assert_eq(atomic_load(&refused), 0, "an owned lane without handlers refuses nothing");
}

Test(lanes, handlers_write_whole_laps_into_interrupted_records, .init = start, .fini = recorder_leave)
{
	pthread_t threads[THREADS_FEW], watching, disturbing;
	const struct sigaction action = {.sa_handler = burst, .sa_flags = SA_NODEFER | SA_RESTART};
	sigaction(SIGUSR1, &action, NULL);
	for (uintptr_t i = 0; i < THREADS_FEW; i++)
		pthread_create(&threads[i], NULL, writer, (void *)i);
	pthread_create(&watching, NULL, reader, NULL);
	pthread_create(&disturbing, NULL, disturber, threads);
	/* Alive until joined: the disturber stops first. */
	while (atomic_load(&written) + atomic_load(&refused) < THREADS_FEW * RECORDS * work())
		sched_yield();
	atomic_store(&done, true);
	pthread_join(disturbing, NULL);
	pthread_join(watching, NULL);
	for (int i = 0; i < THREADS_FEW; i++)
		pthread_join(threads[i], NULL);
	check_counters();
}

Test(lanes, more_threads_than_lanes_share, .init = start, .fini = recorder_leave)
{
	pthread_t threads[THREADS_MANY], watching;
	pthread_create(&watching, NULL, reader, NULL);
	for (uintptr_t i = 0; i < THREADS_MANY; i++)
		pthread_create(&threads[i], NULL, writer, (void *)i);
	for (int i = 0; i < THREADS_MANY; i++)
		pthread_join(threads[i], NULL);
	atomic_store(&done, true);
	pthread_join(watching, NULL);
	check_counters();
	const struct lane_control *shared = &recorder.controls[recorder.header->lanes_owned];
	cr_assert_gt(shared[0].recorded + shared[1].recorded, 0, "80 threads at once: some must have shared a lane");
}

static void *short_lived(void *data)
{
	write_message((uint32_t)(uintptr_t)data, 0);
	return NULL;
}

Test(lanes, lanes_of_dead_threads_are_taken_over, .init = start, .fini = recorder_leave)
{
	for (uintptr_t i = 0; i < 500; i++) {
		pthread_t thread;
		pthread_create(&thread, NULL, short_lived, (void *)i);
		pthread_join(thread, NULL);
	}
	check_counters();
	cr_assert_eq(atomic_load(&refused), 0);
	cr_assert_eq(recorder.controls[recorder.header->lanes_owned].recorded, 0, "one thread at a time needs no shared lane");
	cr_assert_eq(check_all(), 500, "history of dead threads stays");
}

/* A writer that was stopped in the middle of a unit for ever: its unit is a hole, everything else goes on (G4). */
Test(lanes, a_stalled_unit_is_a_hole, .init = start, .fini = recorder_leave)
{
	write_message(1, 0);
	thread_state.shares = 1; /* as a thread that found no lane of its own */
	thread_state.ready = LANE_NOT_READY;
	write_message(1, 1);
	const uint32_t index = recorder.header->lanes_owned + thread_state.tid % recorder.header->lanes_shared;
	struct lane_control *control = &recorder.controls[index];
	uint64_t *units = (uint64_t *)(void *)(recorder.lanes + (uint64_t)index * recorder.header->lane_units * LANE_UNIT_BYTES);
	const uint64_t hole = control->head;
	control->head++;
	uint64_t *stamp = units + hole * LANE_UNIT_BYTES / sizeof(*units);
	*stamp = unit_stamp(hole, UNIT_BUSY); /* as if handed out, claimed and never committed */
	for (uint32_t number = 2; number < 5000; number++)
		write_message(1, number);
	cr_assert_gt(control->head, 2 * recorder.header->lane_units, "not a lap");
	cr_assert_eq(*stamp, unit_stamp(hole, UNIT_BUSY), "somebody wrote over a busy unit");
	check_counters();
	cr_assert_eq(atomic_load(&refused), 0, "the record moves on past the hole");
}

/* A handler left the record that it had interrupted by longjmp: the thread gets another lane, and the half record stays alone. */
Test(lanes, an_abandoned_record_costs_a_lane, .init = start, .fini = recorder_leave)
{
	write_message(1, 0);
	struct lane_control *first = thread_state.control;
	thread_state.ready = LANE_NOT_READY; /* as in the middle of a record */
	first->head += 3;
	for (uint32_t number = 1; number < 2000; number++)
		write_message(1, number);
	cr_assert(thread_state.control != first && thread_state.generation == thread_state.ready, "still waiting");
	cr_assert_eq(first->owner_tid, thread_state.tid, "nobody else may write there: the record may be alive");
	cr_assert_eq(first->recorded, 1);
	cr_assert_gt(thread_state.control->recorded, 1000);
	check_counters();
	cr_assert_eq(atomic_load(&refused), 0);
}
