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

int batch_add(struct batch *batch, const struct ttlog_event *event, batch_renderer *render, const void *how, batch_emptier *empty,
	      void *user)
{
	if (accepted_has(&batch->accepted, event))
		return 0;
	if (!batch_render(&batch->out, event, render, how)) {
		const int error = empty(user);
		if (error)
			return error;
		batch_render(&batch->out, event, render, how);
	}
	accepted_note(&batch->accepted, event);
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

void batch_forget(struct batch *batch)
{
	memset(&batch->accepted, 0, sizeof(batch->accepted));
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
