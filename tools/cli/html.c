/* ttlog html: a snapshot as one page that needs nothing beside itself. */
#include "html.h"

#include "arena.h"
#include "confined.h"
#include "describe.h"
#include "line_join.h"
#include "memory_stream.h"
#include "output.h"
#include "source.h"
#include "spans.h"
#include "stream.h"
#include "view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static const struct option long_options[] = {
	{"output", required_argument, NULL, 'o'},
	{"o", required_argument, NULL, 'o'},
	{"debug-dir", required_argument, NULL, 'd'},
	{"source-dir", required_argument, NULL, 's'},
	{NULL, 0, NULL, 0},
};

/* All that a page is made of. */
struct page {
	struct target *target;
	struct symbols *symbols;
	struct html_events *events;
	struct line_join *join;
	struct spans *spans; /* as they are on the way */
	struct snapshot_error damage;
	char nonce[33];
	char *head, *foot; /* of the text view */
	size_t head_bytes, foot_bytes;
};

/* Data ----------------------------------------------------------------------------------------------------------------------- */

static ssize_t write_escaped(void *cookie, const char *data, size_t bytes)
{
	FILE *out = cookie;

	for (size_t at = 0; at < bytes;) {
		const char *found = memchr(data + at, '<', bytes - at);
		const size_t plain = found ? (size_t)(found - data) - at : bytes - at;
		fwrite(data + at, 1, plain, out);
		fputs(found ? "\\u003c" : "", out);
		at += plain + (found != NULL);
	}
	return ferror(out) ? 0 : (ssize_t)bytes;
}

FILE *html_data_stream(FILE *out)
{
	return fopencookie(out, "w", (cookie_io_functions_t){.write = write_escaped});
}

static int add_event(void *context, struct snapshot_event *event, uint64_t number)
{
	struct page *page = context;

	(void)number;
	if (page->symbols)
		symbols_name_event(page->symbols, &page->target->snapshot, event);
	html_events_add(page->events, event, page->target->snapshot.created_at);
	return 0;
}

static int join_event(void *context, struct snapshot_item *item)
{
	struct page *page = context;

	spans_follow(page->spans, item->event);
	return line_join_put(page->join, item->event, item->number);
}

/* What the file says behind its events is known once it was read; they need its end and its modules. So it is read twice. */
static int read_events(struct page *page)
{
	const struct snapshot_visitor nothing = {.context = NULL};
	const struct snapshot_visitor visitor = {.context = page, .decode = true, .event = join_event};
	struct snapshot_error again;
	struct snapshot unused;
	int result;

	page->join = line_join_create(add_event, page);
	page->spans = spans_create();
	if (!page->join || !page->spans)
		return -ENOMEM;
	snapshot_init(&unused);
	result = target_read(page->target, NULL, &nothing, &page->damage);
	if (page->target->snapshot.version) {
		result = target_read(page->target, page->target->fd < 0 ? NULL : &unused, &visitor, &again);
		(void)line_join_flush(page->join);
		if (!page->damage.text[0])
			page->damage = again;
	}
	snapshot_fini(&unused);
	return page->target->snapshot.version ? 0 : result;
}

static void print_registers(FILE *out, const struct snapshot *snapshot)
{
	const struct snapshot_thread *thread = describe_crashed(snapshot);

	fputs("\"registers\": [", out);
	for (size_t i = 0; thread && i < thread->register_count; i++)
		fprintf(out, "%s[\"%s\", \"0x%" PRIx64 "\"]", i ? ", " : "", thread->registers[i].name, thread->registers[i].value);
	fputs("],\n", out);
}

/* The snapshot as `ttlog view --json` prints it, without its events. */
static void print_snapshot(FILE *out, struct snapshot *snapshot)
{
	struct snapshot_event *events = snapshot->events;
	const size_t count = snapshot->event_count;
	struct snapshot_error error;
	unsigned char *cbor;
	size_t bytes;

	snapshot->event_count = 0;
	fputs("\"snapshot\": ", out);
	if (snapshot_encode(snapshot, &cbor, &bytes, &error) != 0)
		arena_no_memory(arena_size(&snapshot->arena));
	(void)snapshot_print_json(out, cbor, bytes, &error);
	free(cbor);
	fputs(",\n", out);
	snapshot->events = events;
	snapshot->event_count = count;
}

static void print_data(FILE *raw, struct page *page)
{
	struct snapshot *snapshot = &page->target->snapshot;
	FILE *out = arena_need(html_data_stream(raw), BUFSIZ);

	fputs("{\"head\": ", out);
	snapshot_print_json_text(out, page->head, page->head_bytes);
	fputs(",\n\"foot\": ", out);
	snapshot_print_json_text(out, page->foot, page->foot_bytes);
	fprintf(out, ",\n\"died\": %s,\n\"created_ms\": %" PRIu64 ".%06" PRIu64 ",\n",
		snapshot->signal.present || describe_crashed(snapshot) ? "true" : "false", snapshot->created_at / 1000000,
		snapshot->created_at % 1000000);
	print_registers(out, snapshot);
	print_snapshot(out, snapshot);
	fputs("\"events\": {", out);
	html_events_print(page->events, out);
	fputs("}}", out);
	fclose(out);
}

/* Page ----------------------------------------------------------------------------------------------------------------------- */

static void print_html_text(FILE *out, const char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		const char *entity = strchr("&<>\"'", text[i]) && text[i] ? "" : NULL;
		if (entity)
			fprintf(out, "&#%d;", text[i]);
		else
			putc(text[i], out);
	}
}

static void print_asset(FILE *out, struct html_asset asset)
{
	fwrite(asset.data, 1, asset.bytes, out);
}

