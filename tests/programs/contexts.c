/*
 * contexts MODE - key-values of threads (ttlog_context.h). It checks what the functions answer itself; what the events carry stands in the
 * snapshot of its death, or of its child's.
 */
#include <ttlog.h>

#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>

enum { AT_ONCE = 100, ONE_AFTER_THE_OTHER = 5000, FLUSH_MS = 60000 };

static char long_text[300];

static void expect_refused(int result, int error)
{
	CHECK_EQUAL(result, -1);
	CHECK_EQUAL(errno, error);
}

/* Eight keys, 256 bytes: what is refused changes nothing. */
static void check_limits(void)
{
	char key[] = "k0";
	memset(long_text, 'x', sizeof(long_text) - 1);
	expect_refused(ttlog_set_context("", 1), EINVAL);
	expect_refused(ttlog_set_context((const char *)0, 1), EINVAL);
	expect_refused(ttlog_set_context(long_text, 1), EINVAL);
	expect_refused(ttlog_clear_context(0), EINVAL);
	errno = ENOENT;
	CHECK(ttlog_clear_context("never set") == 0 && ttlog_clear_context_all() == 0);
	for (key[1] = '0'; key[1] < '8'; key[1]++)
		CHECK(ttlog_set_context(key, key[1] - '0') == 0);
	expect_refused(ttlog_set_context("one more", 1), ENOSPC);
	errno = ENOENT;
	CHECK(ttlog_set_context("k7", "another") == 0 && ttlog_clear_context("k0") == 0);
	CHECK(ttlog_set_context("one more", -1) == 0);
	CHECK_EQUAL(errno, ENOENT);
	expect_refused(ttlog_set_context("k1", (const char *)long_text), ENOSPC);
	long_text[200] = 0;
	expect_refused(ttlog_set_context("k1", (const char *)long_text), ENOSPC);
	ttlog_info("full", ttlog_kv("k2", "its own"));
	CHECK(ttlog_clear_context_all() == 0);
	CHECK(ttlog_set_context("long", (const char *)long_text) == 0);
	ttlog_info("long");
	CHECK(ttlog_clear_context("long") == 0);
}

static void check_types(void)
{
	static int object;
	CHECK(ttlog_set_context("signed", -5) == 0 && ttlog_set_context("unsigned", 5u) == 0);
	CHECK(ttlog_set_context("double", 0.25) == 0 && ttlog_set_context("bool", (bool)1) == 0);
	CHECK(ttlog_set_context("string", "text") == 0 && ttlog_set_context("null", (const char *)0) == 0);
	CHECK(ttlog_set_context("pointer", &object) == 0);
	ttlog_info("types");
	CHECK(ttlog_clear_context_all() == 0);
}

static void *say_in_thread(void *data)
{
	char key[20];
	/* Many different ones: what a thread that is gone left behind would soon be too much. */
	snprintf(key, sizeof(key), (long)data < 3 ? "thread" : "thread %ld", (long)data);
	ttlog_info("begins with none");
	CHECK(ttlog_set_context(key, (long)data) == 0);
	ttlog_info("in a thread", ttlog_kv("n", (long)data));
	return NULL;
}

static void say_everything(void)
{
	ttlog_info("before");
	CHECK(ttlog_set_context("request_id", 17) == 0);
	ttlog_info("alone");
	ttlog_info("few", ttlog_kv("a", 1));
	ttlog_info("string", ttlog_kv("a", "text"));
	ttlog_info("many", ttlog_kv("a", 1), ttlog_kv("b", 2), ttlog_kv("c", 3), ttlog_kv("d", 4));
	ttlog_info("own counts", ttlog_kv("request_id", "own"));
	ttlog_infof("formatted %d", 1);
	printf("printed\n");
	fflush(stdout);
	CHECK(write(2, "written\n", 8) == 8);
	syslog(LOG_INFO, "to syslog");
	{
		ttlog_span("span", ttlog_kv("a", 1));
	}
	pthread_t thread;
	CHECK(pthread_create(&thread, NULL, say_in_thread, (void *)1) == 0);
	pthread_join(thread, NULL);
	CHECK(ttlog_clear_context("request_id") == 0);
	ttlog_info("after");
}

/* Fewer slots than threads one after the other: those of the dead are used again, and empty. */
static void check_threads(void)
{
	pthread_t threads[AT_ONCE];
	for (long i = 0; i < AT_ONCE; i++)
		CHECK(pthread_create(&threads[i], NULL, say_in_thread, (void *)i) == 0);
	for (long i = 0; i < AT_ONCE; i++)
		pthread_join(threads[i], NULL);
	for (long i = 0; i < ONE_AFTER_THE_OTHER; i++) {
		CHECK(pthread_create(&threads[0], NULL, say_in_thread, (void *)i) == 0);
		pthread_join(threads[0], NULL);
	}
}

