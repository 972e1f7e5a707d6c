#define TTLOG_ABI_ONLY
#include "api.h"

#include "channel.h"
#include "clock.h"
#include "config.h"
#include "journal.h"
#include "libc.h"
#include "listen.h"
#include "log_file.h"
#include "outlet.h"
#include "own_thread.h"
#include "record.h"
#include "recorder_file.h"
#include "site.h"
#include "syscalls.h"
#include "text.h"
#include "ttlog.h"
#include "writer.h"

#include <errno.h>
#include <string.h>

enum { REMOVE_MS = 2000, START_MS = 2000, INTERVAL_NONE = -1 };

/* Options ------------------------------------------------------------------------------------------------------------------------- */

/* What the caller knows of them; the rest is 0. */
static struct ttlog_options known_options(const struct ttlog_options *options)
{
	struct ttlog_options known;
	memset(&known, 0, sizeof(known));
	if (options)
		memcpy(&known, options, options->size < sizeof(known) ? options->size : sizeof(known));
	return known;
}

static int draft_number(struct variables *draft, const char *name, uint32_t number)
{
	char digits[16];
	struct text_writer text = text_begin(digits, sizeof(digits));
	text_number(&text, number, 10);
	return number ? config_draft(draft, name, digits) : 0;
}

static int draft_interval(struct variables *draft, int32_t interval_s)
{
	if (interval_s < 0)
		return interval_s == INTERVAL_NONE ? config_draft(draft, "INTERVAL", "0") : -EINVAL;
	return draft_number(draft, "INTERVAL", (uint32_t)interval_s);
}

/* 0 or -EINVAL. */
static int draft_options(struct variables *draft, const struct ttlog_options *options)
{
	const struct {
		const char *name, *value;
	} texts[] = {
		{"SERVICE", options->service}, {"STORAGE", options->storage},     {"LEVEL", options->level},
		{"CAPTURE", options->capture}, {"ON_EXIT", options->on_exit},     {"KEEP", options->keep},
		{"REDACT", options->redact},   {"LISTENERS", options->listeners},
	};
	if (draft_number(draft, "CAPACITY", options->capacity) != 0 || draft_number(draft, "LANES", options->lanes) != 0 ||
	    draft_number(draft, "CHANNEL_CAPACITY", options->channel_capacity) != 0 ||
	    draft_interval(draft, options->interval_s) != 0)
		return -EINVAL;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (config_draft(draft, texts[i].name, texts[i].value) != 0)
			return -EINVAL;
	}
	return 0;
}

/* Memory has been shared out by the first event: 0 or -EBUSY, and then the draft says what is. */
static int keep_shape(struct variables *draft)
{
	const bool same = draft->capacity == config.set.capacity && draft->lanes == config.set.lanes;
	if (same || !recorder_now())
		return 0;
	draft->capacity = config.set.capacity;
	draft->lanes = config.set.lanes;
	return -EBUSY;
}

static void apply(const struct variables *draft, const struct ttlog_options *options)
{
	config_apply(draft);
	if (options->level && !config_is_given("LEVEL"))
		site_set_levels(draft->levels);
	log_file_init(config.set.files);
	stream_init(config.set.capture);
	journal_init();
	recorder_note_config();
}

static int start(const struct ttlog_options *given)
{
	struct variables draft = config.set;
	const struct ttlog_options options = known_options(given);
	int error = given && given->size < sizeof(given->size) ? -EINVAL : draft_options(&draft, &options);
	if (error)
		return error;
	const int busy = keep_shape(&draft);
	const bool listens = draft.listeners[0] && strcmp(draft.listeners, config.set.listeners) != 0;
	if (listens && !listen_understands(draft.listeners))
		return -EINVAL;
	apply(&draft, &options);
	error = writer_begin();
	if (!error && listens)
		error = listen_open();
	return error ? error : busy;
}

/* One after the other. Who does not come back is not waited for a second time. */
static int api_start(const struct ttlog_options *given)
{
	uint32_t *beginning = &recorder_live_page.live.beginning;
	if (!own_thread_may_be_asked())
		return -EPERM;
	const uint64_t until = clock_monotonic_ns() + START_MS * 1000000ull;
	while (__atomic_exchange_n(beginning, 1, __ATOMIC_ACQUIRE) && own_thread_await(beginning, 1, until))
		;
	const int error = start(given);
	__atomic_store_n(beginning, 0, __ATOMIC_RELEASE);
	sys_futex_wake(beginning);
	return error;
}

/* The others ---------------------------------------------------------------------------------------------------------------------- */

static int saved_errno(int result, int errno_before)
{
	errno = errno_before;
	return result;
}

static int api_begin(const struct ttlog_options *options)
{
	const int before = errno;
	return saved_errno(config.set.disable ? 0 : api_start(options), before);
}

static int api_add_listener(const struct ttlog_listener *listener)
{
	const int before = errno;
	return saved_errno(config.set.disable ? 0 : listen_add(listener), before);
}

static int api_remove_listener(int id)
{
	return config.set.disable ? 0 : listen_remove(id, REMOVE_MS);
}

static int api_request_snapshot(const char *reason, int waits)
{
	return config.set.disable ? 0 : writer_request(reason, waits != 0);
}

static int api_flush(uint32_t timeout_ms)
{
	return listen_flush(timeout_ms);
}

static int api_shutdown(uint32_t timeout_ms)
{
	if (config.set.disable)
		return 0;
	const int error = listen_stop(timeout_ms);
	const int other = error == -EDEADLK ? 0 : writer_stop(timeout_ms);
	return error ? error : other;
}

static void count_events(struct ttlog_stats *stats)
{
	if (!recorder_now())
		return;
	stats->dropped = __atomic_load_n(&recorder.header->dropped_early, __ATOMIC_RELAXED);
	for (uint32_t lane = 0; lane < recorder.header->lanes_owned + recorder.header->lanes_shared; lane++) {
		const struct lane_control *control = &recorder.controls[lane];
		stats->recorded += __atomic_load_n(&control->recorded, __ATOMIC_RELAXED);
		stats->dropped += __atomic_load_n(&control->dropped, __ATOMIC_RELAXED);
		stats->truncated += __atomic_load_n(&control->truncated, __ATOMIC_RELAXED);
	}
}

static int api_stats(struct ttlog_stats *stats)
{
	const uint32_t size = stats->size;
	struct ttlog_stats all = {.size = size};
	if (size < sizeof(size))
		return -EINVAL;
	if (agent_ready) {
		const struct listen_counts listeners = listen_count();
		const struct channel_counts channel = channel_count();
		const struct writer_counts written = writer_count();
		count_events(&all);
		all.listeners = listeners.listeners;
		all.failing = listeners.failing;
		all.handed_out = listeners.handed_out;
		all.lost = listeners.lost;
		all.waiting = channel.waiting;
		all.refused = channel.refused;
		all.snapshots = written.written;
		all.failed = written.failed;
	}
	memcpy(stats, &all, size < sizeof(all) ? size : sizeof(all));
	return 0;
}

void api_init(void)
{
	record_api.init = api_begin;
	record_api.add_listener = api_add_listener;
	record_api.remove_listener = api_remove_listener;
	record_api.request_snapshot = api_request_snapshot;
	record_api.flush = api_flush;
	record_api.shutdown = api_shutdown;
	record_api.stats = api_stats;
}