static void print_part(FILE *out, struct page *page, const char *name, size_t bytes)
{
	if (!strncmp(name, "nonce", bytes))
		fputs(page->nonce, out);
	else if (!strncmp(name, "title", bytes))
		print_html_text(out, page->head, strcspn(page->head, "\n"));
	else if (!strncmp(name, "style", bytes))
		print_asset(out, html_style());
	else if (!strncmp(name, "script", bytes))
		print_asset(out, html_script());
	else if (!strncmp(name, "data", bytes))
		print_data(out, page);
}

/* page.html with its @parts@ filled in. */
static void print_page(FILE *out, struct page *page)
{
	const struct html_asset asset = html_page();
	const char *at = asset.data, *end = asset.data + asset.bytes;

	while (at < end) {
		const char *begin = memchr(at, '@', (size_t)(end - at));
		const char *stop = begin ? memchr(begin + 1, '@', (size_t)(end - begin - 1)) : NULL;
		fwrite(at, 1, (size_t)((stop ? begin : end) - at), out);
		if (stop)
			print_part(out, page, begin + 1, (size_t)(stop - begin - 1));
		at = stop ? stop + 1 : end;
	}
}

static void make_nonce(char nonce[33])
{
	unsigned char bytes[16] = {0};

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		memset(bytes, 0xa5, sizeof(bytes)); /* it keeps scripts of others out that cannot come in anyway */
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
}

static void capture_text(struct page *page)
{
	static const struct view_options options;
	struct view view = {
		.options = &options, .target = page->target, .snapshot = &page->target->snapshot, .damage = page->damage};

	view.out = memory_stream_open(&page->head, &page->head_bytes);
	view_head(&view);
	memory_stream_close(view.out, &page->head);
	view.out = memory_stream_open(&page->foot, &page->foot_bytes);
	view_foot(&view);
	memory_stream_close(view.out, &page->foot);
}

/* Each thread's frames have their source where it is here: a page is read elsewhere. */
static void embed_sources(struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->thread_count; i++)
		source_embed(&snapshot->arena, &snapshot->threads[i]);
}

static int write_page(struct page *page, const struct html_request *request)
{
	struct output output;
	int status;

	if (page->symbols)
		symbols_name_frames(page->symbols, &page->target->snapshot, SYMBOLS_NAMES_AND_LINES);
	embed_sources(&page->target->snapshot);
	make_nonce(page->nonce);
	capture_text(page);
	status = output_open(&command_html, &output, request->output, false);
	if (status)
		return status;
	print_page(output.stream, page);
	status = output_close(&command_html, &output, COMMAND_DONE);
	if (!status && page->damage.text[0])
		return command_error(&command_html, COMMAND_BAD_FILE, "%s: %s; the page shows what can be read", page->target->path,
				     page->damage.text);
	return status;
}

int html_make_page(struct target *target, const struct html_request *request)
{
	struct page page = {.target = target, .events = html_events_create()};
	int status;

	page.symbols = symbols_create(&(struct symbols_options){.cache = true, .directories = request->debug.names});
	source_directories(request->source.names);
	if (read_events(&page) != 0)
		status = command_error(&command_html, COMMAND_BAD_FILE, "%s: %s", target->path, page.damage.text);
	else
		status = write_page(&page, request);
	html_events_destroy(page.events);
	symbols_destroy(page.symbols);
	spans_destroy(page.spans);
	line_join_destroy(page.join);
	free(page.head);
	free(page.foot);
	return status;
}

/* Options -------------------------------------------------------------------------------------------------------------------- */

static int apply(struct html_request *request, int option)
{
	switch (option) {
	case 'o':
		request->output = optarg;
		return 0;
	case 'd':
		return directory_list_add(&command_html, &request->debug, "--debug-dir", optarg);
	default:
		return directory_list_add(&command_html, &request->source, "--source-dir", optarg);
	}
}

static int run_html(int argc, char **argv)
{
	struct html_request request = {0};
	struct target target;
	int option, status = COMMAND_DONE;

	while (!status && (option = command_option(&command_html, argc, argv, long_options, 0)) != OPTION_END) {
		if (option == OPTION_HELP)
			return COMMAND_DONE;
		status = option == OPTION_BAD ? COMMAND_USAGE : apply(&request, option);
	}
	if (!status && argc - optind != 1)
		status = command_error(&command_html, COMMAND_USAGE, "%s; see `ttlog html --help`",
				       argc == optind ? "no FILE, DIR or PID given" : "more than one FILE, DIR or PID given");
	if (!status && !request.output && isatty(STDOUT_FILENO))
		status = command_error(&command_html, COMMAND_USAGE, "a page is nothing for a terminal: give -o PAGE");
	if (!status)
		status = target_open(&command_html, &target, argv[optind]);
	if (status)
		return status;
	confined_read(request.output, true);
	status = html_make_page(&target, &request);
	target_close(&target);
	return status;
}

const struct command command_html = {
	.name = "html",
	.summary = "a snapshot as one page for the browser: stacks, time line, search",
	.run = run_html,
	.options = long_options,
	.operands = COMMAND_TAKES_FILES,
	.help = "usage: ttlog html [OPTIONS] FILE|DIR|PID\n\n"
		"Writes one page that needs nothing beside itself, asks the network for nothing,\n"
		"and can be attached to a bug report: why it died, all stacks with source, a time\n"
		"line of each thread, and all events with search and filters.\n\n"
		"  -o, --output FILE  write there instead of standard output\n"
		"  --debug-dir DIR    where debug information is, beside /usr/lib/debug; may be\n"
		"                     repeated\n"
		"  --source-dir DIR   where source files are that have moved; may be repeated\n\n"
		"Examples:\n"
		"  ttlog html -o crash.html tmp       the newest snapshot in ./tmp\n"
		"  ttlog html 4711 > now.html         a running process\n",
};