/* The child's thread keeps its context, also where another thread of the child has one before it says anything. */
static void die_in_child(void)
{
	CHECK(ttlog_set_context("request_id", 17) == 0);
	const pid_t child = fork();
	if (child == 0) {
		pthread_t thread;
		CHECK(pthread_create(&thread, NULL, say_in_thread, (void *)2) == 0);
		pthread_join(thread, NULL);
		ttlog_info("in the child");
		CHECK(ttlog_set_context("request_id", 18) == 0);
		ttlog_info("changed in the child");
		abort();
	}
	CHECK(waitpid(child, NULL, 0) == child);
}

/* What a handler says while its thread changes its context. The test looks at what it carries. */
static volatile sig_atomic_t handled;

static void say_in_handler(int signal)
{
	(void)signal;
	ttlog_info("in a handler");
	handled++;
}

static void change_under_signals(void)
{
	const pid_t parent = getpid();
	signal(SIGUSR1, say_in_handler);
	const pid_t child = fork();
	if (child == 0) {
		while (kill(parent, SIGUSR1) == 0)
			sched_yield();
		_exit(0);
	}
	CHECK(ttlog_set_context("a", "even") == 0);
	handled = 0;
	for (int i = 0; handled < 300; i++)
		CHECK(ttlog_set_context("a", i % 2 ? "even" : "an odd one, which is longer") == 0);
	kill(child, SIGKILL);
	CHECK(waitpid(child, NULL, 0) == child);
}

/* A listener -------------------------------------------------------------------------------------------------------------------- */

static const struct ttlog_value *value_of(const struct ttlog_event *event, const char *key)
{
	for (uint32_t i = 0; i < event->value_count; i++) {
		if (event->values[i].key.bytes == strlen(key) && memcmp(event->values[i].key.data, key, strlen(key)) == 0)
			return &event->values[i];
	}
	return NULL;
}

static int is_message(const struct ttlog_event *event, const char *text)
{
	return event->message.bytes == strlen(text) && memcmp(event->message.data, text, strlen(text)) == 0;
}

static int on_event(void *user, const struct ttlog_event *event)
{
	int *seen = user;
	const struct ttlog_value *id = value_of(event, "request_id");
	if (is_message(event, "before") || is_message(event, "after")) {
		CHECK(!id && event->value_count == 0 && event->kind == TTLOG_EVENT_PLAIN);
	} else if (is_message(event, "own counts")) {
		CHECK(event->value_count == 1 && id && id->type == TTLOG_TYPE_STRING);
	} else if (is_message(event, "printed") || is_message(event, "alone")) {
		CHECK(event->value_count == 1 && id && id->type == TTLOG_TYPE_SIGNED && id->number.i == 17);
	} else if (is_message(event, "span") && event->kind == TTLOG_EVENT_SPAN_ENTER) {
		CHECK(event->value_count == 2 && value_of(event, "a") && id && event->duration_ns == 0);
	} else if (is_message(event, "span")) {
		CHECK(event->kind == TTLOG_EVENT_SPAN_EXIT && event->value_count == 1 && id && event->duration_ns > 0);
	} else {
		return 0;
	}
	++*seen;
	return 0;
}

static void check_listener(void)
{
	int seen = 0;
	const struct ttlog_listener listener = {
		.version = TTLOG_LISTENER_VERSION, .policy = TTLOG_BLOCK, .name = "test", .user = &seen, .on_event = on_event};
	const int id = ttlog_add_listener(&listener);
	CHECK(id > 0);
	say_everything();
	CHECK(ttlog_flush(FLUSH_MS) == 0 && ttlog_remove_listener(id) == 0);
	CHECK_EQUAL(seen, 7);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	if (strcmp(mode, "listened") == 0) {
		check_listener();
		return 0;
	}
	if (strcmp(mode, "threads") == 0) {
		check_threads();
		return 0;
	}
	if (strcmp(mode, "child") == 0) {
		die_in_child();
		return 0;
	}
	if (strcmp(mode, "without") == 0) {
		CHECK(ttlog_set_context("a", 1) == 0 && ttlog_clear_context("a") == 0 && ttlog_clear_context_all() == 0);
		return 0;
	}
	if (strcmp(mode, "signals") == 0) {
		change_under_signals();
	} else {
		check_limits();
		check_types();
		say_everything();
	}
	abort();
}
