#include "redact_builtin.h"

#include "redact_command.h"

#include <ctype.h>
#include <string.h>

enum { NAME_BYTES_MAX = 64, USER_BYTES_MAX = 256, PLAIN_WORD_VALUE = 8, LETTERS_MAX = 12, LOGIN_BYTES_MAX = 256 };

/* Of base64 in the middle of a line: of 64 random letters 20, 20 and 10 are such. */
enum { KEY_LINE_BYTES = 64, KEY_LINE_BYTES_MAX = 76, WRAPPED_LETTERS = 8, WRAPPED_DIGITS = 3 };

struct text {
	const char *data;
	size_t bytes;
};

static bool starts_with(const struct text *text, size_t at, const char *prefix)
{
	const size_t bytes = strlen(prefix);
	return text->bytes - at >= bytes && memcmp(text->data + at, prefix, bytes) == 0;
}

static bool is_name_character(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

/* Names ----------------------------------------------------------------------------------------------------------------------- */

/* Letters and digits only, so that api_key, api-key and apiKey are one. */
static size_t normalise(const char *name, size_t bytes, char normal[NAME_BYTES_MAX])
{
	size_t used = 0;
	if (bytes > NAME_BYTES_MAX - 1) { /* what counts stands at the end */
		name += bytes - (NAME_BYTES_MAX - 1);
		bytes = NAME_BYTES_MAX - 1;
	}
	for (size_t i = 0; i < bytes; i++) {
		if (isalnum((unsigned char)name[i]))
			normal[used++] = (char)tolower((unsigned char)name[i]);
	}
	normal[used] = 0;
	return used;
}

bool secret_name(const char *name, size_t bytes)
{
	static const char *const endings[] = {"password",      "passwd",     "pwd",         "passphrase", "secret",
					      "token",         "apikey",     "accesskey",   "secretkey",  "privatekey",
					      "authorization", "credential", "credentials", "authkey",    "encryptionkey",
					      "signingkey",    "sessionid",  "cookie",      "accountkey", "webhookurl"};
	char normal[NAME_BYTES_MAX];
	if (bytes >= 5 && memcmp(name + bytes - 5, "_auth", 5) == 0) /* .npmrc */
		return true;
	const size_t length = normalise(name, bytes, normal);
	if (strcmp(normal, "pwd") == 0 || strcmp(normal, "oldpwd") == 0) /* a shell's directories */
		return false;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		const size_t ending = strlen(endings[i]);
		if (length >= ending && memcmp(normal + length - ending, endings[i], ending) == 0)
			return true;
	}
	return false;
}

/* Alone these are also words of error messages ("unexpected token: x"), so a short value behind them is none. */
static bool is_plain_word(const char *name, size_t bytes)
{
	static const char *const words[] = {"token", "secret", "cookie"};
	char normal[NAME_BYTES_MAX];
	normalise(name, bytes, normal);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(normal, words[i]) == 0)
			return true;
	}
	return false;
}

/* Of the name that ends before `at`, quotes and blanks left out; 0: there is none. */
static size_t name_before(const struct text *text, size_t at, size_t *begin)
{
	while (at && strchr(" \t\"'", text->data[at - 1]))
		at--;
	size_t from = at;
	while (from && is_name_character(text->data[from - 1]))
		from--;
	*begin = from;
	return at - from;
}

/* Up to the quote that closes it, or a blank or another sign that ends a value; of a header up to the end of its line. */
static size_t value_end(const struct text *text, size_t at, char quote, bool to_line_end)
{
	const char *stops = quote ? (char[]){quote, '\n', 0} : to_line_end ? "\r\n\"'" : " \t\r\n\"'&;,)}]>";
	while (at < text->bytes && text->data[at] && !strchr(stops, text->data[at]))
		at++;
	return at;
}

