#include "function_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

struct plainer {
	const char *at;
	char *to;
	size_t used;
	bool in_operator; /* a blank belongs to the name: operator unsigned long */
};

static void put(struct plainer *plainer, char c)
{
	if (plainer->used + 1 < FUNCTION_NAME_BYTES)
		plainer->to[plainer->used++] = (unsigned char)c < 0x20 || c == 0x7f ? '?' : c;
	plainer->to[plainer->used] = '\0';
}

static void put_text(struct plainer *plainer, const char *text)
{
	while (*text)
		put(plainer, *text++);
}

static bool begins(const char *text, const char *word)
{
	return !strncmp(text, word, strlen(word));
}

/* A component of the name begins here. */
static bool is_at_start(const struct plainer *plainer)
{
	return !plainer->used || plainer->to[plainer->used - 1] == ':';
}

/* Behind the bracket that closes the one at `at`; the end where none does. */
static const char *behind_bracket(const char *at)
{
	size_t depth = 0;

	for (const char *from = at; *at; at++) {
		if (strchr("<({[", *at))
			depth++;
		else if (strchr(")}]", *at) || (*at == '>' && at != from && at[-1] != '-'))
			depth--;
		if (!depth)
			return at + 1;
	}
	return at;
}

/* Parts that are names of their own ---------------------------------------------------------------------------------------------- */

/* operator<, operator<<, operator->, operator(): brackets that are a name. */
static bool take_operator(struct plainer *plainer)
{
	const char *behind = plainer->at + strlen("operator");
	const bool is_call = begins(plainer->at, "operator()");

	if (!begins(plainer->at, "operator") || isalnum((unsigned char)*behind) || *behind == '_' ||
	    (plainer->used && isalnum((unsigned char)plainer->to[plainer->used - 1])) ||
	    (plainer->used && plainer->to[plainer->used - 1] == '_'))
		return false;
	put_text(plainer, "operator");
	plainer->at = behind;
	if (is_call) {
		put_text(plainer, "()");
		plainer->at += 2;
	}
	while (!is_call && *plainer->at && strchr("<>=-!+*/%^&|~,[]", *plainer->at))
		put(plainer, *plainer->at++);
	plainer->in_operator = true;
	return true;
}

/* gcc writes {lambda(int)#1} in symbols and <lambda(int)> in debug information, clang $_0. */
static bool take_lambda(struct plainer *plainer)
{
	const char *at = plainer->at;

	if (is_at_start(plainer) && at[0] == '$' && at[1] == '_' && isdigit((unsigned char)at[2])) {
		for (at += 2; isdigit((unsigned char)*at); at++)
			;
	} else if (begins(at, "{lambda") || (is_at_start(plainer) && begins(at, "<lambda"))) {
		at = behind_bracket(at);
	} else {
		return false;
	}
	put_text(plainer, "{lambda}");
	plainer->at = at;
	return true;
}

/* {unnamed type#1}, {{closure}}, {closure#0}: the word in it. */
static bool take_braces(struct plainer *plainer)
{
	const char *at = plainer->at;

	if (*at != '{')
		return false;
	plainer->at = behind_bracket(at);
	put(plainer, '{');
	for (at += strspn(at, "{"); isalpha((unsigned char)*at) || *at == '_'; at++)
		put(plainer, *at);
	put(plainer, '}');
	return true;
}

/* Rust's <T as Trait>::method, and <impl ...> between others: a name, in which other brackets are none. */
static bool take_rust_type(struct plainer *plainer)
{
	const char *end;

	if (*plainer->at != '<' || !(!plainer->used || (is_at_start(plainer) && begins(plainer->at, "<impl "))))
		return false;
	end = behind_bracket(plainer->at);
	put(plainer, *plainer->at++);
	while (plainer->at < end) {
		if (strchr("<([{", *plainer->at))
			plainer->at = behind_bracket(plainer->at);
		else
			put(plainer, *plainer->at++);
	}
	return true;
}

