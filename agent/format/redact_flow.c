#include "redact_flow.h"

#include "event.h"
#include "redact_builtin.h"
#include "redact_marks.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	SPEAKERS = 64,     /* in the middle of a line or of a key at once; of more, those that were silent longest are forgotten */
	LINE_BYTES = 1024, /* that are kept of an unfinished line: the last ones */
	KEY_LINES_MAX = 400, /* without an end it is no key */
};

enum key {
	KEY_NONE = 0,
	KEY_BEGUN, /* it said so */
	KEY_LINES, /* the last line looked like one of a key */
};

/* What a log puts before each line: words, and what stands before the line's own without a blank ("WARNING:root:"). */
struct prefix {
	unsigned words;
	size_t bytes;
};

struct key_state {
	enum key key;
	unsigned lines; /* since it began */
	struct prefix prefix;
};

struct speaker {
	uint32_t tid, source;
	struct key_state state; /* before the unfinished line */
	uint64_t heard;         /* 0: nobody */
	size_t bytes;
	char line[LINE_BYTES];
};

struct redact_flow {
	const struct redact_rules *rules;
	uint64_t now;
	size_t used; /* behind it nobody has been */
	struct speaker speakers[SPEAKERS];
};

struct redact_flow *redact_flow_create(const struct redact_rules *rules)
{
	struct redact_flow *flow = calloc(1, sizeof(*flow));
	if (flow)
		flow->rules = rules;
	return flow;
}

void redact_flow_destroy(struct redact_flow *flow)
{
	free(flow);
}

/* Most speakers are in the middle of nothing. */
void redact_flow_copy(struct redact_flow *to, const struct redact_flow *from)
{
	to->now = from->now;
	to->used = from->used;
	for (size_t i = 0; i < from->used; i++) {
		to->speakers[i].heard = 0;
		if (from->speakers[i].heard)
			to->speakers[i] = from->speakers[i];
	}
}

bool redact_flow_is_stream(uint32_t source)
{
	return (source >= SOURCE_STDOUT && source <= SOURCE_WRITE2) || source == SOURCE_FILE;
}

/* Keys that are printed line by line ------------------------------------------------------------------------------------------ */

static const char END_MARK[] = "-----END";

/* The last line of a key: base64 is padded to fours, and has more than small letters. */
static bool is_short_key_line(const char *line, size_t bytes)
{
	bool small = true;
	for (size_t i = 0; i < bytes; i++)
		small &= islower((unsigned char)line[i]) != 0;
	return secret_is_encoded(line, bytes) && bytes <= 76 && bytes % 4 == 0 && !small;
}

/* "Proc-Type: 4,ENCRYPTED", "Comment: ..." stand between the beginning of a key and its lines. */
static bool is_key_header(const char *line, size_t bytes)
{
	size_t at = 0;
	while (at < bytes && (isalnum((unsigned char)line[at]) || line[at] == '-'))
		at++;
	return at && at + 1 < bytes && line[at] == ':' && line[at + 1] == ' ';
}

static bool is_of_begun_key(const char *line, size_t bytes)
{
	return bytes == 0 || secret_is_encoded(line, bytes) || is_key_header(line, bytes);
}

static struct prefix prefix_of(const char *line, size_t bytes)
{
	struct prefix prefix = {0, 0};
	for (size_t i = 0; i < bytes; i++) {
		const bool blank = isspace((unsigned char)line[i]);
		prefix.words += blank && prefix.bytes;
		prefix.bytes = blank ? 0 : prefix.bytes + 1;
	}
	return prefix;
}

/* Where the line's own begins; false: it has no such prefix. */
static bool skip_prefix(const struct prefix *prefix, const char *line, size_t bytes, size_t *at)
{
	*at = 0;
	for (unsigned word = 0; word < prefix->words; word++) {
		if (*at == bytes)
			return false;
		while (*at < bytes && !isspace((unsigned char)line[*at]))
			++*at;
		while (*at < bytes && isspace((unsigned char)line[*at]))
			++*at;
	}
	if (prefix->bytes > bytes - *at || secret_is_encoded(line + *at, prefix->bytes))
		return false;
	*at += prefix->bytes;
	return true;
}