/* At a '=' or ':'. */
static bool named_secret(const struct text *text, size_t at, struct secret *secret)
{
	size_t begin;
	const size_t name = name_before(text, at, &begin);
	if (!name || !secret_name(text->data + begin, name))
		return false;
	const bool is_header = text->data[at] == ':' && name >= 6 && strncasecmp(text->data + at - 6, "cookie", 6) == 0;
	const bool is_authorization = name >= 13 && strncasecmp(text->data + begin + name - 13, "authorization", 13) == 0;
	at++;
	while (at < text->bytes && strchr(" \t", text->data[at]) && text->data[at])
		at++;
	const char quote = at < text->bytes && (text->data[at] == '"' || text->data[at] == '\'') ? text->data[at] : 0;
	at += quote != 0;
	const size_t end = value_end(text, at, quote, is_header || is_authorization);
	*secret = (struct secret){at, end - at};
	return end - at >= (is_plain_word(text->data + begin, name) ? PLAIN_WORD_VALUE : 1u);
}

/* "login NAME password ": of a .netrc, where no sign stands between name and value. */
static bool is_login(const struct text *text, size_t name)
{
	static const char login[] = "login ";
	const size_t from = name > LOGIN_BYTES_MAX ? name - LOGIN_BYTES_MAX : 0;
	return memmem(text->data + from, name - from, login, sizeof(login) - 1) != NULL;
}

/* "+ mysql --password word": of a shell that says what it does. */
static bool is_traced(const struct text *text, size_t at)
{
	while (at && text->data[at - 1] != '\n')
		at--;
	const size_t begin = at;
	while (at < text->bytes && text->data[at] == '+')
		at++;
	return at > begin && at < text->bytes && text->data[at] == ' ';
}

/* What stands behind an option or a login could also be the next word of a sentence: letters alone are no secret if they are few. */
static bool is_likely(const struct text *text, size_t at, size_t end)
{
	for (size_t i = at; i < end; i++) {
		if (isdigit((unsigned char)text->data[i]))
			return text->data[at] != '-';
	}
	return end - at > LETTERS_MAX && text->data[at] != '-';
}

/* At a blank: --password VALUE, PASSWORD 'value' and IDENTIFIED BY 'value' of SQL, login NAME password VALUE. */
static bool spaced_secret(const struct text *text, size_t at, struct secret *secret)
{
	size_t begin = at;
	while (begin && is_name_character(text->data[begin - 1]))
		begin--;
	const char *name = text->data + begin;
	const size_t bytes = at - begin;
	const bool is_by = bytes == 2 && strncasecmp(name, "BY", 2) == 0 && begin >= 11 &&
			   strncasecmp(name - 11, "IDENTIFIED ", 11) == 0;
	const bool is_password = bytes == 8 && strncasecmp(name, "PASSWORD", 8) == 0;
	const bool is_option = bytes > 2 && memcmp(name, "--", 2) == 0 && secret_name(name + 2, bytes - 2);
	if (!is_by && !is_password && !is_option)
		return false;
	while (at < text->bytes && text->data[at] == ' ')
		at++;
	const char quote = at < text->bytes && (text->data[at] == '"' || text->data[at] == '\'') ? text->data[at] : 0;
	if (!quote && !is_option && (!is_password || !is_login(text, begin)))
		return false;
	at += quote != 0;
	const size_t end = value_end(text, at, quote, false);
	*secret = (struct secret){at, end - at};
	return end > at && (quote || is_likely(text, at, end) || (is_option && text->data[at] != '-' && is_traced(text, begin)));
}

/* At the ':' of scheme://user:password@host. */
static bool url_secret(const struct text *text, size_t at, struct secret *secret)
{
	if (!starts_with(text, at, "://"))
		return false;
	size_t colon = 0, i = at + 3;
	for (; i < text->bytes && i < at + USER_BYTES_MAX && text->data[i] && !strchr("/ \t\r\n\"'<>@", text->data[i]); i++) {
		if (text->data[i] == ':' && !colon)
			colon = i;
	}
	if (!colon || i >= text->bytes || text->data[i] != '@' || i == colon + 1)
		return false;
	*secret = (struct secret){colon + 1, i - colon - 1};
	return true;
}

/* Keys ------------------------------------------------------------------------------------------------------------------------ */

