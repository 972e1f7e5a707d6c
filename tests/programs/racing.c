/*
 * racing [stingy] - listeners are added while others end everything: each hears what is said after it was added, or is told that it ends.
 * stingy: or there is no thread for it; then none of its functions is ever called.
 */
#include <ttlog.h>

#include "check.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { THREADS = 2, ROUNDS = 300, FLUSH_MS = 60000 };

struct account {
	int starts, heard, ends;
	bool refused;
};

static bool done, stingy;

static int on_start(void *user)
{
	struct account *account = user;
	__atomic_fetch_add(&account->starts, 1, __ATOMIC_RELEASE);
	return 0;
}

static int on_event(void *user, const struct ttlog_event *event)
{
	struct account *account = user;
	(void)event;
	__atomic_fetch_add(&account->heard, 1, __ATOMIC_RELEASE);
	return 0;
}

static void on_shutdown(void *user)
{
	struct account *account = user;
	__atomic_fetch_add(&account->ends, 1, __ATOMIC_RELEASE);
}

static void *end_all(void *unused)
{
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
		CHECK_EQUAL(ttlog_shutdown(FLUSH_MS), 0);
	return unused;
}

/* Each has its own, which is looked at long after. */
static void add_and_look(struct account *account)
{
	const struct ttlog_listener listener = {.version = TTLOG_LISTENER_VERSION,
						.user = account,
						.name = "racing",
						.on_start = on_start,
						.on_event = on_event,
						.on_shutdown = on_shutdown};
	const int id = ttlog_add_listener(&listener);
	if (id < 0 && stingy && errno == EAGAIN) {
		account->refused = true;
		return;
	}
	CHECK(id > 0);
	ttlog_info("said after it was added");
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	const int heard = __atomic_load_n(&account->heard, __ATOMIC_ACQUIRE),
		  ends = __atomic_load_n(&account->ends, __ATOMIC_ACQUIRE);
	CHECK(heard > 0 || ends == 1);
	CHECK(ttlog_remove_listener(id) == 0 || errno == ENOENT);
	CHECK_EQUAL(__atomic_load_n(&account->ends, __ATOMIC_ACQUIRE), 1);
}

static void *add_some(void *accounts)
{
	for (int i = 0; i < ROUNDS; i++)
		add_and_look((struct account *)accounts + i);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct account accounts[THREADS][ROUNDS];
	stingy = argc > 1 && strcmp(argv[1], "stingy") == 0;
	pthread_t adders[THREADS], ender;
	ttlog_info("the first");
	CHECK_EQUAL(pthread_create(&ender, NULL, end_all, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQUAL(pthread_create(&adders[i], NULL, add_some, accounts[i]), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQUAL(pthread_join(adders[i], NULL), 0);
	__atomic_store_n(&done, true, __ATOMIC_RELEASE);
	CHECK_EQUAL(pthread_join(ender, NULL), 0);
	for (int i = 0; i < THREADS * ROUNDS; i++) {
		const struct account *account = &accounts[i / ROUNDS][i % ROUNDS];
		CHECK(account->refused ? account->starts + account->heard + account->ends == 0 : account->ends == 1);
	}
	return 0;
}
