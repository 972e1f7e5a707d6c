/*
 * Rust's symbol names, version 0: the grammar of RFC 2603 (https://rust-lang.github.io/rfcs/2603-rust-symbol-name-mangling-v0.html), which the
 * functions below follow one for one. Hashes that tell crates and impls of one name apart are left out, as debuggers do. A name that is
 * no such name, nests too deep or grows too long is left as it is.
 */
#include "demangle.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 200, PLAIN_BYTES = 8192, LETTERS = 26 };

struct reader {
	const char *name; /* behind "_R": what back references count from */
	size_t at, bytes;
	char *plain;
	size_t used;
	unsigned depth, lifetimes; /* lifetimes: bound by the binders around */
	bool bad, silent;
	bool open; /* read_open_path() has left a "<" open */
};

/* Text ----------------------------------------------------------------------------------------------------------------------- */

static void put(struct reader *reader, const char *text, size_t bytes)
{
	if (reader->silent || reader->bad)
		return;
	if (bytes >= PLAIN_BYTES - reader->used) {
		reader->bad = true;
		return;
	}
	memcpy(reader->plain + reader->used, text, bytes);
	reader->used += bytes;
}

static void say(struct reader *reader, const char *text)
{
	put(reader, text, strlen(text));
}

static void say_number(struct reader *reader, uint64_t number)
{
	char text[24];

	put(reader, text, (size_t)snprintf(text, sizeof(text), "%" PRIu64, number));
}

static char peek(const struct reader *reader)
{
	return reader->at < reader->bytes && !reader->bad ? reader->name[reader->at] : '\0';
}

static bool take(struct reader *reader, char wanted)
{
	if (peek(reader) != wanted)
		return false;
	reader->at++;
	return true;
}

static char next(struct reader *reader)
{
	const char c = peek(reader);

	if (c)
		reader->at++;
	else
		reader->bad = true;
	return c;
}

static bool enter(struct reader *reader)
{
	if (++reader->depth > DEPTH_MAX)
		reader->bad = true;
	return !reader->bad;
}

/* Numbers -------------------------------------------------------------------------------------------------------------------- */

static int digit62(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'Z' ? c - 'A' + 36 : -1;
}

/* "_" is 0, "0_" is 1. */
static uint64_t base62(struct reader *reader)
{
	uint64_t number = 0;

	if (take(reader, '_'))
		return 0;
	while (!take(reader, '_')) {
		const int digit = digit62(next(reader));
		if (digit < 0 || __builtin_mul_overflow(number, 62, &number) ||
		    __builtin_add_overflow(number, (uint64_t)digit, &number)) {
			reader->bad = true;
			return 0;
		}
	}
	return number + 1;
}

/* 0 where it is not there, otherwise one more than it says. */
static uint64_t optional62(struct reader *reader, char tag)
{
	return take(reader, tag) ? base62(reader) + 1 : 0;
}

static uint64_t decimal(struct reader *reader)
{
	uint64_t number = 0;

	if (peek(reader) < '0' || peek(reader) > '9')
		reader->bad = true;
	if (take(reader, '0'))
		return 0;
	while (peek(reader) >= '0' && peek(reader) <= '9' && number < UINT32_MAX)
		number = number * 10 + (uint64_t)(next(reader) - '0');
	return number;
}

/* Identifiers ---------------------------------------------------------------------------------------------------------------- */

struct identifier {
	const char *text;
	size_t bytes;
	bool punycode;
	uint64_t disambiguator;
};

static struct identifier plain_identifier(struct reader *reader)
{
	struct identifier identifier = {.punycode = take(reader, 'u')};

	identifier.bytes = decimal(reader);
	take(reader, '_');
	if (reader->bad || identifier.bytes > reader->bytes - reader->at) {
		reader->bad = true;
		return (struct identifier){.text = ""};
	}
	identifier.text = reader->name + reader->at;
	reader->at += identifier.bytes;
	return identifier;
}

