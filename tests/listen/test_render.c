/* Events as text, JSON, syslog and journal: what they look like, and that no message can break a format. */
#include "drive.h"
#include "render.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static char memory[256 * 1024];

static struct render fresh(void)
{
	return (struct render){memory, 0, sizeof(memory) - 1, false};
}

static void expect(const struct render *got, const char *wanted)
{
	cr_assert(!got->full);
	cr_expect(got->used == strlen(wanted) && memcmp(got->data, wanted, got->used) == 0, "is\n%.*s\ninstead of\n%s",
		  (int)got->used, got->data, wanted);
}

/* An event with everything in it. */
static struct ttlog_event full_event(void)
{
	static const struct ttlog_value values[] = {
		{.key = TEXT("user_id"), .type = TTLOG_TYPE_SIGNED, .number.i = -7},
		{.key = TEXT("path"), .type = TTLOG_TYPE_STRING, .number.string = TEXT("/a b")},
		{.key = TEXT("seconds"), .type = TTLOG_TYPE_DOUBLE, .number.d = 1.5},
		{.key = TEXT("ok"), .type = TTLOG_TYPE_BOOL, .number.u = 1},
		{.key = TEXT("at"), .type = TTLOG_TYPE_POINTER, .number.u = 0xbeef},
		{.key = TEXT("none"), .type = TTLOG_TYPE_STRING},
		{.key = TEXT("ok"), .type = TTLOG_TYPE_UNSIGNED, .number.u = UINT64_MAX},
		{.key = TEXT("odd"), .type = TTLOG_TYPE_DOUBLE, .number.d = NAN},
	};
	struct ttlog_event event = event_saying("slow request");
	event.source = "macro";
	event.level = TTLOG_LEVEL_WARN;
	event.target = TEXT("net");
	event.file = TEXT("src/net/request.c");
	event.function = TEXT("serve");
	event.line = 12;
	event.column = 3;
	event.values = values;
	event.value_count = 8;
	return event;
}

Test(render, text)
{
	struct render out = fresh();
	struct ttlog_event event = event_saying("hello");
	render_text(&out, &event, false);
	expect(&out, "2026-11-28T15:24:16.990218Z INFO      101 stdout hello\n");
	out = fresh();
	event = full_event();
	event.truncated = 9;
	event.lost = 3;
	render_text(&out, &event, false);
	expect(&out,
	       "2026-11-28T15:24:16.990218Z WARN      101 agent  3 events were lost here\n"
	       "2026-11-28T15:24:16.990218Z WARN      101 macro  net: slow request… (9 bytes more) user_id=-7 path=\"/a b\" seconds=1.5 "
	       "ok=true at=0xbeef none=null ok=18446744073709551615 odd=nan  request.c:12\n");
}

Test(render, text_of_spans_and_colour)
{
	struct render out = fresh();
	struct ttlog_event event = event_saying("query");
	event.kind = TTLOG_EVENT_SPAN_EXIT;
	event.duration_ns = 1234567;
	event.level = TTLOG_LEVEL_ERROR;
	render_text(&out, &event, true);
	expect(&out,
	       "\x1b[2m2026-11-28T15:24:16.990218Z\x1b[0m\x1b[31m ERROR\x1b[0m     101\x1b[2m stdout \x1b[0m< \x1b[1mquery\x1b[0m (1234 us)\n");
}

Test(render, json)
{
	struct render out = fresh();
	struct ttlog_event event = full_event();
	event.lost = 3;
	render_json(&out, &event);
	expect(&out,
	       "{\"timestamp\": 1795879456990218332, \"level\": \"warn\", \"service\": \"orders\", \"pid\": 100, \"tid\": 101, "
	       "\"thread_name\": \"worker\", \"source\": \"macro\", \"target\": \"net\", \"message\": \"slow request\", \"kv\": "
	       "{\"user_id\": -7, \"path\": \"/a b\", \"seconds\": 1.5, \"ok\": true, \"at\": \"0xbeef\", \"none\": null, \"ok#7\": "
	       "18446744073709551615, \"odd\": null}, \"file\": \"src/net/request.c\", \"line\": 12, \"column\": 3, \"function\": "
	       "\"serve\", \"lost\": 3}\n");
}

Test(render, syslog)
{
	const struct render_syslog_names names = {.facility = 16, .hostname = "host"};
	struct render out = fresh();
	struct ttlog_event event = full_event();
	event.value_count = 2;
	render_syslog(&out, &event, &names);
	expect(&out,
	       "<132>1 2026-11-28T15:24:16.990218Z host orders 100 macro [ttlog@32473 tid=\"101\" thread=\"worker\" target=\"net\" "
	       "file=\"src/net/request.c\" line=\"12\" function=\"serve\"][kv@32473 user_id=\"-7\" path=\"/a b\"] slow request");
	out = fresh();
	render_syslog_local(&out, &event, &names);
	expect(&out, "<132>orders[100]: net: slow request user_id=-7 path=\"/a b\"");
}

