#include "redact.h"

#include "event.h"
#include "redact_builtin.h"

#include <errno.h>
#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

enum { EXPRESSIONS_MAX = 256, LINE_BYTES = 4096 };

struct rules {
	bool builtin;
	bool everything; /* the program's own rules cannot be had */
	regex_t expressions[EXPRESSIONS_MAX];
	size_t expression_count;
	char why[PATH_MAX + 256]; /* of `everything` */
};

/* Rules ----------------------------------------------------------------------------------------------------------------------- */

static void refuse(struct rules *rules, const char *path, unsigned line, const char *what)
{
	rules->everything = true;
	if (line)
		snprintf(rules->why, sizeof(rules->why), "%s:%u: %s", path, line, what);
	else
		snprintf(rules->why, sizeof(rules->why), "%s: %s", path, what);
}

static void add_expression(struct rules *rules, const char *path, unsigned number, const char *text)
{
	char what[128];
	if (rules->expression_count == EXPRESSIONS_MAX) {
		refuse(rules, path, number, "more than 256 expressions");
		return;
	}
	regex_t *expression = &rules->expressions[rules->expression_count];
	const int error = regcomp(expression, text, REG_EXTENDED | REG_NEWLINE);
	if (error) {
		regerror(error, expression, what, sizeof(what));
		refuse(rules, path, number, what);
		return;
	}
	rules->expression_count++;
}

static void read_expressions(struct rules *rules, const char *path)
{
	char line[LINE_BYTES];
	FILE *file = fopen(path, "re");
	if (!file) {
		refuse(rules, path, 0, strerror(errno));
		return;
	}
	for (unsigned number = 1; !rules->everything && fgets(line, sizeof(line), file); number++) {
		const size_t bytes = strcspn(line, "\r\n");
		if (!line[bytes] && !feof(file))
			refuse(rules, path, number, "line too long");
		line[bytes] = 0;
		if (line[0] && line[0] != '#')
			add_expression(rules, path, number, line);
	}
	if (ferror(file))
		refuse(rules, path, 0, strerror(errno));
	fclose(file);
}

static void read_list(struct rules *rules, const char *list)
{
	static const char prefix[] = "file:";
	char path[PATH_MAX];
	for (;;) {
		const size_t bytes = strcspn(list, ","), before = sizeof(prefix) - 1;
		if (bytes == 7 && memcmp(list, "builtin", bytes) == 0)
			rules->builtin = true;
		else if (bytes > before && bytes - before < sizeof(path) && memcmp(list, prefix, before) == 0) {
			snprintf(path, sizeof(path), "%.*s", (int)(bytes - before), list + before);
			read_expressions(rules, path);
		} else if (bytes != 4 || memcmp(list, "none", bytes) != 0)
			refuse(rules, "TTLOG_REDACT", 0, "neither builtin, file:PATH nor none");
		if (!list[bytes])
			return;
		list += bytes + 1;
	}
}

static struct rules *rules_create(struct arena *arena, const char *list)
{
	struct rules *rules = arena_alloc(arena, 1, sizeof(*rules));
	read_list(rules, list && *list ? list : "builtin");
	return rules;
}

static void rules_destroy(struct rules *rules)
{
	for (size_t i = 0; i < rules->expression_count; i++)
		regfree(&rules->expressions[i]);
}

/* Texts ----------------------------------------------------------------------------------------------------------------------- */

struct redaction {
	struct snapshot *snapshot;
	const struct rules *rules;
};

/* The first match that is not empty, at `from` or behind. */
static bool find_expression(const regex_t *expression, const struct snapshot_text *text, size_t from, struct secret *secret)
{
	while (from < text->bytes) {
		regmatch_t match = {.rm_so = (regoff_t)from, .rm_eo = (regoff_t)text->bytes};
		if (regexec(expression, text->data, 1, &match, REG_STARTEND) != 0)
			return false;
		if (match.rm_eo > match.rm_so) {
			*secret = (struct secret){(size_t)match.rm_so, (size_t)(match.rm_eo - match.rm_so)};
			return true;
		}
		from = (size_t)match.rm_eo + 1;
	}
	return false;
}

/* Taken out before: the mark may look like a secret itself, or like the beginning of one. */
static bool is_redacted(const struct snapshot_text *text, const struct secret *secret)
{
	const size_t mark = sizeof(REDACTED) - 1;
	return text->bytes - secret->at >= mark && memcmp(text->data + secret->at, REDACTED, mark) == 0;
}

