#include "batch.h"

#include <errno.h>

void batch_init(struct batch *batch, char *memory)
{
	*batch = (struct batch){.out = {memory, 0, BATCH_BYTES, false}};
}

static bool render_whole(struct render *out, const struct ttlog_event *event, batch_renderer *render, const void *how)
{
	const size_t before = out->used;
	render(out, event, how);
	const bool whole = !out->full;
	out->used = whole ? out->used : before;
	out->full = false;
	return whole;
}

/* Half of the message is cut each time, the values at last: no event is lost for its size. */
static void render_cut(struct render *out, const struct ttlog_event *event, batch_renderer *render, const void *how)
{
	struct ttlog_event cut = *event;
	do {
		const size_t less = cut.message.bytes / 2;
		cut.truncated += cut.message.bytes - less;
		cut.message.bytes = less;
		if (less == 0) {
			cut.value_count = 0;
			cut.target = cut.file = cut.function = (struct ttlog_text){NULL, 0};
		}
	} while (!render_whole(out, &cut, render, how) && cut.message.bytes);
}

bool batch_render(struct render *out, const struct ttlog_event *event, batch_renderer *render, const void *how)
{
	if (render_whole(out, event, render, how))
		return true;
	if (out->used)
		return false;
	render_cut(out, event, render, how);
	return true;
}

/* Whether the event has been accepted before. */
static bool comes_again(struct batch *batch, const struct ttlog_event *event)
{
	if (!batch->again || event->monotonic_ns < batch->last_ns)
		return batch->again;
	if (event->monotonic_ns == batch->last_ns && batch->seen < batch->at_last) {
		batch->seen++;
		return true;
	}
	batch->again = false;
	return false;
}

static void note_accepted(struct batch *batch, const struct ttlog_event *event)
{
	if (event->monotonic_ns == batch->last_ns) {
		batch->at_last++;
	} else {
		batch->last_ns = event->monotonic_ns;
		batch->at_last = 1;
	}
}

int batch_add(struct batch *batch, const struct ttlog_event *event, batch_renderer *render, const void *how, batch_emptier *empty, void *user)
{
	if (comes_again(batch, event))
		return 0;
	if (!batch_render(&batch->out, event, render, how)) {
		const int error = empty(user);
		if (error)
			return error;
		batch_render(&batch->out, event, render, how);
	}
	note_accepted(batch, event);
	return 0;
}

int batch_write(struct batch *batch, batch_writer *write, void *user)
{
	while (batch->written < batch->out.used) {
		const long count = write(user, batch->out.data + batch->written, batch->out.used - batch->written);
		if (count == -EINTR)
			continue;
		if (count <= 0)
			return count ? (int)-count : EIO;
		batch->written += (size_t)count;
	}
	batch->out.used = batch->written = 0;
	return 0;
}

/* A flush may succeed before all has come again that an earlier one left in doubt; what has come by then will not come once more. */
int batch_flushed(struct batch *batch, int error)
{
	if (!error)
		batch->at_last = batch->again ? batch->at_last - batch->seen : 0;
	batch->again = batch->again || error;
	batch->seen = 0;
	return error;
}

void batch_expect_last(struct batch *batch)
{
	batch->again = true;
	batch->seen = batch->at_last - 1;
}

void batch_forget(struct batch *batch)
{
	batch->again = false;
	batch->last_ns = 0;
	batch->at_last = 0;
}

bool batch_is_half(const struct batch *batch)
{
	return batch->written && batch->written < batch->out.used && batch->out.data[batch->written - 1] != '\n';
}

void batch_rewind(struct batch *batch)
{
	while (batch_is_half(batch))
		batch->written--;
}