static struct identifier read_identifier(struct reader *reader)
{
	const uint64_t disambiguator = optional62(reader, 's');
	struct identifier identifier = plain_identifier(reader);

	identifier.disambiguator = disambiguator;
	return identifier;
}

static void say_identifier(struct reader *reader, const struct identifier *identifier)
{
	say(reader, identifier->punycode ? "punycode{" : "");
	put(reader, identifier->text, identifier->bytes);
	say(reader, identifier->punycode ? "}" : "");
}

/* Paths and types ------------------------------------------------------------------------------------------------------------ */

static void read_path(struct reader *reader, bool in_value);
static void read_type(struct reader *reader);
static void read_const(struct reader *reader);

/* Reads what stands further in front again. */
static void back_reference(struct reader *reader, void (*read)(struct reader *))
{
	const size_t here = reader->at - 1; /* of its 'B' */
	const uint64_t target = base62(reader);
	const size_t behind = reader->at;

	if (target >= here) {
		reader->bad = true;
		return;
	}
	if (reader->silent)
		return;
	reader->at = target;
	read(reader);
	reader->at = behind;
}

static void read_type_path(struct reader *reader)
{
	read_path(reader, false);
}

static void read_value_path(struct reader *reader)
{
	read_path(reader, true);
}

/* Where an impl stands says nothing to a reader. */
static void skip_impl_path(struct reader *reader)
{
	const bool silent = reader->silent;

	reader->silent = true;
	optional62(reader, 's');
	read_path(reader, false);
	reader->silent = silent;
}

static void read_nested(struct reader *reader, bool in_value)
{
	const char space = next(reader);
	struct identifier identifier;

	read_path(reader, in_value);
	identifier = read_identifier(reader);
	if (space >= 'A' && space <= 'Z') {
		say(reader, "::{");
		if (space == 'C' || space == 'S')
			say(reader, space == 'C' ? "closure" : "shim");
		else
			put(reader, &space, 1);
		if (identifier.bytes) {
			say(reader, ":");
			say_identifier(reader, &identifier);
		}
		say(reader, "#");
		say_number(reader, identifier.disambiguator);
		say(reader, "}");
	} else if (identifier.bytes) {
		say(reader, "::");
		say_identifier(reader, &identifier);
	}
}

static void say_lifetime(struct reader *reader, uint64_t index)
{
	char letter;

	say(reader, "'");
	if (index == 0 || index > reader->lifetimes || reader->lifetimes - index >= LETTERS) {
		say(reader, "_");
		return;
	}
	letter = (char)('a' + (reader->lifetimes - index));
	put(reader, &letter, 1);
}

static void read_generic(struct reader *reader)
{
	if (take(reader, 'L'))
		say_lifetime(reader, base62(reader));
	else if (take(reader, 'K'))
		read_const(reader);
	else
		read_type(reader);
}

/* Items up to the 'E', separated. How many. */
static size_t read_list(struct reader *reader, const char *between, void (*read)(struct reader *))
{
	size_t count = 0;

	for (; !reader->bad && !take(reader, 'E'); count++) {
		say(reader, count ? between : "");
		read(reader);
	}
	return count;
}

static void read_path(struct reader *reader, bool in_value)
{
	if (!enter(reader))
		return;
	switch (next(reader)) {
	case 'C': {
		const struct identifier crate = read_identifier(reader);
		say_identifier(reader, &crate);
		break;
	}
	case 'N':
		read_nested(reader, in_value);
		break;
	case 'M':
		skip_impl_path(reader);
		say(reader, "<");
		read_type(reader);
		say(reader, ">");
		break;
	case 'X':
		skip_impl_path(reader);
		/* fall through */
	case 'Y':
		say(reader, "<");
		read_type(reader);
		say(reader, " as ");
		read_path(reader, false);
		say(reader, ">");
		break;
	case 'I':
		read_path(reader, in_value);
		say(reader, in_value ? "::<" : "<");
		read_list(reader, ", ", read_generic);
		say(reader, ">");
		break;
	case 'B':
		back_reference(reader, in_value ? read_value_path : read_type_path);
		break;
	default:
		reader->bad = true;
	}
	reader->depth--;
}

