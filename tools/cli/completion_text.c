#include "completion.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *command; /* NULL: of any */
	const char *option;
	enum completion_kind kind;
	const char *words;
} values[] = {
	{"grep", "time", COMPLETE_WORDS, "local utc relative"},
	{NULL, "time", COMPLETE_WORDS, "relative local utc unix"},
	{NULL, "color", COMPLETE_WORDS, "auto always never"},
	{NULL, "level", COMPLETE_WORDS, "trace debug info warn error fatal"},
	{NULL, "source", COMPLETE_WORDS, "macro stdout stderr write1 write2 syslog abort agent file journal"},
	{NULL, "on-exit", COMPLETE_WORDS, "never failure always"},
	{NULL, "by", COMPLETE_WORDS, "message site level source thread target service"},
	{NULL, "sort", COMPLETE_WORDS, "count bytes"},
	{"db", "format", COMPLETE_WORDS, "text json markdown"},
	{"db", "db", COMPLETE_FILE, NULL},
	{"collect", "format", COMPLETE_WORDS, "text markdown github gitlab junit html json sarif"},
	{"collect", "fail-on", COMPLETE_WORDS, "new any never"},
	{NULL, "bundle", COMPLETE_FILE, NULL},
	{NULL, "baseline", COMPLETE_FILE, NULL},
	{NULL, "write-baseline", COMPLETE_FILE, NULL},
	{NULL, "source-root", COMPLETE_DIRECTORY, NULL},
	{NULL, "output", COMPLETE_FILE, NULL},
	{NULL, "o", COMPLETE_FILE, NULL},
	{NULL, "storage", COMPLETE_DIRECTORY, NULL},
	{NULL, "debug-dir", COMPLETE_DIRECTORY, NULL},
	{NULL, "source-dir", COMPLETE_DIRECTORY, NULL},
};

enum completion_kind completion_values(const struct command *command, const char *option, const char **words)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (strcmp(values[i].option, option) != 0 || (values[i].command && strcmp(values[i].command, command->name) != 0))
			continue;
		*words = values[i].words;
		return values[i].kind;
	}
	return COMPLETE_NOTHING;
}

/* The option as a word of its own: --json, not --json-lines. NULL: not there. */
static const char *find_word(const char *text, const char *option)
{
	char word[64];
	size_t bytes;

	snprintf(word, sizeof(word), "%s%s", option[1] ? "--" : "-", option);
	bytes = strlen(word);
	for (; (text = strstr(text, word)); text += bytes) {
		if (strchr(" ,=:;\n[", text[bytes]) && strchr(" [;,", text[-1]))
			return text + bytes;
	}
	return NULL;
}

/* Behind "  --name ARG   " or, in the middle of a line, "; --name ARG: ". */
static const char *skip_to_text(const char *at)
{
	const char *line_end = at + strcspn(at, "\n"), *blanks = strstr(at, "  "), *colon = strstr(at, ": ");
	const char *semicolon = at + strcspn(at, ";\n");

	if (colon && colon < semicolon && !(blanks && blanks < colon))
		return colon + 2;
	if (blanks && blanks < line_end)
		return blanks + strspn(blanks, " ");
	colon = strstr(at, " ");
	return colon && colon < line_end ? colon + 1 : line_end;
}

void completion_text(const struct command *command, const char *option, char text[COMPLETION_TEXT_BYTES])
{
	const char *options = strstr(command->help, "\n  -"), *at = options ? find_word(options, option) : NULL;
	size_t used = 0;

	for (at = at ? skip_to_text(at) : ""; *at && !strchr(";\n", *at) && used < COMPLETION_TEXT_BYTES - 1; at++) {
		if (!strchr("'\"`[]\\$", *at))
			text[used++] = *at;
	}
	text[used] = '\0';
}