Test(render, syslog_escapes)
{
	static const struct ttlog_value value = {.key = TEXT("a=b]\"c and a name that is much too long"),
						 .type = TTLOG_TYPE_STRING,
						 .number.string = TEXT("q\" b\\ c] \xff")};
	const struct render_syslog_names names = {.facility = 1, .hostname = ""};
	struct render out = fresh();
	struct ttlog_event event = event_saying("two\nlines");
	event.service = "with blank";
	event.thread_name = "";
	event.values = &value;
	event.value_count = 1;
	render_syslog(&out, &event, &names);
	expect(&out, "<14>1 2026-11-28T15:24:16.990218Z - with_blank 100 stdout [ttlog@32473 tid=\"101\"]"
		     "[kv@32473 a_b__c_and_a_name_that_is_much_t=\"q\\\" b\\\\ c\\] \xef\xbf\xbd\"] two\\nlines");
}

Test(render, journal)
{
	static const char wanted[] =
		"MESSAGE\n\x09\0\0\0\0\0\0\0two\nlines\nPRIORITY=6\nSYSLOG_IDENTIFIER=orders\nTID=101\nTHREAD_NAME=worker\n"
		"TTLOG_TIMESTAMP=1795879456990218332\nTTLOG_LEVEL=info\nTTLOG_SOURCE=stdout\nKV_USER_ID=-7\nKV_PATH=/a b\n";
	struct render out = fresh();
	struct ttlog_event event = event_saying("two\nlines");
	event.values = full_event().values;
	event.value_count = 2;
	render_journal(&out, &event);
	cr_assert(out.used == sizeof(wanted) - 1 && memcmp(out.data, wanted, out.used) == 0, "%.*s", (int)out.used, out.data);
}

Test(render, dates)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} dates[] = {{0, "1970-01-01T00:00:00.000000Z"},
		     {951782399, "2000-02-28T23:59:59.000000Z"},
		     {951782400, "2000-02-29T00:00:00.000000Z"},
		     {4107542400, "2100-03-01T00:00:00.000000Z"},
		     {1709251199, "2024-02-29T23:59:59.000000Z"}};
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		struct render out = fresh();
		render_time(&out, dates[i].seconds * 1000000000u);
		expect(&out, dates[i].text);
	}
}

static void expect_double(double number, const char *text)
{
	struct render out = fresh();
	render_double(&out, number);
	expect(&out, text);
}

/* Each locale that is installed: some write a comma, some more than one byte. */
Test(render, doubles_in_any_locale)
{
	static const char *const locales[] = {"C", "de_DE.UTF-8", "fa_IR.UTF-8", "ps_AF.UTF-8"};
	for (size_t i = 0; i < sizeof(locales) / sizeof(locales[0]); i++) {
		if (!setlocale(LC_NUMERIC, locales[i]))
			continue;
		expect_double(0.1, "0.1");
		expect_double(-2, "-2.0");
		expect_double(1.0 / 3, "0.3333333333333333");
		expect_double(1e300, "1e+300");
		expect_double(123456789.125, "123456789.125");
		expect_double(INFINITY, "inf");
	}
}

/* What does not fit is said not to, and nothing is written behind the end. */
Test(render, bounded)
{
	const struct render_syslog_names names = {.facility = 1, .hostname = "h"};
	const struct ttlog_event event = full_event();
	for (size_t bytes = 0; bytes < 600; bytes++) {
		char *data = malloc(bytes + 1);
		data[bytes] = 'x';
		for (unsigned form = 0; form < 5; form++) {
			struct render out = {data, 0, bytes, false};
			switch (form) {
			case 0:
				render_text(&out, &event, true);
				break;
			case 1:
				render_json(&out, &event);
				break;
			case 2:
				render_syslog(&out, &event, &names);
				break;
			case 3:
				render_syslog_local(&out, &event, &names);
				break;
			default:
				render_journal(&out, &event);
				break;
			}
			cr_assert(data[bytes] == 'x' && out.used <= bytes && (out.full || bytes > 50));
		}
		free(data);
	}
}

/* Hostile messages ------------------------------------------------------------------------------------------------------------- */

