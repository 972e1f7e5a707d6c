#include "redact.h"

#include "event.h"
#include "redact_command.h"
#include "redact_flow.h"

#include <stdlib.h>
#include <string.h>

struct redaction {
	struct redact_rules *rules;
	struct redact_flow *flow;
	struct snapshot *snapshot; /* that is being looked at */
};

struct redaction *redaction_create(const char *list)
{
	struct redaction *redaction = calloc(1, sizeof(*redaction));
	if (redaction)
		redaction->rules = redact_rules_create(list);
	if (redaction && redaction->rules)
		redaction->flow = redact_flow_create(redaction->rules);
	if (!redaction || !redaction->flow)
		arena_no_memory(sizeof(*redaction));
	return redaction;
}

void redaction_destroy(struct redaction *redaction)
{
	if (!redaction)
		return;
	redact_flow_destroy(redaction->flow);
	redact_rules_destroy(redaction->rules);
	free(redaction);
}

static void *allocate(void *arena, size_t bytes)
{
	return arena_alloc(arena, bytes, 1);
}

static void redact_text(struct redaction *redaction, struct snapshot_text *text)
{
	struct redact_text clean = {text->data, text->bytes};
	redaction->snapshot->stats.redacted += redact_rules_apply(redaction->rules, &clean, allocate, &redaction->snapshot->arena);
	*text = (struct snapshot_text){clean.data, clean.bytes};
}

static void replace(struct redaction *redaction, struct snapshot_text *text)
{
	struct redact_text clean = {text->data, text->bytes};
	redaction->snapshot->stats.redacted += redact_rules_replace(&clean);
	*text = (struct snapshot_text){clean.data, clean.bytes};
}

static void redact_value(struct redaction *redaction, struct snapshot_value *named)
{
	struct event_value *value = &named->value;
	if (value->type != VALUE_STRING || !value->string)
		return;
	struct snapshot_text text = {value->string, value->string_bytes};
	if (named->key && text.bytes && redact_rules_name(redaction->rules, named->key, strlen(named->key)))
		replace(redaction, &text);
	else
		redact_text(redaction, &text);
	value->string = text.data;
	value->string_bytes = (uint32_t)text.bytes;
}

/* --password VALUE: the name and the secret are two arguments. */
static bool announces_secret(const struct redaction *redaction, const char *argument)
{
	return argument[0] == '-' && !strpbrk(argument, "= ") && redact_rules_name(redaction->rules, argument, strlen(argument));
}

/* The argument and, where a command takes secrets in options that do not say so, the command in front of it. */
static void redact_argument(struct redaction *redaction, size_t i, const struct command_word *command)
{
	struct snapshot *snapshot = redaction->snapshot;
	const char *last = snapshot->cmdline[i - 1];
	struct snapshot_text text = {snapshot->cmdline[i], strlen(snapshot->cmdline[i])};
	const struct command_word before = {last, strlen(last)}, word = {text.data, text.bytes};
	struct secret secret;
	if (text.bytes && announces_secret(redaction, last)) {
		replace(redaction, &text);
	} else if (redact_rules_are_builtin(redaction->rules) && command->bytes &&
		   secret_in_argument(command, &before, &word, &secret) && strcmp(text.data + secret.at, REDACTED) != 0) {
		text.data = arena_format(&snapshot->arena, "%.*s%s", (int)secret.at, word.data, REDACTED);
		snapshot->stats.redacted++;
	} else {
		redact_text(redaction, &text);
	}
	snapshot->cmdline[i] = text.data;
}

/* The program's name is no secret. */
static void redact_arguments(struct redaction *redaction)
{
	struct snapshot *snapshot = redaction->snapshot;
	struct command_word command = {"", 0};
	for (size_t i = 0; i < snapshot->cmdline_count; i++) {
		const char *word = snapshot->cmdline[i];
		if (i)
			redact_argument(redaction, i, &command);
		if (secret_is_command(word, strlen(word)))
			command = (struct command_word){word, strlen(word)};
	}
}

/* Lines --------------------------------------------------------------------------------------------------------------------------- */

enum { OPEN_LINES = 64, PIECES_MAX = 64 };

/* A line whose end has not come: its pieces. */
struct open_line {
	size_t count, pieces[PIECES_MAX];
};

/* Behind `used` none is open, or has been. */
struct open_lines {
	size_t used;
	struct open_line lines[OPEN_LINES];
};

static struct redact_speaker speaker_of(const struct snapshot_event *event)
{
	return (struct redact_speaker){event->tid, event->source, !redact_flow_is_stream(event->source) || event->truncated};
}