static const char *basic_type(char c)
{
	static const char *const names['z' - 'a' + 1] = {
		['a' - 'a'] = "i8",  ['b' - 'a'] = "bool", ['c' - 'a'] = "char",  ['d' - 'a'] = "f64",   ['e' - 'a'] = "str",
		['f' - 'a'] = "f32", ['h' - 'a'] = "u8",   ['i' - 'a'] = "isize", ['j' - 'a'] = "usize", ['l' - 'a'] = "i32",
		['m' - 'a'] = "u32", ['n' - 'a'] = "i128", ['o' - 'a'] = "u128",  ['p' - 'a'] = "_",     ['s' - 'a'] = "i16",
		['t' - 'a'] = "u16", ['u' - 'a'] = "()",   ['v' - 'a'] = "...",   ['x' - 'a'] = "i64",   ['y' - 'a'] = "u64",
		['z' - 'a'] = "!",
	};

	return c >= 'a' && c <= 'z' ? names[c - 'a'] : NULL;
}

/* "for<'a, 'b> "; how many to take back behind. */
static unsigned read_binder(struct reader *reader)
{
	const uint64_t count = optional62(reader, 'G');

	if (count > LETTERS) {
		reader->bad = true;
		return 0;
	}
	for (uint64_t i = 0; i < count; i++) {
		reader->lifetimes++;
		say(reader, i ? ", " : "for<");
		say_lifetime(reader, 1);
	}
	say(reader, count ? "> " : "");
	return (unsigned)count;
}

static void read_function_type(struct reader *reader)
{
	const unsigned bound = read_binder(reader);

	say(reader, take(reader, 'U') ? "unsafe " : "");
	if (take(reader, 'K')) {
		say(reader, "extern \"");
		if (take(reader, 'C')) {
			say(reader, "C");
		} else {
			const struct identifier abi = plain_identifier(reader);
			say_identifier(reader, &abi);
		}
		say(reader, "\" ");
	}
	say(reader, "fn(");
	read_list(reader, ", ", read_type);
	say(reader, ")");
	if (!take(reader, 'u')) {
		say(reader, " -> ");
		read_type(reader);
	}
	reader->lifetimes -= bound;
}

/* What is bound stands in the same brackets as the arguments of the trait: they are left open for it. */
static void read_open_path(struct reader *reader)
{
	if (!enter(reader))
		return;
	reader->open = take(reader, 'I');
	if (reader->open) {
		read_path(reader, false);
		say(reader, "<");
		read_list(reader, ", ", read_generic);
		reader->open = true;
	} else if (take(reader, 'B')) {
		back_reference(reader, read_open_path);
	} else {
		read_path(reader, false);
		reader->open = false;
	}
	reader->depth--;
}

/* A trait of `dyn`, with what it binds: Iterator<Item = u8>. */
static void read_dyn_trait(struct reader *reader)
{
	bool bound;

	read_open_path(reader);
	bound = reader->open;
	while (take(reader, 'p')) {
		const struct identifier name = plain_identifier(reader);
		say(reader, bound ? ", " : "<");
		bound = true;
		say_identifier(reader, &name);
		say(reader, " = ");
		read_type(reader);
	}
	say(reader, bound ? ">" : "");
}

static void read_dyn(struct reader *reader)
{
	uint64_t lifetime;
	unsigned bound;

	say(reader, "dyn ");
	bound = read_binder(reader);
	read_list(reader, " + ", read_dyn_trait);
	reader->lifetimes -= bound;
	if (!take(reader, 'L')) {
		reader->bad = true;
		return;
	}
	lifetime = base62(reader);
	if (lifetime) {
		say(reader, " + ");
		say_lifetime(reader, lifetime);
	}
}