static size_t hostile(unsigned number, char *text, size_t bytes)
{
	static const char *const fixed[] = {"",
					    "\n",
					    "\r\n",
					    "\"",
					    "\\",
					    "\\\"",
					    "{\"a\": 1}",
					    "a\tb",
					    "\x1b[2J\x1b]0;title\a",
					    "\x7f",
					    "\xc2\x9b"
					    "31m",
					    "\xe2\x80\xae"
					    "txt.exe",
					    "\xe2\x80\xa8",
					    "\xff\xfe",
					    "\xc0\x80",
					    "\xed\xa0\x80",
					    "\xf4\x90\x80\x80",
					    "\xe2\x82",
					    "€",
					    "\xf0\x9f\x98\x80",
					    "a=b c=d",
					    "]",
					    "<script>",
					    "%s%n",
					    "'; DROP TABLE events; --"};
	const unsigned count = sizeof(fixed) / sizeof(fixed[0]);
	if (number < count) {
		strcpy(text, fixed[number]);
		return strlen(fixed[number]);
	}
	if (number == count) { /* every byte, NUL too */
		for (unsigned i = 0; i < 256; i++)
			text[i] = (char)i;
		return 256;
	}
	if (number == count + 1) {
		memset(text, '"', bytes);
		return bytes;
	}
	if (number > 400)
		return SIZE_MAX;
	srand(number);
	const size_t length = (size_t)rand() % 64;
	for (size_t i = 0; i < length; i++)
		text[i] = (char)(number % 2 ? rand() : "\"\\\n\x1b\xe2\x80\xae{}"[rand() % 9]);
	return length;
}

static struct ttlog_event hostile_event(const char *text, size_t bytes)
{
	static struct ttlog_value values[2];
	struct ttlog_event event = event_saying("");
	event.message = event.target = event.file = event.function = (struct ttlog_text){text, bytes};
	values[0] = (struct ttlog_value){.key = {text, bytes}, .type = TTLOG_TYPE_STRING, .number.string = {text, bytes}};
	values[1] = values[0];
	event.values = values;
	event.value_count = 2;
	return event;
}

static void expect_harmless(unsigned number, const char *data, size_t bytes)
{
	for (size_t at = 0; at < bytes; at++)
		cr_assert((unsigned char)data[at] >= 0x20 && data[at] != 0x7f, "message %u: byte %02x", number, data[at]);
	cr_assert(!memmem(data, bytes, "\xe2\x80\xae", 3) && !memmem(data, bytes, "\xc2\x9b", 2));
}

Test(render, hostile_text_stays_on_its_line)
{
	static char text[4096];
	size_t bytes;
	for (unsigned i = 0; (bytes = hostile(i, text, sizeof(text))) != SIZE_MAX; i++) {
		struct render out = fresh();
		const struct ttlog_event event = hostile_event(text, bytes);
		render_text(&out, &event, false);
		cr_assert(!out.full && out.data[out.used - 1] == '\n');
		expect_harmless(i, out.data, out.used - 1);
	}
}

/* Names and values too, which stand beside the message there. */
Test(render, hostile_syslog_stays_on_its_line)
{
	static const struct render_syslog_names names = {.facility = 16, .hostname = "host"};
	static char text[4096];
	size_t bytes;
	for (unsigned i = 0; (bytes = hostile(i, text, sizeof(text))) != SIZE_MAX; i++) {
		struct render out = fresh();
		struct ttlog_event event = hostile_event(text, bytes);
		text[bytes < sizeof(text) ? bytes : sizeof(text) - 1] = 0;
		event.thread_name = text;
		render_syslog(&out, &event, &names);
		cr_assert(!out.full);
		expect_harmless(i, out.data, out.used);
		out = fresh();
		render_syslog_local(&out, &event, &names);
		expect_harmless(i, out.data, out.used);
	}
}

/* Python's parser is the judge: UTF-8, JSON, one object a line, and of what was UTF-8 the same text again. */
Test(render, hostile_json_is_valid)
{
	static const char script[] =
		"import json, sys\n"
		"for line in sys.stdin.buffer:\n"
		"    event = json.loads(line.decode('utf-8'), strict=True)\n"
		"    raw = bytes.fromhex(event['thread_name'])\n"
		"    assert len(event['kv']) == 2, line\n"
		"    try: text = raw.decode('utf-8')\n"
		"    except UnicodeDecodeError: continue\n"
		"    assert event['message'] == text and event['target'] == text and event['kv'][text] == text, line\n";
	static char text[4096], hex[2 * sizeof(text) + 1], command[1024];
	size_t bytes;
	snprintf(command, sizeof(command), "python3 -c \"%s\"", script);
	FILE *judge = popen(command, "w");
	for (unsigned i = 0; (bytes = hostile(i, text, sizeof(text))) != SIZE_MAX; i++) {
		struct render out = fresh();
		struct ttlog_event event = hostile_event(text, bytes);
		for (size_t at = 0; at < bytes; at++)
			snprintf(hex + 2 * at, 3, "%02x", (unsigned char)text[at]);
		hex[2 * bytes] = 0;
		event.thread_name = bytes ? hex : " ";
		render_json(&out, &event);
		cr_assert(!out.full, "message %u does not fit", i);
		fwrite(out.data, 1, out.used, judge);
	}
	cr_assert(pclose(judge) == 0);
}
