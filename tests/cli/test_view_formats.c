/*
 * ttlog view in the formats of others: each is read back by Python, and tells what is in the snapshot.
 */
#include "command.h"
#include "sample.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

TestSuite(view_formats, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct snapshot_value values[] = {
	{"id", {.type = VALUE_SIGNED, .number.i = -7}},
	{"size", {.type = VALUE_UNSIGNED, .number.u = 18446744073709551615u}},
	{"rate", {.type = VALUE_DOUBLE, .number.d = 0.1}},
	{"bad", {.type = VALUE_DOUBLE, .number.d = __builtin_nan("")}},
	{"ok", {.type = VALUE_BOOL, .number.u = 1}},
	{"at", {.type = VALUE_POINTER, .number.u = 0xdead}},
	{"none", {.type = VALUE_STRING}},
	{"text", {.type = VALUE_STRING, .string = "a\"b\n\xff", .string_bytes = 5}},
};

static struct snapshot_event events[] = {
	SAMPLE_EVENT(5000000, LEVEL_WARN, SOURCE_MACRO, 101, "slow \"query\", twice\nsecond line"),
	SAMPLE_EVENT(4000000, LEVEL_INFO, SOURCE_STDOUT, 100, "=cmd|' /C calc'!A1\n"),
	SAMPLE_EVENT(3000000, LEVEL_INFO, SOURCE_WRITE1, 100, "half"),
	SAMPLE_EVENT(2000000, LEVEL_FATAL, SOURCE_WRITE1, 100, " a line, \xff\n"),
	SAMPLE_EVENT(1, LEVEL_INFO, SOURCE_SYSLOG, 0x1234, "-1 日本"),
};

static const char *write_events(void)
{
	events[0].values = values;
	events[0].value_count = COUNT(values);
	events[0].target = "db";
	events[0].thread_name = "worker-1";
	events[0].file = "db.c";
	events[0].function = "query";
	events[0].line = 12;
	events[0].column = 5;
	events[3].truncated = 99;
	return sample_write(events, COUNT(events));
}

/* The script gets what `ttlog view` printed on standard input, and the snapshot itself, decoded by others, as `snapshot`. */
static void expect_checked(const char *script, const char *const *arguments, const char *path)
{
	static const char prologue[] = "import sys, io, json, csv, cbor2, lz4.frame\n"
				       "sys.stdin.reconfigure(encoding='utf-8', newline='')\n"
				       "snapshot = cbor2.loads(lz4.frame.decompress(open(sys.argv[1], 'rb').read()))\n"
				       "text = lambda x: x.decode('utf-8', 'replace') if isinstance(x, bytes) else x\n"
				       "events = snapshot['events']\n";
	static char whole[8192];
	const char *list[12] = {"view"};
	for (size_t i = 1; *arguments; i++)
		list[i] = *arguments++;
	const struct outcome outcome = ttlog(list);
	cr_assert(outcome.status == 0 && outcome.err.size == 0, "%s%s", status_text(outcome.status), outcome.err.data);
	snprintf(whole, sizeof(whole), "%s%s", prologue, script);
	const struct outcome checked = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", whole, path), .input = outcome.out.data});
	cr_assert(checked.status == 0, "%s\n%s", checked.err.data, outcome.out.data);
}

#define CHECK(script, path, ...) expect_checked(script, LIST(__VA_ARGS__, path), path)

Test(view_formats, json)
{
	const char *path = write_events();
	CHECK("shown = json.load(sys.stdin)\n"
	      "assert list(shown) == list(snapshot), list(shown)\n"
	      "assert len(shown['events']) == 5 and shown['events'][0]['kv']['size'] == 2**64 - 1\n"
	      "assert shown['events'][0]['kv']['bad'] is None\n"
	      "assert shown['events'][3]['message'] == ' a line, \\ufffd\\n'\n"
	      "for key in set(snapshot) - {'events'}: assert shown[key] == snapshot[key], key\n",
	      path, "--json");
	CHECK("shown = json.load(sys.stdin)\n"
	      "assert [e['number'] for e in shown['events']] == [2, 3], shown['events']\n"
	      "assert shown['stats'] == snapshot['stats'] and shown['threads'] == snapshot['threads']\n",
	      path, "--json", "--numbers", "--tid", "100", "--level", "info", "--until", "-3s");
	CHECK("assert json.load(sys.stdin)['events'] == []\n", path, "--json", "--grep", "nowhere");
	CHECK("assert len(json.load(sys.stdin)['events']) == 2\n", path, "--json", "--last", "2");
}

Test(view_formats, ndjson)
{
	const char *path = write_events();
	CHECK("lines = sys.stdin.read().split('\\n')\n"
	      "assert len(lines) == 6 and lines[5] == ''\n"
	      "for line, event in zip(lines, events):\n"
	      "    shown = json.loads(line)\n"
	      "    assert list(shown) == list(event)\n"
	      "    assert shown['message'] == text(event['message']) and shown['timestamp'] == event['timestamp']\n",
	      path, "--ndjson");
	CHECK("assert [json.loads(line)['number'] for line in sys.stdin] == [4, 5]\n", path, "--ndjson", "--numbers", "--last",
	      "2");
}

/* Keys that only a later version knows stay where the file is passed through, in any order of keys. */
Test(view_formats, keys_of_others)
{
	static const char script[] = "import sys, lz4.frame, cbor2\n"
				     "s = cbor2.loads(lz4.frame.decompress(open(sys.argv[1], 'rb').read()))\n"
				     "s['new'] = {'deep': [1, 2]}\n"
				     "for event in s['events']: event['new'] = 'x'\n"
				     "open(sys.argv[2], 'wb').write(lz4.frame.compress(cbor2.dumps(s, canonical=True)))\n";
	const char *other = place_path("other.cbor.lz4");
	const struct outcome made = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", script, write_events(), other)});
	cr_assert(made.status == 0, "%s", made.err.data);
	CHECK("shown = json.load(sys.stdin)\n"
	      "assert list(shown) == list(snapshot) and shown['new'] == {'deep': [1, 2]} and shown['version'] == 1\n"
	      "assert len(shown['events']) == 5 and all(event['new'] == 'x' for event in shown['events'])\n",
	      other, "--json");
	const struct outcome text = ttlog(LIST("view", "--since", "-3s", other));
	expect_shown(&text, LIST("sample died of SIGSEGV", "crash_here", "3 matching events (of 5)", "half", "日本"));
}

Test(view_formats, csv)
{
	const char *path = write_events();
	CHECK("whole = sys.stdin.read()\n"
	      "assert whole.count('\\r\\n') == 6\n"
	      "rows = list(csv.DictReader(io.StringIO(whole, newline=''), strict=True))\n"
	      "assert len(rows) == 5\n"
	      "assert all(None not in row and None not in row.values() for row in rows), rows\n"
	      "first = rows[0]\n"
	      "assert first['message'] == events[0]['message'] and first['time'] == '2026-09-21T14:13:15.000000Z', first\n"
	      "assert json.loads(first['kv'])['text'] == 'a\"b\\n\\ufffd' and json.loads(first['kv'])['at'] == '0xdead'\n"
	      "assert (first['level'], first['target'], first['file'], first['line']) == ('warn', 'db', 'db.c', '12')\n"
	      "assert rows[1]['message'].startswith(\"'=cmd\") and rows[4]['message'] == \"'-1 日本\"\n"
	      "assert rows[3]['truncated'] == '99' and rows[3]['pid'] == '4711' and rows[3]['service'] == 'sample'\n"
	      "assert [row['number'] for row in rows] == ['1', '2', '3', '4', '5']\n",
	      path, "--csv");
}

/* As the Trace Event Format document has it: phases, scopes and the types of their members. */
Test(view_formats, perfetto)
{
	static const char script[] =
		"trace = json.load(sys.stdin)\n"
		"assert trace['displayTimeUnit'] in ('ms', 'ns')\n"
		"entries = trace['traceEvents']\n"
		"for entry in entries:\n"
		"    assert isinstance(entry['name'], str) and isinstance(entry['pid'], int) and isinstance(entry['tid'], int)\n"
		"    assert entry['ph'] in 'Mi'\n"
		"    if entry['ph'] == 'M':\n"
		"        assert entry['name'] in ('process_name', 'thread_name') and isinstance(entry['args']['name'], str)\n"
		"    else:\n"
		"        assert entry['s'] in 'gpt' and isinstance(entry['ts'], (int, float)) and entry['ts'] >= 0\n"
		"        assert isinstance(entry['cat'], str) and isinstance(entry['args'], dict)\n"
		"names = {e['tid']: e['args']['name'] for e in entries if e['name'] == 'thread_name'}\n"
		"assert names == {100: 'main', 101: 'worker-1'}, names\n"
		"instants = [e for e in entries if e['ph'] == 'i']\n"
		"assert [e['s'] for e in instants] == ['t'] * 5 + ['p']\n"
		"death = instants[-1]\n"
		"assert 'SIGSEGV' in death['name'] and death['args']['reason'] == 'SIGSEGV' and death['tid'] == 100\n"
		"for instant, event in zip(instants, events):\n"
		"    assert abs((death['ts'] - instant['ts']) * 1000 - (snapshot['created_at'] - event['timestamp'])) < 10\n"
		"    assert instant['args']['message'] == text(event['message']) and instant['args']['level'] == event['level']\n"
		"assert instants[0]['name'] == 'slow \"query\", twice' and instants[0]['args']['kv']['id'] == -7\n"
		"assert instants[0]['args']['file'] == 'db.c' and instants[0]['args']['target'] == 'db'\n";
	const char *path = write_events();
	CHECK(script, path, "--perfetto");
	CHECK("trace = json.load(sys.stdin)['traceEvents']\n"
	      "assert sum(e.get('s') == 'p' for e in trace) == 2 and sum(e.get('s') == 't' for e in trace) == 2, trace\n",
	      path, "--perfetto", "--level", "fatal", path);
}

/* Every rule of the format, for spans, too: those that ended and those that did not are bars. */
Test(view_formats, perfetto_by_the_rules)
{
	static const char *const programs[][3] = {{PROGRAM("spans"), "die", "bars 10"}, {PROGRAM("orders"), NULL, "bars 0"}};
	for (size_t i = 0; i < COUNT(programs); i++) {
		const char *path = make_snapshot(programs[i][0], programs[i][1]);
		const struct outcome outcome = ttlog(LIST("view", "--perfetto", path));
		const struct outcome checked = process_run(&(struct process_setup){
			.argv = LIST("/usr/bin/python3", SOURCE_DIR "/tests/cli/trace_events.py"), .input = outcome.out.data});
		cr_assert(checked.status == 0 && strstr(checked.out.data, programs[i][2]), "%s\n%s%s", checked.out.data,
			  checked.err.data, outcome.out.data);
		place_storage_clear();
	}
}

/* Names and types of SnapShot and ResolvedEvent. */
Test(view_formats, ttlog_rs)
{
	const char *path = write_events();
	CHECK("shown = json.load(sys.stdin)\n"
	      "assert list(shown) == ['service', 'hostname', 'pid', 'created_at', 'reason', 'events']\n"
	      "assert shown['created_at'] == '20260921141320' and shown['service'] == 'sample' and shown['pid'] == 4711\n"
	      "levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']\n"
	      "assert len(shown['events']) == len(events)\n"
	      "for resolved, event in zip(shown['events'], events):\n"
	      "    assert list(resolved) == ['packed_meta', 'message', 'target', 'kv', 'file', 'position']\n"
	      "    meta = resolved['packed_meta']\n"
	      "    assert meta >> 12 == event['timestamp'] // 1000000 and levels[meta >> 8 & 15] == event['level']\n"
	      "    assert meta & 255 == event['tid'] & 255 and resolved['message'] == text(event['message'])\n"
	      "    assert isinstance(resolved['kv'], dict) and isinstance(resolved['target'], str)\n"
	      "assert shown['events'][0]['position'] == [12, 5] and shown['events'][0]['file'] == 'db.c'\n",
	      path, "--ttlog-rs");
}

/* From a recorder, whose events have no CBOR yet: the same keys. */
Test(view_formats, recorder)
{
	struct process *process = process_start(&(struct process_setup){.argv = LIST(PROGRAM("die"), "waits"), .agent = true});
	process_await(process, "waiting\n");
	char pid[16];
	snprintf(pid, sizeof(pid), "%d", (int)process_pid(process));
	static const char *const formats[] = {"--json", "--ndjson", "--csv", "--perfetto", "--ttlog-rs"};
	struct outcome outcomes[COUNT(formats)];
	for (size_t i = 0; i < COUNT(formats); i++)
		outcomes[i] = ttlog(LIST("view", formats[i], pid));
	const char *recorder = recorder_of(process_pid(process));
	const struct outcome piped = process_run(&(struct process_setup){
		.argv = LIST("/bin/sh", "-c", "cat \"$1\" | \"$0\" view -", TTLOG, recorder ? recorder : "")});
	kill(process_pid(process), SIGKILL);
	process_finish(process);
	for (size_t i = 0; i < COUNT(formats); i++)
		cr_assert(outcomes[i].status == 0 && strstr(outcomes[i].out.data, "puts to stdout"), "%s: %s%s", formats[i],
			  outcomes[i].out.data, outcomes[i].err.data);
	cr_assert(piped.status == 0 && strstr(piped.out.data, "puts to stdout"), "%s%s", piped.out.data, piped.err.data);
	static const char script[] =
		"import sys, json\n"
		"s = json.load(sys.stdin)\n"
		"assert s['version'] == 1 and s['reason'] == 'live' and s['events'][0]['source'] and s['stats']['recorded']\n"
		"assert list(s).index('events') < list(s).index('stats')\n";
	const struct outcome checked = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", script), .input = outcomes[0].out.data});
	cr_assert(checked.status == 0, "%s", checked.err.data);
}