static void read_reference(struct reader *reader, const char *word)
{
	say(reader, "&");
	if (take(reader, 'L')) {
		const uint64_t lifetime = base62(reader);
		if (lifetime) {
			say_lifetime(reader, lifetime);
			say(reader, " ");
		}
	}
	say(reader, word);
	read_type(reader);
}

static void read_array(struct reader *reader, bool sized)
{
	say(reader, "[");
	read_type(reader);
	if (sized) {
		say(reader, "; ");
		read_const(reader);
	}
	say(reader, "]");
}

static void read_tuple(struct reader *reader)
{
	say(reader, "(");
	say(reader, read_list(reader, ", ", read_type) == 1 ? ",)" : ")");
}

static void read_type(struct reader *reader)
{
	const char tag = next(reader);
	const char *basic = basic_type(tag);

	if (!enter(reader))
		return;
	if (basic) {
		say(reader, basic);
	} else if (tag == 'R' || tag == 'Q') {
		read_reference(reader, tag == 'Q' ? "mut " : "");
	} else if (tag == 'P' || tag == 'O') {
		say(reader, tag == 'P' ? "*const " : "*mut ");
		read_type(reader);
	} else if (tag == 'A' || tag == 'S') {
		read_array(reader, tag == 'A');
	} else if (tag == 'T') {
		read_tuple(reader);
	} else if (tag == 'F') {
		read_function_type(reader);
	} else if (tag == 'D') {
		read_dyn(reader);
	} else if (tag == 'B') {
		back_reference(reader, read_type);
	} else {
		reader->at--;
		read_path(reader, false);
	}
	reader->depth--;
}

/* Constants ------------------------------------------------------------------------------------------------------------------ */

static void say_const(struct reader *reader, char type, const char *digits, size_t count)
{
	char text[20];
	uint64_t value = 0;

	snprintf(text, sizeof(text), "%.*s", (int)(count < 17 ? count : 17), digits);
	value = strtoull(text, NULL, 16);
	if (count > 16) {
		say(reader, "0x");
		put(reader, digits, count);
	} else if (type == 'b') {
		say(reader, value ? "true" : "false");
	} else if (type == 'c' && value >= ' ' && value < 127) {
		put(reader, (const char[]){'\'', (char)value, '\''}, 3);
	} else {
		say_number(reader, value);
	}
}

static void read_const(struct reader *reader)
{
	const char type = next(reader);
	size_t from;

	if (type == 'p') {
		say(reader, "_");
	} else if (type == 'B') {
		back_reference(reader, read_const);
	} else if (type && strchr("ahslxnijtmyobc", type)) {
		say(reader, take(reader, 'n') ? "-" : "");
		from = reader->at;
		while (!reader->bad && !take(reader, '_')) {
			const char c = next(reader);
			reader->bad |= !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
		}
		if (!reader->bad)
			say_const(reader, type, reader->name + from, reader->at - 1 - from);
	} else {
		reader->bad = true; /* structures as constants: not in the names of stable Rust */
	}
}

/* ".llvm.123" and the like, which optimisation adds, is no part of the name. */
char *demangle_rust(const char *name)
{
	struct reader reader = {.name = name + 2, .bytes = strcspn(name + 2, ".")};

	if (strncmp(name, "_R", 2) != 0)
		return NULL;
	reader.plain = malloc(PLAIN_BYTES);
	if (!reader.plain)
		return NULL;
	read_path(&reader, true);
	if (!reader.bad && reader.at < reader.bytes) { /* the crate that it was instantiated for */
		reader.silent = true;
		read_path(&reader, false);
	}
	if (reader.bad || reader.at != reader.bytes) {
		free(reader.plain);
		return NULL;
	}
	reader.plain[reader.used] = '\0';
	return reader.plain;
}