static void redact_line(struct redaction *redaction, struct open_line *line)
{
	struct snapshot *snapshot = redaction->snapshot;
	struct redact_text texts[PIECES_MAX];
	for (size_t i = 0; i < line->count; i++) {
		const struct snapshot_text *message = &snapshot->events[line->pieces[i]].message;
		texts[i] = (struct redact_text){message->data, message->bytes};
	}
	const struct redact_speaker speaker = speaker_of(&snapshot->events[line->pieces[line->count - 1]]);
	snapshot->stats.redacted += redact_flow_apply(redaction->flow, &speaker, texts, line->count, allocate, &snapshot->arena);
	for (size_t i = 0; i < line->count; i++)
		snapshot->events[line->pieces[i]].message = (struct snapshot_text){texts[i].data, texts[i].bytes};
	line->count = 0;
}

static bool ends_line(const struct snapshot_event *event)
{
	const struct snapshot_text *message = &event->message;
	return speaker_of(event).whole || (message->data && message->bytes && message->data[message->bytes - 1] == '\n');
}

static bool is_of(const struct redaction *redaction, const struct open_line *line, const struct snapshot_event *event)
{
	const struct snapshot_event *first = &redaction->snapshot->events[line->pieces[0]];
	return line->count && first->tid == event->tid && first->source == event->source;
}

/* The one that the event goes on with, or a free one; where there is none, the first is done with as it is. */
static struct open_line *line_for(struct redaction *redaction, struct open_lines *open, const struct snapshot_event *event)
{
	struct open_line *free_line = NULL;
	for (size_t i = 0; i < open->used; i++) {
		if (is_of(redaction, &open->lines[i], event))
			return &open->lines[i];
		if (!open->lines[i].count && !free_line)
			free_line = &open->lines[i];
	}
	if (!free_line && open->used < OPEN_LINES)
		free_line = &open->lines[open->used++];
	if (!free_line)
		redact_line(redaction, free_line = &open->lines[0]);
	return free_line;
}

/* All pieces of a line at once: a secret that begins in one and ends in another goes from both. */
static void redact_messages(struct redaction *redaction)
{
	struct open_lines open = {.used = 0};
	for (size_t i = 0; i < redaction->snapshot->event_count; i++) {
		const struct snapshot_event *event = &redaction->snapshot->events[i];
		struct open_line *line = line_for(redaction, &open, event);
		if (event->message.data)
			line->pieces[line->count++] = i;
		if (line->count && (ends_line(event) || line->count == PIECES_MAX))
			redact_line(redaction, line);
	}
	for (size_t i = 0; i < open.used; i++) {
		if (open.lines[i].count)
			redact_line(redaction, &open.lines[i]);
	}
}

/* All of it --------------------------------------------------------------------------------------------------------------------- */

static void redact_string(struct redaction *redaction, const char **string)
{
	struct snapshot_text text = {*string, *string ? strlen(*string) : 0};
	redact_text(redaction, &text);
	*string = text.data;
}

/* What the agent says of its variables and listeners may show what was set. Not where all texts go: it says why. */
static void redact_errors(struct redaction *redaction)
{
	struct snapshot *snapshot = redaction->snapshot;
	redact_string(redaction, &snapshot->agent.config_error);
	redact_string(redaction, &snapshot->agent.listener_error);
	redact_string(redaction, &snapshot->agent.listener);
}

void redaction_apply(struct redaction *redaction, struct snapshot *snapshot)
{
	const char *defect = redact_rules_defect(redaction->rules);
	redaction->snapshot = snapshot;
	if (defect)
		snapshot_add_degradation(snapshot,
					 arena_format(&snapshot->arena, "texts taken out, redaction rules unusable: %s", defect));
	redact_messages(redaction);
	for (size_t i = 0; i < snapshot->event_count; i++) {
		for (size_t n = 0; n < snapshot->events[i].value_count; n++)
			redact_value(redaction, &snapshot->events[i].values[n]);
	}
	redact_text(redaction, &snapshot->abort_message);
	redact_arguments(redaction);
	redact_string(redaction, &snapshot->signal.sender_command);
	redact_string(redaction, &snapshot->first_signal.sender_command);
	if (!defect)
		redact_errors(redaction);
}

void snapshot_redact(struct snapshot *snapshot)
{
	struct redaction *redaction = redaction_create(snapshot->redact);
	redaction_apply(redaction, snapshot);
	redaction_destroy(redaction);
}