static const struct {
	const char *prefix;
	const char *others; /* characters it has beside letters and digits */
	size_t bytes;       /* at least so many behind the prefix */
} keys[] = {
	/* AWS, Google */
	{"AKIA", "", 16},
	{"ASIA", "", 16},
	{"ABIA", "", 16},
	{"ACCA", "", 16},
	{"AIza", "_-", 35},
	{"ya29.", "_-.", 30},
	{"GOCSPX-", "_-", 20},
	/* GitHub, GitLab */
	{"ghp_", "", 30},
	{"gho_", "", 30},
	{"ghu_", "", 30},
	{"ghs_", "", 30},
	{"ghr_", "", 30},
	{"github_pat_", "_", 30},
	{"glpat-", "_-", 20},
	{"gldt-", "_-", 20},
	{"glrt-", "_-", 20},
	{"glptt-", "_-", 20},
	{"glcbt-", "_-", 20},
	/* Slack, Stripe */
	{"xoxb-", "-", 20},
	{"xoxp-", "-", 20},
	{"xoxa-", "-", 20},
	{"xoxr-", "-", 20},
	{"xoxs-", "-", 20},
	{"xapp-", "-", 20},
	{"hooks.slack.com/services/", "/", 20},
	{"sk_live_", "", 16},
	{"rk_live_", "", 16},
	{"sk_test_", "", 16},
	{"rk_test_", "", 16},
	{"whsec_", "", 24},
	/* Registries, mail, models, vaults, machines */
	{"npm_", "", 36},
	{"pypi-", "_-", 50},
	{"dckr_pat_", "_-", 20},
	{"SG.", "._-", 40},
	{"sk-", "_-", 32},
	{"hf_", "", 30},
	{"hvs.", "_-", 24},
	{"dop_v1_", "", 40},
	{"AGE-SECRET-KEY-", "", 40},
	/* JSON Web Tokens, HTTP */
	{"eyJ", "._-", 30},
	{"Bearer ", "._~+/=-", 20},
};
/* What they begin with. */
static const char key_letters[] = "ABGSdeghnprswxy";

static bool key_at(const struct text *text, size_t at, struct secret *secret)
{
	if (at && (isalnum((unsigned char)text->data[at - 1]) || text->data[at - 1] == '_'))
		return false;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (keys[i].prefix[0] != text->data[at] || !starts_with(text, at, keys[i].prefix))
			continue;
		const size_t begin = at + strlen(keys[i].prefix);
		size_t end = begin;
		while (end < text->bytes && text->data[end] &&
		       (isalnum((unsigned char)text->data[end]) || strchr(keys[i].others, text->data[end])))
			end++;
		if (end - begin >= keys[i].bytes) {
			*secret = (struct secret){at, end - at};
			return true;
		}
	}
	return false;
}

const char *secret_begins_key(const char *line, size_t bytes)
{
	static const char begin[] = "-----BEGIN ", key[] = "PRIVATE KEY";
	const char *from = memmem(line, bytes, begin, sizeof(begin) - 1), *end = line + bytes;
	const char *kind = from ? memmem(from, (size_t)(end - from), key, sizeof(key) - 1) : NULL;
	return kind && memmem(kind, (size_t)(end - kind), "-----", 5) ? from : NULL;
}

static bool private_key_at(const struct text *text, size_t at, struct secret *secret)
{
	static const char end_mark[] = "-----END";
	if (!starts_with(text, at, "-----BEGIN "))
		return false;
	const char *line = text->data + at, *line_end = memchr(line, '\n', text->bytes - at);
	const size_t first = line_end ? (size_t)(line_end - line) : text->bytes - at;
	if (!secret_begins_key(line, first))
		return false;
	const char *last = memmem(line, text->bytes - at, end_mark, sizeof(end_mark) - 1);
	const char *close = last ? memmem(last + 8, (size_t)(text->data + text->bytes - last) - 8, "-----", 5) : NULL;
	*secret = (struct secret){at, close ? (size_t)(close + 5 - line) : text->bytes - at};
	return true;
}