/* Of the line, in a key that has begun: from where on. Not all that log a key put their prefix before each line: the first one shows it. */
static bool find_key_in(const struct key_state *state, const char *line, size_t bytes, size_t *at)
{
	const char *end = memmem(line, bytes, END_MARK, sizeof(END_MARK) - 1);
	if (end || (skip_prefix(&state->prefix, line, bytes, at) && is_of_begun_key(line + *at, bytes - *at))) {
		*at = end ? (size_t)(end - line) : *at;
		return true;
	}
	*at = 0;
	return state->lines == 0 && is_of_begun_key(line, bytes);
}

static size_t trim(const char *line, size_t bytes, size_t *begin)
{
	size_t from = 0;
	while (bytes && isspace((unsigned char)line[bytes - 1]))
		bytes--;
	while (from < bytes && isspace((unsigned char)line[from]))
		from++;
	*begin = from;
	return bytes - from;
}

/* Marks the line, at `at` of the text, if it is one of a key; what is known behind it. `complete`: its end is there. */
static struct key_state mark_line(struct key_state state, const char *text, size_t at, size_t bytes, bool complete,
				  struct redact_marks *marks)
{
	size_t begin, own = 0;
	const size_t length = trim(text + at, bytes, &begin);
	const char *line = text + at + begin, *key = secret_begins_key(line, length);
	const bool is_key = (state.key == KEY_BEGUN && find_key_in(&state, line, length, &own)) ||
			    (state.key == KEY_LINES &&
			     (complete ? is_short_key_line(line, length) : secret_is_encoded(line, length)));
	if (is_key && length > own)
		redact_marks_add(marks, at + begin + own, length - own);
	if (memmem(line, length, END_MARK, sizeof(END_MARK) - 1))
		return (struct key_state){.key = KEY_NONE};
	if (key)
		return (struct key_state){KEY_BEGUN, 0, prefix_of(line, (size_t)(key - line))};
	if (is_key && length && !own) /* only its first line came through the log */
		state.prefix = (struct prefix){0, 0};
	if (is_key && state.lines < KEY_LINES_MAX)
		return (struct key_state){state.key, state.lines + 1, state.prefix};
	return (struct key_state){.key = secret_is_key_line(line, length) ? KEY_LINES : KEY_NONE};
}

/* The state before the unfinished line. */
static struct key_state mark_key_lines(struct key_state state, const struct redact_text *text, bool whole,
				       struct redact_marks *marks)
{
	size_t at = 0;
	while (at < text->bytes) {
		const char *line = text->data + at, *end = memchr(line, '\n', text->bytes - at);
		const size_t bytes = end ? (size_t)(end - line) : text->bytes - at;
		const struct key_state next = mark_line(state, text->data, at, bytes, end || whole, marks);
		if (!end && !whole)
			break;
		state = next;
		at += bytes + (end != NULL);
	}
	return state;
}

/* Speakers -------------------------------------------------------------------------------------------------------------------- */

static struct speaker *find(struct redact_flow *flow, const struct redact_speaker *who)
{
	for (size_t i = 0; i < flow->used; i++) {
		struct speaker *speaker = &flow->speakers[i];
		if (speaker->heard && speaker->tid == who->tid && speaker->source == who->source)
			return speaker;
	}
	return NULL;
}

static struct speaker *place_for(struct redact_flow *flow, const struct redact_speaker *who)
{
	struct speaker *place = &flow->speakers[0];
	for (size_t i = 1; i < flow->used && place->heard; i++) {
		if (flow->speakers[i].heard < place->heard)
			place = &flow->speakers[i];
	}
	if ((place->heard || !flow->used) && flow->used < SPEAKERS)
		place = &flow->speakers[flow->used++];
	place->tid = who->tid;
	place->source = who->source;
	return place;
}

