/* What a listener does: hangs, asks back, faults, looks at all there is. And what is refused. */
#include "listen.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

/* A blocking listener that hangs costs its program one delay, and then events. */
void hanging(void)
{
	static bool go_on;
	const struct ttlog_listener listener = {
		.version = TTLOG_LISTENER_VERSION, .policy = TTLOG_BLOCK, .name = "hangs", .user = &go_on, .on_event = hang};
	CHECK(ttlog_add_listener(&listener) > 0);
	each = 100000;
	write_all();
	errno = 0;
	CHECK_EQUAL(ttlog_flush(10), -1);
	CHECK_EQUAL(errno, ETIMEDOUT);
	__atomic_store_n(&go_on, true, __ATOMIC_RELEASE);
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(stats().lost + stats().handed_out, stats().recorded);
	CHECK(stats().lost > 0);
}

static int asks(void *user, const struct ttlog_event *event)
{
	(void)event;
	int *right = user;
	*right += ttlog_flush(1000) == -1 && errno == EDEADLK;
	*right += ttlog_shutdown(1000) == -1 && errno == EDEADLK;
	*right += ttlog_remove_listener(1) == -1 && errno == EDEADLK;
	return 0;
}

void asking(void)
{
	static int right;
	const struct ttlog_listener listener = {.version = TTLOG_LISTENER_VERSION, .user = &right, .on_event = asks};
	CHECK(ttlog_add_listener(&listener) > 0);
	ttlog_info("one");
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(right, 3);
}

void refused(void)
{
	struct ttlog_listener listener = {.version = TTLOG_LISTENER_VERSION};
	errno = 0;
	CHECK_EQUAL(ttlog_add_listener(&listener), -1);
	CHECK_EQUAL(errno, EINVAL);
	listener.on_event = asks;
	listener.version = 99;
	CHECK_EQUAL(ttlog_add_listener(&listener), -1);
	CHECK_EQUAL(errno, EINVAL);
	CHECK_EQUAL(threads_named(NULL), 1);
	static struct account accounts[16];
	for (int i = 0; i < 16; i++)
		add(&accounts[i], TTLOG_DROP);
	listener.version = TTLOG_LISTENER_VERSION;
	CHECK_EQUAL(ttlog_add_listener(&listener), -1);
	CHECK_EQUAL(errno, EAGAIN);
	CHECK_EQUAL(ttlog_shutdown(FLUSH_MS), 0);
	for (int i = 0; i < 16; i++)
		CHECK_EQUAL(accounts[i].shutdowns, 1);
}

static int faults(void *user, const struct ttlog_event *event)
{
	(void)user;
	*(volatile int *)8 = (int)event->tid;
	return 0;
}

/* Dies. */
void faulting(void)
{
	const struct ttlog_listener listener = {.version = TTLOG_LISTENER_VERSION, .name = "crasher", .on_event = faults};
	CHECK(ttlog_add_listener(&listener) > 0);
	ttlog_info("fatal event");
	ttlog_flush(FLUSH_MS);
	pause();
}

static int sees(void *user, const struct ttlog_event *event)
{
	int *right = user;
	if (event->message.bytes == 6 && memcmp(event->message.data, "secret", 6) == 0) {
		CHECK_EQUAL(event->value_count, 3);
		CHECK_EQUAL(event->values[0].number.i, -5);
		CHECK(event->values[1].number.string.bytes == strlen("[redacted]"));
		CHECK(event->values[2].number.d == 2.5);
		CHECK(event->line > 0 && event->file.data);
		CHECK(strcmp(event->source, "macro") == 0 && event->level == TTLOG_LEVEL_WARN);
		CHECK(event->size == sizeof(*event) && event->pid == (uint32_t)getpid() && event->tid == (uint32_t)getpid());
		++*right;
	} else if (event->message.bytes == 15) {
		CHECK(memcmp(event->message.data, "ERROR: it broke", 15) == 0 && event->level == TTLOG_LEVEL_ERROR);
		CHECK(strcmp(event->source, "stdout") == 0 && event->caller);
		++*right;
	} else {
		*right += 100; /* less severe than it wants */
	}
	return 0;
}

void contents(void)
{
	static int right;
	const struct ttlog_listener listener = {
		.version = TTLOG_LISTENER_VERSION, .level = TTLOG_LEVEL_WARN, .user = &right, .on_event = sees};
	CHECK(ttlog_add_listener(&listener) > 0);
	ttlog_info("not wanted");
	ttlog_warn("secret", ttlog_kv("a", -5), ttlog_kv("password", "hunter2"), ttlog_kv("x", 2.5));
	printf("plain line\n");
	printf("ERROR: it broke\n");
	CHECK_EQUAL(ttlog_flush(FLUSH_MS), 0);
	CHECK_EQUAL(right, 2);
}
