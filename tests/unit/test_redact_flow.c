/* Secrets in what is said in pieces: known together, and one after the other. */
#include "redact.h"

#include "event.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define R REDACTED

enum { PIECES = 12 };

struct said {
	uint32_t tid;
	unsigned source;
	const char *text, *clean;
};

static size_t fill_events(struct snapshot *snapshot, const struct said *said)
{
	size_t count = 0;
	while (count < PIECES && said[count].text)
		count++;
	snapshot_init(snapshot);
	snapshot->events = arena_alloc(&snapshot->arena, count, sizeof(*snapshot->events));
	snapshot->event_count = count;
	for (size_t i = 0; i < count; i++) {
		snapshot->events[i].tid = said[i].tid;
		snapshot->events[i].source = said[i].source;
		snapshot->events[i].message = (struct snapshot_text){said[i].text, strlen(said[i].text)};
	}
	return count;
}

static void expect_pieces(const char *how, const struct said *said, const struct snapshot *snapshot, size_t at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cr_expect_str_eq(snapshot->events[i].message.data, said[at + i].clean, "%s: piece %zu '%s' became '%s'", how,
				 at + i, said[at + i].text, snapshot->events[i].message.data);
}

/* All at once, as for a snapshot; a second time nothing changes. */
static void expect_together(const struct said *said)
{
	struct snapshot snapshot;
	const size_t count = fill_events(&snapshot, said);
	snapshot_redact(&snapshot);
	expect_pieces("together", said, &snapshot, 0, count);
	const uint64_t redacted = snapshot.stats.redacted;
	snapshot_redact(&snapshot);
	expect_pieces("a second time", said, &snapshot, 0, count);
	cr_expect_eq(snapshot.stats.redacted, redacted);
	snapshot_fini(&snapshot);
}

/* One after the other, as those who follow a living process get them. */
static void expect_in_turn(const struct said *said)
{
	struct redaction *redaction = redaction_create(NULL);
	for (size_t i = 0; said[i].text; i++) {
		struct snapshot snapshot;
		const struct said one[] = {said[i], {0, 0, NULL, NULL}};
		fill_events(&snapshot, one);
		redaction_apply(redaction, &snapshot);
		expect_pieces("in turn", said, &snapshot, i, 1);
		snapshot_fini(&snapshot);
	}
	redaction_destroy(redaction);
}

#define KEY_LINE "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
#define KEY_BEGIN                                                                                                                  \
	"-----BEGIN "                                                                                                              \
	"PRIVATE KEY-----\n"
#define KEY_END                                                                                                                    \
	"-----END "                                                                                                                \
	"PRIVATE KEY-----\n"

Test(redact_flow, pieces)
{
	static const struct said value[] = {{1, SOURCE_STDERR, "password=", "password="},
					    {2, SOURCE_STDERR, "ready\n", "ready\n"},
					    {1, SOURCE_STDOUT, "plain\n", "plain\n"},
					    {1, SOURCE_STDERR, "hunter2", R},
					    {1, SOURCE_STDERR, " x\n", " x\n"},
					    {1, SOURCE_STDERR, "hunter3\n", "hunter3\n"},
					    {0, 0, NULL, NULL}},
				 halves[] = {{1, SOURCE_WRITE1, "Authorization: Basic ab", "Authorization: " R},
					     {1, SOURCE_WRITE1, "cd and more", R},
					     {1, SOURCE_WRITE1, "\nnext\n", "\nnext\n"},
					     {0, 0, NULL, NULL}},
				 key[] = {{1, SOURCE_STDOUT, KEY_BEGIN, R},
					  {1, SOURCE_STDOUT, KEY_LINE "\n", R "\n"},
					  {1, SOURCE_SYSLOG, "Ab3=", "Ab3="},
					  {1, SOURCE_STDOUT, "short\n", R "\n"},
					  {1, SOURCE_STDOUT, KEY_END, R "\n"},
					  {1, SOURCE_STDOUT, "short\n", "short\n"},
					  {0, 0, NULL, NULL}},
				 end_of_key[] = {{1, SOURCE_STDOUT, KEY_LINE "\n", R "\n"},
						 {1, SOURCE_STDOUT, "Ab3dEf==\n", R "\n"},
						 {1, SOURCE_STDOUT, KEY_END,
						  "-----END "
						  "PRIVATE KEY-----\n"},
						 {1, SOURCE_STDOUT, "Ab3dEf==\n", "Ab3dEf==\n"},
						 {0, 0, NULL, NULL}},
				 no_end[] = {{1, SOURCE_SYSLOG,
					      "-----BEGIN RSA "
					      "PRIVATE KEY-----",
					      R},
					     {1, SOURCE_SYSLOG, "Proc-Type: 4,ENCRYPTED", R},
					     {1, SOURCE_SYSLOG, "ab", R},
					     {1, SOURCE_SYSLOG, "not of a key", "not of a key"},
					     {1, SOURCE_SYSLOG, "ab", "ab"},
					     {0, 0, NULL, NULL}},
				 digest[] = {{1, SOURCE_STDOUT, KEY_LINE "\n", R "\n"},
					     {1, SOURCE_STDOUT, "done\n", "done\n"},
					     {1, SOURCE_STDOUT, "all is well\n", "all is well\n"},
					     {0, 0, NULL, NULL}};
	const struct said *const all[] = {value, halves, key, end_of_key, no_end, digest};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		expect_together(all[i]);
		expect_in_turn(all[i]);
	}
}