static bool find(const regex_t *expression, const struct snapshot_text *text, size_t from, struct secret *secret)
{
	while (expression ? find_expression(expression, text, from, secret) : secret_find(text->data, text->bytes, from, secret)) {
		if (!is_redacted(text, secret))
			return true;
		from = secret->at + sizeof(REDACTED) - 1;
	}
	return false;
}

static size_t count_secrets(const regex_t *expression, const struct snapshot_text *text)
{
	struct secret secret;
	size_t count = 0;
	for (size_t at = 0; find(expression, text, at, &secret); at = secret.at + secret.bytes)
		count++;
	return count;
}

/* By one rule: an expression, or NULL for those built in. */
static void redact_by(struct redaction *redaction, const regex_t *expression, struct snapshot_text *text)
{
	struct secret secret;
	const size_t mark = sizeof(REDACTED) - 1, count = count_secrets(expression, text);
	size_t at = 0, used = 0;
	if (count == 0)
		return;
	char *clean = arena_alloc(&redaction->snapshot->arena, text->bytes + count * mark + 1, 1);
	while (find(expression, text, at, &secret)) {
		memcpy(clean + used, text->data + at, secret.at - at);
		used += secret.at - at;
		memcpy(clean + used, REDACTED, mark);
		used += mark;
		at = secret.at + secret.bytes;
	}
	memcpy(clean + used, text->data + at, text->bytes - at);
	*text = (struct snapshot_text){clean, used + text->bytes - at};
	redaction->snapshot->stats.redacted += count;
}

static void replace(struct redaction *redaction, struct snapshot_text *text)
{
	if (text->bytes == sizeof(REDACTED) - 1 && memcmp(text->data, REDACTED, text->bytes) == 0)
		return;
	*text = (struct snapshot_text){REDACTED, sizeof(REDACTED) - 1};
	redaction->snapshot->stats.redacted++;
}

static void redact_text(struct redaction *redaction, struct snapshot_text *text)
{
	const struct rules *rules = redaction->rules;
	if (!text->data || !text->bytes)
		return;
	if (rules->everything) {
		replace(redaction, text);
		return;
	}
	if (rules->builtin)
		redact_by(redaction, NULL, text);
	for (size_t i = 0; i < rules->expression_count; i++)
		redact_by(redaction, &rules->expressions[i], text);
}

static void redact_value(struct redaction *redaction, struct snapshot_value *named)
{
	struct event_value *value = &named->value;
	if (value->type != VALUE_STRING || !value->string)
		return;
	struct snapshot_text text = {value->string, value->string_bytes};
	if (redaction->rules->builtin && named->key && secret_name(named->key, strlen(named->key)) && text.bytes)
		replace(redaction, &text);
	else
		redact_text(redaction, &text);
	value->string = text.data;
	value->string_bytes = (uint32_t)text.bytes;
}

/* --password VALUE: the name and the secret are two arguments. */
static bool announces_secret(const char *argument)
{
	return argument[0] == '-' && !strpbrk(argument, "= ") && secret_name(argument, strlen(argument));
}

static void redact_arguments(struct redaction *redaction)
{
	struct snapshot *snapshot = redaction->snapshot;
	for (size_t i = 0; i < snapshot->cmdline_count; i++) {
		struct snapshot_text text = {snapshot->cmdline[i], strlen(snapshot->cmdline[i])};
		if (i && redaction->rules->builtin && announces_secret(snapshot->cmdline[i - 1]) && text.bytes)
			replace(redaction, &text);
		else if (i) /* the program's name is no secret */
			redact_text(redaction, &text);
		snapshot->cmdline[i] = text.data;
	}
}

void snapshot_redact(struct snapshot *snapshot)
{
	struct rules *rules = rules_create(&snapshot->arena, snapshot->redact);
	struct redaction redaction = {snapshot, rules};
	if (rules->everything)
		snapshot_add_degradation(snapshot, arena_format(&snapshot->arena, "texts taken out, redaction rules unusable: %s",
								rules->why));
	for (size_t i = 0; i < snapshot->event_count; i++) {
		redact_text(&redaction, &snapshot->events[i].message);
		for (size_t n = 0; n < snapshot->events[i].value_count; n++)
			redact_value(&redaction, &snapshot->events[i].values[n]);
	}
	redact_text(&redaction, &snapshot->abort_message);
	redact_arguments(&redaction);
	rules_destroy(rules);
}