bool secret_is_encoded(const char *data, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		if (!isalnum((unsigned char)data[i]) && (!data[i] || !strchr("+/=", data[i])))
			return false;
	}
	return bytes > 0;
}

/* Digests of that length are hexadecimal. */
bool secret_is_key_line(const char *data, size_t bytes)
{
	bool upper = false, lower = false, digit = false;
	if ((bytes != 64 && bytes != 70 && bytes != 76) || !secret_is_encoded(data, bytes))
		return false;
	for (size_t i = 0; i < bytes; i++) {
		upper |= data[i] >= 'G' && data[i] <= 'Z';
		lower |= data[i] >= 'g' && data[i] <= 'z';
		digit |= data[i] >= '0' && data[i] <= '9';
	}
	return upper && lower && digit;
}

static bool encoded_line_at(const struct text *text, size_t at, struct secret *secret)
{
	const char *line = text->data + at, *end = memchr(line, '\n', text->bytes - at);
	size_t bytes = end ? (size_t)(end - line) : text->bytes - at;
	bytes -= bytes && line[bytes - 1] == '\r';
	*secret = (struct secret){at, bytes};
	return secret_is_key_line(line, bytes);
}

/* Of what else is as long as a line of a key, letters and digits are not as mixed: a path, a name. */
static bool is_well_mixed(const char *data, size_t bytes)
{
	size_t upper = 0, lower = 0, digits = 0;
	for (size_t i = 0; i < bytes; i++) {
		upper += data[i] >= 'G' && data[i] <= 'Z';
		lower += data[i] >= 'g' && data[i] <= 'z';
		digits += data[i] >= '0' && data[i] <= '9';
	}
	return upper >= WRAPPED_LETTERS && lower >= WRAPPED_LETTERS && digits >= WRAPPED_DIGITS;
}

/* Where base64 may begin: behind a sign that is none of its own but at its end, or behind the "\n" that JSON has for the end of a line. */
static bool begins_encoded(const struct text *text, size_t at)
{
	static const char digest[] = "sha384";
	const size_t before = sizeof(digest); /* and a sign */
	if (at == 0 || text->data[at - 1] == '=')
		return true;
	if (at >= 2 && text->data[at - 2] == '\\' && (text->data[at - 1] == 'n' || text->data[at - 1] == 'r'))
		return true;
	return !secret_is_encoded(text->data + at - 1, 1) &&
	       (at < before || memcmp(text->data + at - before, digest, before - 1) != 0);
}

/* A line of a key behind what a log puts before it, or in JSON: up to the end of a line or of a string. */
static bool wrapped_key_line_at(const struct text *text, size_t at, struct secret *secret)
{
	size_t end = at;
	if (text->bytes - at < KEY_LINE_BYTES || !begins_encoded(text, at))
		return false;
	while (end < text->bytes && end - at <= KEY_LINE_BYTES_MAX && secret_is_encoded(text->data + end, 1))
		end++;
	if (end < text->bytes && (!text->data[end] || !strchr("\r\n\"'\\", text->data[end])))
		return false;
	*secret = (struct secret){at, end - at};
	return secret_is_key_line(text->data + at, end - at) && is_well_mixed(text->data + at, end - at);
}

bool secret_find(const char *data, size_t bytes, size_t from, struct secret *secret)
{
	const struct text text = {data, bytes};
	for (size_t at = from; at < bytes; at++) {
		const char c = data[at];
		bool found = ((at == 0 || data[at - 1] == '\n') && encoded_line_at(&text, at, secret)) ||
			     wrapped_key_line_at(&text, at, secret);
		if (found)
			return true;
		if (c == '=' || c == ':')
			found = named_secret(&text, at, secret) || (c == ':' && url_secret(&text, at, secret));
		else if (c == ' ')
			found = spaced_secret(&text, at, secret) || secret_in_command_line(data, bytes, at + 1, secret);
		else if (c == '-')
			found = private_key_at(&text, at, secret);
		else if (isalpha((unsigned char)c) && strchr(key_letters, c))
			found = key_at(&text, at, secret);
		if (found && secret->at >= from)
			return true;
	}
	return false;
}
