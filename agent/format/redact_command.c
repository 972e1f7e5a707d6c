#include "redact_command.h"

#include <string.h>

enum { LINE_BYTES_MAX = 1024 };

/* `behind`: of the value, what stands behind this sign; 0: all of it. */
static const struct command_option {
	const char *command, *option;
	bool attached, next; /* in the same word as the option; in the next */
	char behind;
} options[] = {
	{"mysql", "-p", true, false, 0},
	{"mysqldump", "-p", true, false, 0},
	{"mysqladmin", "-p", true, false, 0},
	{"mysqlimport", "-p", true, false, 0},
	{"mysqlcheck", "-p", true, false, 0},
	{"mysqlshow", "-p", true, false, 0},
	{"mariadb", "-p", true, false, 0},
	{"mariadb-dump", "-p", true, false, 0},
	{"mariadb-admin", "-p", true, false, 0},
	{"mongo", "-p", false, true, 0},
	{"mongosh", "-p", false, true, 0},
	{"mongodump", "-p", false, true, 0},
	{"mongorestore", "-p", false, true, 0},
	{"redis-cli", "-a", false, true, 0},
	{"redis-cli", "--pass", false, true, 0},
	{"sqlcmd", "-P", true, true, 0},
	{"bcp", "-P", true, true, 0},
	{"sshpass", "-p", true, true, 0},
	{"login", "-p", false, true, 0}, /* docker, podman, skopeo, helm registry, az */
	{"curl", "-u", true, true, ':'},
	{"curl", "--user", false, true, ':'},
	{"curl", "-U", true, true, ':'},
	{"curl", "--proxy-user", false, true, ':'},
	{"lftp", "-u", false, true, ','},
	{"smbclient", "-U", true, true, '%'},
	{"rpcclient", "-U", true, true, '%'},
	{"ldapsearch", "-w", true, true, 0},
	{"ldapmodify", "-w", true, true, 0},
	{"ldapadd", "-w", true, true, 0},
	{"ldapdelete", "-w", true, true, 0},
	{"ldapwhoami", "-w", true, true, 0},
	{"mosquitto_pub", "-P", false, true, 0},
	{"mosquitto_sub", "-P", false, true, 0},
	{"rabbitmqadmin", "-p", false, true, 0},
	{"openssl", "-pass", false, true, ':'},
	{"openssl", "-passin", false, true, ':'},
	{"openssl", "-passout", false, true, ':'},
	{"openssl", "-k", false, true, 0},
	{"zip", "-P", true, true, 0},
	{"unzip", "-P", true, true, 0},
	{"7z", "-p", true, false, 0},
	{"7za", "-p", true, false, 0},
	{"7zr", "-p", true, false, 0},
};

static bool is(const struct command_word *word, const char *text)
{
	return word->bytes && word->data[0] == text[0] && word->bytes == strlen(text) && memcmp(word->data, text, word->bytes) == 0;
}

static struct command_word file_name(const char *word, size_t bytes)
{
	const char *slash = memrchr(word, '/', bytes);
	const size_t before = slash ? (size_t)(slash + 1 - word) : 0;
	return (struct command_word){word + before, bytes - before};
}

bool secret_is_command(const char *word, size_t bytes)
{
	const struct command_word name = file_name(word, bytes);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (is(&name, options[i].command))
			return true;
	}
	return false;
}

/* The value begins at byte `from` of the word. */
static bool value_of(const struct command_option *option, const struct command_word *word, size_t from, struct secret *secret)
{
	const char *sign = option->behind ? memchr(word->data + from, option->behind, word->bytes - from) : NULL;
	if (option->behind && !sign)
		return false;
	if (sign)
		from = (size_t)(sign + 1 - word->data);
	*secret = (struct secret){from, word->bytes - from};
	return from < word->bytes;
}

static bool by_option(const struct command_option *option, const struct command_word *before, const struct command_word *word,
		      struct secret *secret)
{
	const size_t name = strlen(option->option);
	if (option->next && is(before, option->option))
		return value_of(option, word, 0, secret);
	const bool attached = option->attached && word->bytes > name && memcmp(word->data, option->option, name) == 0;
	return attached && value_of(option, word, name, secret);
}

bool secret_in_argument(const struct command_word *command, const struct command_word *before, const struct command_word *word,
			struct secret *secret)
{
	const struct command_word name = file_name(command->data, command->bytes);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (is(&name, options[i].command) && by_option(&options[i], before, word, secret))
			return true;
	}
	return false;
}

/* In texts ---------------------------------------------------------------------------------------------------------------------- */

static bool ends_word(char c)
{
	switch (c) {
	case 0:
	case ' ':
	case '\t':
	case '\r':
	case '\n':
	case '"':
	case '\'':
	case '`':
	case ';':
	case '|':
	case '&':
	case '(':
	case ')':
		return true;
	default:
		return false;
	}
}

/* The word that ends at or before `at`, and not before `from`; its beginning, or `from` where there is none. */
static size_t word_before(const char *text, size_t from, size_t at, struct command_word *word)
{
	while (at > from && ends_word(text[at - 1]))
		at--;
	size_t begin = at;
	while (begin > from && !ends_word(text[begin - 1]))
		begin--;
	*word = (struct command_word){text + begin, at - begin};
	return begin;
}

static size_t line_begin(const char *text, size_t at)
{
	const size_t least = at > LINE_BYTES_MAX ? at - LINE_BYTES_MAX : 0;
	while (at > least && text[at - 1] != '\n')
		at--;
	return at;
}

/* Cheaply: most words are no options, and stand behind none. */
static bool may_be_argument(const char *text, size_t bytes, size_t at)
{
	size_t begin = at;
	if (at >= bytes || ends_word(text[at]))
		return false;
	while (begin && text[begin - 1] == ' ')
		begin--;
	while (begin && !ends_word(text[begin - 1]))
		begin--;
	const bool is_option = text[at] == '-' && at + 1 < bytes && !ends_word(text[at + 1]);
	return is_option || (text[begin] == '-' && !ends_word(text[begin + 1]));
}

bool secret_in_command_line(const char *text, size_t bytes, size_t at, struct secret *secret)
{
	struct command_word before, command, word = {text + at, 0};
	if (!may_be_argument(text, bytes, at))
		return false;
	while (at + word.bytes < bytes && !ends_word(text[at + word.bytes]))
		word.bytes++;
	const size_t from = line_begin(text, at);
	size_t begin = word_before(text, from, at, &before);
	command = before;
	while (command.bytes && !secret_is_command(command.data, command.bytes))
		begin = word_before(text, from, begin, &command);
	if (!command.bytes || !secret_in_argument(&command, &before, &word, secret))
		return false;
	secret->at += at;
	return true;
}