static void remember(struct redact_flow *flow, const struct redact_speaker *who, struct speaker *speaker, struct key_state state,
		     const struct redact_text *rest)
{
	if (rest->bytes == 0 && state.key == KEY_NONE) {
		if (speaker)
			speaker->heard = 0;
		return;
	}
	if (!speaker)
		speaker = place_for(flow, who);
	speaker->heard = ++flow->now;
	speaker->state = state;
	speaker->bytes = rest->bytes < LINE_BYTES ? rest->bytes : LINE_BYTES;
	memcpy(speaker->line, rest->data + rest->bytes - speaker->bytes, speaker->bytes);
}

/* Pieces ---------------------------------------------------------------------------------------------------------------------- */

/* What the speaker has begun, and the pieces: one text. `owned`: to be freed. */
struct joined {
	struct redact_text text;
	size_t before; /* bytes of it that were said before */
	char *owned;
};

static bool join(const struct speaker *speaker, const struct redact_text *pieces, size_t count, struct joined *joined)
{
	const size_t before = speaker ? speaker->bytes : 0;
	size_t used = before;
	*joined = (struct joined){pieces[0], before, NULL};
	if (count == 1 && before == 0)
		return true;
	joined->text.bytes = before;
	for (size_t i = 0; i < count; i++)
		joined->text.bytes += pieces[i].bytes;
	joined->owned = malloc(joined->text.bytes + 1);
	if (!joined->owned)
		return false;
	if (before)
		memcpy(joined->owned, speaker->line, before);
	for (size_t i = 0; i < count; i++) {
		if (pieces[i].bytes)
			memcpy(joined->owned + used, pieces[i].data, pieces[i].bytes);
		used += pieces[i].bytes;
	}
	joined->text.data = joined->owned;
	return true;
}

/* Where the line begins that is not finished. */
static size_t unfinished(const struct redact_text *text, bool whole)
{
	const char *end = whole ? NULL : memrchr(text->data, '\n', text->bytes);
	return whole ? text->bytes : end ? (size_t)(end + 1 - text->data) : 0;
}

/* Where one secret is gone another may show, as in redact_rules_apply(). */
static size_t apply(const struct redact_rules *rules, const struct redact_marks *marks, size_t at, struct redact_text *pieces,
		    size_t count, redact_allocate *allocate, void *context)
{
	size_t replaced = 0;
	for (size_t i = 0; i < count; i++) {
		const size_t bytes = pieces[i].bytes;
		const size_t here = bytes ? redact_marks_apply(marks, at, &pieces[i], allocate, context) : 0;
		replaced += here ? here + redact_rules_apply(rules, &pieces[i], allocate, context) : 0;
		at += bytes;
	}
	return replaced;
}

size_t redact_flow_apply(struct redact_flow *flow, const struct redact_speaker *who, struct redact_text *pieces, size_t count,
			 redact_allocate *allocate, void *context)
{
	struct speaker *speaker = find(flow, who);
	struct joined joined;
	const bool known = join(speaker, pieces, count, &joined);
	struct redact_marks marks = redact_marks_of(joined.text.bytes);
	struct key_state state = speaker ? speaker->state : (struct key_state){.key = KEY_NONE};
	marks.all = !known;
	if (known && joined.text.bytes) {
		const size_t rest = unfinished(&joined.text, who->whole);
		redact_rules_mark(flow->rules, &joined.text, &marks);
		if (redact_rules_are_builtin(flow->rules))
			state = mark_key_lines(state, &joined.text, who->whole, &marks);
		remember(flow, who, speaker, state, &(struct redact_text){joined.text.data + rest, joined.text.bytes - rest});
	}
	const size_t replaced = apply(flow->rules, &marks, joined.before, pieces, count, allocate, context);
	redact_marks_free(&marks);
	free(joined.owned);
	return replaced;
}
