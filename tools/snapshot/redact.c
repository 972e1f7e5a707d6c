#include "redact.h"

#include "event.h"
#include "redact_rules.h"

#include <stdlib.h>
#include <string.h>

struct redaction {
	struct snapshot *snapshot;
	const struct redact_rules *rules;
};

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

static void redact_arguments(struct redaction *redaction)
{
	struct snapshot *snapshot = redaction->snapshot;
	for (size_t i = 0; i < snapshot->cmdline_count; i++) {
		struct snapshot_text text = {snapshot->cmdline[i], strlen(snapshot->cmdline[i])};
		if (i && text.bytes && announces_secret(redaction, snapshot->cmdline[i - 1]))
			replace(redaction, &text);
		else if (i) /* the program's name is no secret */
			redact_text(redaction, &text);
		snapshot->cmdline[i] = text.data;
	}
}

void snapshot_redact(struct snapshot *snapshot)
{
	struct redact_rules *rules = redact_rules_create(snapshot->redact);
	if (!rules)
		exit(2); /* as the arena does */
	struct redaction redaction = {snapshot, rules};
	const char *defect = redact_rules_defect(rules);
	if (defect)
		snapshot_add_degradation(snapshot,
					 arena_format(&snapshot->arena, "texts taken out, redaction rules unusable: %s", defect));
	for (size_t i = 0; i < snapshot->event_count; i++) {
		redact_text(&redaction, &snapshot->events[i].message);
		for (size_t n = 0; n < snapshot->events[i].value_count; n++)
			redact_value(&redaction, &snapshot->events[i].values[n]);
	}
	redact_text(&redaction, &snapshot->abort_message);
	redact_arguments(&redaction);
	redact_rules_destroy(rules);
}
