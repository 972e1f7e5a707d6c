/*
 * Listeners: what TTLOG_LISTENERS may say, and hostile events in all of their formats. The input up to the first line feed is an item of
 * TTLOG_LISTENERS; what follows is the message of an event, parts of it its names and values.
 */
#include "fuzz.h"
#include "render.h"
#include "sink_options.h"
#include "utf8.h"

#include <string.h>

enum { ROOM = 1 << 18 };

static void try_options(const char *item, size_t bytes)
{
	struct sink_options options;
	char error[96] = "";
	const int result = sink_options_parse(item, bytes, &options, error, sizeof(error));

	FUZZ_HOLDS(result >= 0 && (result == 0 || error[0]) && memchr(error, 0, sizeof(error)));
	if (result)
		return;
	FUZZ_HOLDS(options.kind < SINK_KINDS && options.keep <= SINK_KEEP_MAX && options.facility < 24 && options.level <= 5);
	FUZZ_HOLDS(memchr(options.address, 0, sizeof(options.address)) && memchr(options.arguments, 0, sizeof(options.arguments)));
}

static struct ttlog_text part(const char *text, size_t bytes, size_t from, size_t length)
{
	const size_t begin = from < bytes ? from : bytes;

	return (struct ttlog_text){text + begin, length < bytes - begin ? length : bytes - begin};
}

static void render(unsigned format, struct render *render, const struct ttlog_event *event)
{
	static const struct render_syslog_names names = {.facility = 16, .hostname = "host"};

	switch (format) {
	case 0:
		render_text(render, event, false);
		break;
	case 1:
		render_json(render, event);
		break;
	case 2:
		render_syslog(render, event, &names);
		break;
	case 3:
		render_syslog_local(render, event, &names);
		break;
	default:
		render_journal(render, event);
	}
}

/* One line, its own line feed aside; that of text may tell of losses before it. No control characters, but in the journal's binary form. */
static void check(unsigned format, const struct render *out)
{
	const size_t bytes = out->used;

	if (out->full || format > 3)
		return;
	for (size_t i = 0; i < bytes; i++) {
		const unsigned char c = (unsigned char)out->data[i];
		FUZZ_HOLDS((c >= 0x20 && c != 0x7f) || (c == '\n' && (i + 1 == bytes || format == 0)) || (c == '\t' && format > 1));
	}
	if (format < 2)
		FUZZ_HOLDS(utf8_valid(out->data, bytes));
}

static void try_event(const char *text, size_t bytes)
{
	static char room[ROOM];
	char name[16] = "";
	const struct ttlog_value values[] = {
		{.key = part(text, bytes, 3, 9), .type = TTLOG_TYPE_STRING, .number.string = part(text, bytes, 5, 40)},
		{.key = part(text, bytes, 0, 2), .type = TTLOG_TYPE_DOUBLE, .number.d = (double)bytes / 3},
	};
	const struct ttlog_event event = {.size = sizeof(event),
					  .kind = (uint32_t)(bytes % 3),
					  .realtime_ns = bytes * UINT64_C(123456789012345),
					  .level = (uint32_t)(bytes % 6),
					  .line = (uint32_t)bytes,
					  .value_count = (uint32_t)(bytes % 3),
					  .truncated = bytes % 5,
					  .lost = bytes % 7,
					  .source = "stdout",
					  .service = name,
					  .thread_name = name,
					  .target = part(text, bytes, 1, 20),
					  .file = part(text, bytes, 2, 30),
					  .function = part(text, bytes, 4, 10),
					  .message = {text, bytes},
					  .values = values};

	memcpy(name, text, bytes < sizeof(name) - 1 ? bytes : sizeof(name) - 1);
	for (unsigned format = 0; format < 5; format++) {
		for (size_t size = 64; size <= ROOM; size = size == 64 ? ROOM : 2 * ROOM) {
			struct render out = {room, 0, size, false};
			render(format, &out, &event);
			FUZZ_HOLDS(out.used <= size);
			check(format, &out);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const uint8_t *end = bytes ? memchr(data, '\n', bytes) : NULL;
	const size_t item_bytes = end ? (size_t)(end - data) : bytes, text_bytes = end ? bytes - item_bytes - 1 : 0;
	char *item = malloc(item_bytes + 1), *text = malloc(text_bytes + 1);

	memcpy(item, data, item_bytes);
	memcpy(text, data + bytes - text_bytes, text_bytes);
	try_options(item, item_bytes);
	try_event(text, text_bytes);
	free(item);
	free(text);
	return 0;
}
