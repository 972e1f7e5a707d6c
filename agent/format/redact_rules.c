#include "redact_rules.h"

#include "expression.h"
#include "redact_builtin.h"
#include "redact_marks.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPRESSIONS_MAX = 256, LINE_BYTES = 4096, ROUNDS_MAX = 16 };

struct redact_rules {
	bool builtin;
	bool everything; /* the program's own rules cannot be had */
	regex_t expressions[EXPRESSIONS_MAX];
	size_t expression_count;
	char why[PATH_MAX + 256]; /* of `everything` */
};

/* Rules ----------------------------------------------------------------------------------------------------------------------- */

static void refuse(struct redact_rules *rules, const char *path, unsigned line, const char *what)
{
	rules->everything = true;
	if (line)
		snprintf(rules->why, sizeof(rules->why), "%s:%u: %s", path, line, what);
	else
		snprintf(rules->why, sizeof(rules->why), "%s: %s", path, what);
}

static void add_expression(struct redact_rules *rules, const char *path, unsigned number, const char *text)
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

static void read_expressions(struct redact_rules *rules, const char *path)
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

static void read_list(struct redact_rules *rules, const char *list)
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

struct redact_rules *redact_rules_create(const char *list)
{
	struct redact_rules *rules = calloc(1, sizeof(*rules));
	if (rules)
		read_list(rules, list && *list ? list : "builtin");
	return rules;
}

void redact_rules_destroy(struct redact_rules *rules)
{
	for (size_t i = 0; i < rules->expression_count; i++)
		regfree(&rules->expressions[i]);
	free(rules);
}

bool redact_rules_are_builtin(const struct redact_rules *rules)
{
	return rules->builtin;
}

const char *redact_rules_defect(const struct redact_rules *rules)
{
	return rules->everything ? rules->why : NULL;
}

bool redact_rules_name(const struct redact_rules *rules, const char *name, size_t bytes)
{
	return rules->builtin && secret_name(name, bytes);
}

/* Texts ----------------------------------------------------------------------------------------------------------------------- */

/* The first match that is not empty, at `from` or behind. */
static bool find_expression(const regex_t *expression, const struct redact_text *text, size_t from, struct secret *secret)
{
	while (from < text->bytes) {
		regmatch_t match;
		if (!expression_find(expression, text->data, from, text->bytes, &match))
			return false;
		if (match.rm_eo > match.rm_so) {
			*secret = (struct secret){(size_t)match.rm_so, (size_t)(match.rm_eo - match.rm_so)};
			return true;
		}
		from = (size_t)match.rm_eo + 1;
	}
	return false;
}

static bool is_mark(const struct redact_text *text, size_t at)
{
	const size_t mark = sizeof(REDACTED) - 1;
	return text->bytes - at >= mark && memcmp(text->data + at, REDACTED, mark) == 0;
}

/* Taken out before: the mark may look like a secret itself, like the beginning of one, or hold one. Where it ends; 0: it was not. */
static size_t redacted_until(const struct redact_text *text, const struct secret *secret)
{
	const size_t mark = sizeof(REDACTED) - 1;
	if (is_mark(text, secret->at))
		return secret->at + mark;
	for (size_t back = 1; back < mark && back <= secret->at; back++) {
		const size_t begin = secret->at - back;
		if (secret->at + secret->bytes <= begin + mark && is_mark(text, begin))
			return begin + mark;
	}
	return 0;
}

static bool find(const regex_t *expression, const struct redact_text *text, size_t from, struct secret *secret)
{
	while (expression ? find_expression(expression, text, from, secret) : secret_find(text->data, text->bytes, from, secret)) {
		const size_t until = redacted_until(text, secret);
		if (!until)
			return true;
		from = until;
	}
	return false;
}

size_t redact_rules_replace(struct redact_text *text)
{
	if (text->bytes == sizeof(REDACTED) - 1 && memcmp(text->data, REDACTED, text->bytes) == 0)
		return 0;
	*text = (struct redact_text){REDACTED, sizeof(REDACTED) - 1};
	return 1;
}

/* By one rule: an expression, or NULL for those built in. */
static void mark_by(const regex_t *expression, const struct redact_text *text, struct redact_marks *marks)
{
	struct secret secret;
	for (size_t at = 0; find(expression, text, at, &secret); at = secret.at + secret.bytes)
		redact_marks_add(marks, secret.at, secret.bytes);
}

void redact_rules_mark(const struct redact_rules *rules, const struct redact_text *text, struct redact_marks *marks)
{
	if (rules->everything)
		marks->all = true;
	if (rules->builtin)
		mark_by(NULL, text, marks);
	for (size_t i = 0; i < rules->expression_count; i++)
		mark_by(&rules->expressions[i], text, marks);
}

static size_t redact_once(const struct redact_rules *rules, struct redact_text *text, redact_allocate *allocate, void *context)
{
	struct redact_marks marks = redact_marks_of(text->bytes);
	redact_rules_mark(rules, text, &marks);
	const size_t count = redact_marks_apply(&marks, 0, text, allocate, context);
	redact_marks_free(&marks);
	return count;
}

/* Where one secret is gone another may show that its letters had hidden: the '/' of a key ends what begins like a URL. */
size_t redact_rules_apply(const struct redact_rules *rules, struct redact_text *text, redact_allocate *allocate, void *context)
{
	size_t count = 0, found = 1;
	if (!text->data || !text->bytes)
		return 0;
	for (unsigned round = 0; found && round < ROUNDS_MAX; round++) {
		found = redact_once(rules, text, allocate, context);
		count += found;
	}
	return count;
}