/* Behind what a log puts before each line, or before the first one only. */
Test(redact_flow, keys_in_logs)
{
	static const struct said logged[] =
		{{1, SOURCE_FILE, "2026-11-28 12:00:00 INFO " KEY_BEGIN, "2026-11-28 12:00:00 INFO " R},
		 {2, SOURCE_FILE, "2026-11-28 12:00:00 INFO other\n", "2026-11-28 12:00:00 INFO other\n"},
		 {1, SOURCE_FILE, "2026-11-28 12:00:00 INFO Comment: of a\n", "2026-11-28 12:00:00 INFO " R "\n"},
		 {1, SOURCE_FILE, "2026-11-28 12:00:00 INFO\n", "2026-11-28 12:00:00 INFO\n"},
		 {1, SOURCE_FILE, "2026-11-28 12:00:01 DEBUG " KEY_LINE "\n", "2026-11-28 12:00:01 DEBUG " R "\n"},
		 {1, SOURCE_FILE, "2026-11-28 12:00:01 INFO short\n", "2026-11-28 12:00:01 INFO " R "\n"},
		 {1, SOURCE_FILE, "2026-11-28 12:00:01 INFO " KEY_END, "2026-11-28 12:00:01 INFO " R "\n"},
		 {1, SOURCE_FILE, "2026-11-28 12:00:01 INFO short\n", "2026-11-28 12:00:01 INFO short\n"},
		 {0, 0, NULL, NULL}},
				 logged_once[] = {{1, SOURCE_STDERR, "ERROR key is " KEY_BEGIN, "ERROR key is " R},
						  {1, SOURCE_STDERR, KEY_LINE "\n", R "\n"},
						  {1, SOURCE_STDERR, "short\n", R "\n"},
						  {1, SOURCE_STDERR, "ERROR again: no key\n", "ERROR again: no key\n"},
						  {1, SOURCE_STDERR, "short\n", "short\n"},
						  {0, 0, NULL, NULL}},
				 glued[] = {{1, SOURCE_STDERR, "WARNING:root:" KEY_BEGIN, "WARNING:root:" R},
					    {1, SOURCE_STDERR, "WARNING:root:" KEY_LINE "\n", "WARNING:root:" R "\n"},
					    {1, SOURCE_STDERR, "WARNING:root:" KEY_END, "WARNING:root:" R "\n"},
					    {1, SOURCE_STDERR, "ready\n", "ready\n"},
					    {0, 0, NULL, NULL}},
				 glued_once[] = {{1, SOURCE_STDERR, "WARNING:root:" KEY_BEGIN, "WARNING:root:" R},
						 {1, SOURCE_STDERR, KEY_LINE "\n", R "\n"},
						 {1, SOURCE_STDERR, "short\n", R "\n"},
						 {1, SOURCE_STDERR, KEY_END, R "\n"},
						 {0, 0, NULL, NULL}},
				 named[] = {{1, SOURCE_STDERR, "INFO: " KEY_BEGIN, "INFO: " R},
					    {1, SOURCE_STDERR, "INFO: " KEY_LINE "\n", "INFO: " R "\n"},
					    {1, SOURCE_STDERR, "INFO: all is well\n", "INFO: all is well\n"},
					    {1, SOURCE_STDERR, "INFO: short\n", "INFO: short\n"},
					    {0, 0, NULL, NULL}};
	const struct said *const all[] = {logged, logged_once, glued, glued_once, named};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		expect_together(all[i]);
		expect_in_turn(all[i]);
	}
}

/* What only the whole line shows to be a secret: known together, all of it goes; in turn, what is not out yet. */
Test(redact_flow, pieces_of_a_token)
{
	static const char fill[] = "0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s";
	char begin[16], rest[64];
	snprintf(begin, sizeof(begin), "gh%s%.6s", "p_", fill);
	snprintf(rest, sizeof(rest), "%s\n", fill + 6);
	const struct said together[] = {{1, SOURCE_STDOUT, begin, R}, {1, SOURCE_STDOUT, rest, R "\n"}, {0, 0, NULL, NULL}},
			  in_turn[] = {{1, SOURCE_STDOUT, begin, begin}, {1, SOURCE_STDOUT, rest, R "\n"}, {0, 0, NULL, NULL}};
	expect_together(together);
	expect_in_turn(in_turn);
}

/* Character by character, from more threads than are kept track of, in longer lines than are: nothing breaks, and most is caught. */
Test(redact_flow, many_speakers)
{
	static const char line[] = "token=abcdefghijkl and so on\n";
	struct snapshot snapshot;
	const size_t speakers = 100, bytes = sizeof(line) - 1;
	snapshot_init(&snapshot);
	snapshot.event_count = speakers * bytes;
	snapshot.events = arena_alloc(&snapshot.arena, snapshot.event_count, sizeof(*snapshot.events));
	for (size_t i = 0; i < snapshot.event_count; i++) {
		snapshot.events[i].tid = (uint32_t)(i % speakers);
		snapshot.events[i].source = SOURCE_STDERR;
		snapshot.events[i].message = (struct snapshot_text){line + i / speakers, 1};
	}
	snapshot_redact(&snapshot);
	cr_assert(snapshot.stats.redacted > 0);
	snapshot_fini(&snapshot);
}