/* What is left out --------------------------------------------------------------------------------------------------------------- */

/* Blanks, and what may stand behind parameters without ending the name: "f() const::{lambda()#1}". */
static const char *behind_qualifiers(const char *at)
{
	static const char *const words[] = {" const", " volatile", " &&", " &", " noexcept"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (begins(at, words[i])) {
			at += strlen(words[i]);
			i = (size_t)-1;
		}
	}
	return at;
}

/* Template arguments, parameters, ABI tags. Go's methods, main.(*T).f, stay. */
static bool skip_bracket(struct plainer *plainer)
{
	const char c = *plainer->at;

	if (plainer->in_operator && begins(plainer->at, "[]")) /* operator new[] */
		return false;
	if ((c != '<' && c != '(' && c != '[') || (c == '(' && plainer->used && plainer->to[plainer->used - 1] == '.'))
		return false;
	plainer->at = behind_bracket(plainer->at);
	if (c == '(') {
		plainer->at = behind_qualifiers(plainer->at);
		plainer->in_operator = false;
	}
	return true;
}

/* A blank: all before it was the return type, or "non-virtual thunk to"; or the name is over: " [clone .part.0]". */
static bool skip_blank(struct plainer *plainer)
{
	if (*plainer->at != ' ' || plainer->in_operator)
		return false;
	plainer->at += strspn(plainer->at, " *&");
	if (*plainer->at && *plainer->at != '[')
		plainer->used = 0;
	return true;
}

/* Of "::", the second one where an empty component would arise. */
static bool skip_colons(struct plainer *plainer)
{
	if (!begins(plainer->at, "::") || !is_at_start(plainer))
		return false;
	plainer->at += 2;
	return true;
}

/* ".part.0" and its like, to the end. Most come with a number, which tells them from Go's main.part. */
static bool is_clone_suffix(const char *at)
{
	static const char *const numbered[] = {".part.", ".isra.",  ".constprop.", ".lto_priv.",
					       ".llvm.", ".clone.", ".__uniq.",    "._omp_fn."};
	static const char *const plain[] = {".cold", ".localalias", ".resolver"};

	for (size_t i = 0; i < sizeof(numbered) / sizeof(numbered[0]); i++) {
		if (begins(at, numbered[i]) && isdigit((unsigned char)at[strlen(numbered[i])]))
			return true;
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		const char *behind = at + strlen(plain[i]);
		if (begins(at, plain[i]) && (!*behind || *behind == '.' || *behind == '@'))
			return true;
	}
	return *at == '.' && at[1] && !at[1 + strspn(at + 1, "0123456789")];
}

/* Rust's older names end with ::h and 16 hexadecimal digits. */
static bool is_rust_hash(const char *at)
{
	return begins(at, "::h") && strspn(at + 3, "0123456789abcdef") == 16 && (!at[19] || at[19] == '.');
}

static bool is_end(const struct plainer *plainer)
{
	const char *at = plainer->at;

	return !*at || (plainer->used && (*at == '@' || is_clone_suffix(at) || is_rust_hash(at)));
}

static void trim(struct plainer *plainer)
{
	while (plainer->used && strchr(": ", plainer->to[plainer->used - 1]))
		plainer->used--;
	plainer->to[plainer->used] = '\0';
}

size_t function_name_plain(const char *function, char plain[FUNCTION_NAME_BYTES])
{
	struct plainer plainer = {.at = function, .to = plain};

	plain[0] = '\0';
	while (!is_end(&plainer)) {
		if (take_operator(&plainer) || take_lambda(&plainer) || take_braces(&plainer) || take_rust_type(&plainer) ||
		    skip_bracket(&plainer) || skip_blank(&plainer) || skip_colons(&plainer))
			continue;
		put(&plainer, *plainer.at++);
	}
	trim(&plainer);
	for (; !plainer.used && *function; function++) /* nothing but brackets: as it is */
		put(&plainer, *function);
	return plainer.used;
}
