#include "listen.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int64_t value_of(const struct ttlog_event *event, const char *key)
{
	for (uint32_t i = 0; i < event->value_count; i++) {
		if (event->values[i].key.bytes == strlen(key) && memcmp(event->values[i].key.data, key, strlen(key)) == 0)
			return event->values[i].number.i;
	}
	return -1;
}

static int on_start(void *user)
{
	((struct account *)user)->starts++;
	return 0;
}

static int on_event(void *user, const struct ttlog_event *event)
{
	struct account *account = user;
	const int64_t writer = value_of(event, "writer"), n = value_of(event, "n");
	if (account->fail_every && account->fails && account->handed % account->fail_every == account->fail_every - 1) {
		account->fails--;
		account->errors++;
		return EIO;
	}
	account->handed++;
	account->lost += (long)event->lost;
	account->disorder += event->monotonic_ns < account->last_ns;
	account->last_ns = event->monotonic_ns;
	account->own += event->message.bytes == 3 && memcmp(event->message.data, "own", 3) == 0;
	if (writer >= 0 && writer < WRITERS) {
		account->gaps += n != account->next[writer];
		account->next[writer] = n + 1;
	}
	if (account->talks) {
		ttlog_info("own");
		printf("own\n");
	}
	if (account->slow && account->handed % 16 == 0)
		usleep(1000);
	if (account->each_us)
		usleep(account->each_us);
	return 0;
}

static int on_flush(void *user, int end)
{
	(void)end;
	((struct account *)user)->flushes++;
	return 0;
}

static void on_shutdown(void *user)
{
	((struct account *)user)->shutdowns++;
}

int add(struct account *account, uint32_t policy)
{
	const struct ttlog_listener listener = {
		.version = TTLOG_LISTENER_VERSION,
		.policy = policy,
		.user = account,
		.name = "of the program",
		.on_start = on_start,
		.on_event = on_event,
		.on_flush = on_flush,
		.on_shutdown = on_shutdown,
	};
	const int id = ttlog_add_listener(&listener);
	CHECK(id > 0);
	return id;
}

struct ttlog_stats stats(void)
{
	struct ttlog_stats now = {.size = sizeof(now)};
	CHECK_EQUAL(ttlog_stats(&now), 0);
	return now;
}

int each = EACH;

static void *write_events(void *number)
{
	for (int n = 0; n < each; n++)
		ttlog_info("event", ttlog_kv("writer", (int)(intptr_t)number), ttlog_kv("n", n));
	return NULL;
}

void write_all(void)
{
	pthread_t threads[WRITERS];
	for (intptr_t i = 0; i < WRITERS; i++)
		CHECK_EQUAL(pthread_create(&threads[i], NULL, write_events, (void *)i), 0);
	for (int i = 0; i < WRITERS; i++)
		CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
}

void on_alarm(int signal)
{
	(void)signal;
	ttlog_info("from the handler");
}

int hang(void *user, const struct ttlog_event *event)
{
	(void)event;
	while (!__atomic_load_n((bool *)user, __ATOMIC_ACQUIRE))
		usleep(1000);
	return 0;
}
