/*
 * Rust's symbol names, version 0: the grammar of RFC 2603 (https://rust-lang.github.io/rfcs/2603-rust-symbol-name-mangling-v0.html), which the
 * functions below follow one for one. Hashes that tell crates and impls of one name apart are left out, as debuggers do. A name that is
 * no such name, nests too deep or grows too long is left as it is.
 */
#include "demangle.h"

#include "arena.h"
#include "rust_reader.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LETTERS = 26 }; /* of lifetimes */

/* Paths and types ------------------------------------------------------------------------------------------------------------ */

static void read_path(struct rust_reader *reader, bool in_value);
static void read_type(struct rust_reader *reader);
static void read_const(struct rust_reader *reader);

/* Reads what stands further in front again. */
static void back_reference(struct rust_reader *reader, void (*read)(struct rust_reader *))
{
	const size_t here = reader->at - 1; /* of its 'B' */
	const uint64_t target = rust_base62(reader);
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

static void read_type_path(struct rust_reader *reader)
{
	read_path(reader, false);
}

static void read_value_path(struct rust_reader *reader)
{
	read_path(reader, true);
}

/* Where an impl stands says nothing to a reader. */
static void skip_impl_path(struct rust_reader *reader)
{
	const bool silent = reader->silent;

	reader->silent = true;
	rust_optional62(reader, 's');
	read_path(reader, false);
	reader->silent = silent;
}

static void read_nested(struct rust_reader *reader, bool in_value)
{
	const char space = rust_next(reader);
	struct rust_identifier identifier;

	read_path(reader, in_value);
	identifier = rust_read_identifier(reader);
	if (space >= 'A' && space <= 'Z') {
		rust_say(reader, "::{");
		if (space == 'C' || space == 'S')
			rust_say(reader, space == 'C' ? "closure" : "shim");
		else
			rust_put(reader, &space, 1);
		if (identifier.bytes) {
			rust_say(reader, ":");
			rust_say_identifier(reader, &identifier);
		}
		rust_say(reader, "#");
		rust_say_number(reader, identifier.disambiguator);
		rust_say(reader, "}");
	} else if (identifier.bytes) {
		rust_say(reader, "::");
		rust_say_identifier(reader, &identifier);
	}
}

static void say_lifetime(struct rust_reader *reader, uint64_t index)
{
	char letter;

	rust_say(reader, "'");
	if (index == 0 || index > reader->lifetimes || reader->lifetimes - index >= LETTERS) {
		rust_say(reader, "_");
		return;
	}
	letter = (char)('a' + (reader->lifetimes - index));
	rust_put(reader, &letter, 1);
}

static void read_generic(struct rust_reader *reader)
{
	if (rust_take(reader, 'L'))
		say_lifetime(reader, rust_base62(reader));
	else if (rust_take(reader, 'K'))
		read_const(reader);
	else
		read_type(reader);
}

/* Items up to the 'E', separated. How many. */
static size_t read_list(struct rust_reader *reader, const char *between, void (*read)(struct rust_reader *))
{
	size_t count = 0;

	for (; !reader->bad && !rust_take(reader, 'E'); count++) {
		rust_say(reader, count ? between : "");
		read(reader);
	}
	return count;
}

static void read_path(struct rust_reader *reader, bool in_value)
{
	if (!rust_enter(reader))
		return;
	switch (rust_next(reader)) {
	case 'C': {
		const struct rust_identifier crate = rust_read_identifier(reader);
		rust_say_identifier(reader, &crate);
		break;
	}
	case 'N':
		read_nested(reader, in_value);
		break;
	case 'M':
		skip_impl_path(reader);
		rust_say(reader, "<");
		read_type(reader);
		rust_say(reader, ">");
		break;
	case 'X':
		skip_impl_path(reader);
		/* fall through */
	case 'Y':
		rust_say(reader, "<");
		read_type(reader);
		rust_say(reader, " as ");
		read_path(reader, false);
		rust_say(reader, ">");
		break;
	case 'I':
		read_path(reader, in_value);
		rust_say(reader, in_value ? "::<" : "<");
		read_list(reader, ", ", read_generic);
		rust_say(reader, ">");
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
static unsigned read_binder(struct rust_reader *reader)
{
	const uint64_t count = rust_optional62(reader, 'G');

	if (count > LETTERS) {
		reader->bad = true;
		return 0;
	}
	for (uint64_t i = 0; i < count; i++) {
		reader->lifetimes++;
		rust_say(reader, i ? ", " : "for<");
		say_lifetime(reader, 1);
	}
	rust_say(reader, count ? "> " : "");
	return (unsigned)count;
}

static void read_function_type(struct rust_reader *reader)
{
	const unsigned bound = read_binder(reader);

	rust_say(reader, rust_take(reader, 'U') ? "unsafe " : "");
	if (rust_take(reader, 'K')) {
		rust_say(reader, "extern \"");
		if (rust_take(reader, 'C')) {
			rust_say(reader, "C");
		} else {
			const struct rust_identifier abi = rust_plain_identifier(reader);
			rust_say_identifier(reader, &abi);
		}
		rust_say(reader, "\" ");
	}
	rust_say(reader, "fn(");
	read_list(reader, ", ", read_type);
	rust_say(reader, ")");
	if (!rust_take(reader, 'u')) {
		rust_say(reader, " -> ");
		read_type(reader);
	}
	reader->lifetimes -= bound;
}

/* What is bound stands in the same brackets as the arguments of the trait: they are left open for it. */
static void read_open_path(struct rust_reader *reader)
{
	if (!rust_enter(reader))
		return;
	reader->open = rust_take(reader, 'I');
	if (reader->open) {
		read_path(reader, false);
		rust_say(reader, "<");
		read_list(reader, ", ", read_generic);
		reader->open = true;
	} else if (rust_take(reader, 'B')) {
		back_reference(reader, read_open_path);
	} else {
		read_path(reader, false);
		reader->open = false;
	}
	reader->depth--;
}

/* A trait of `dyn`, with what it binds: Iterator<Item = u8>. */
static void read_dyn_trait(struct rust_reader *reader)
{
	bool bound;

	read_open_path(reader);
	bound = reader->open;
	while (rust_take(reader, 'p')) {
		const struct rust_identifier name = rust_plain_identifier(reader);
		rust_say(reader, bound ? ", " : "<");
		bound = true;
		rust_say_identifier(reader, &name);
		rust_say(reader, " = ");
		read_type(reader);
	}
	rust_say(reader, bound ? ">" : "");
}

static void read_dyn(struct rust_reader *reader)
{
	uint64_t lifetime;
	unsigned bound;

	rust_say(reader, "dyn ");
	bound = read_binder(reader);
	read_list(reader, " + ", read_dyn_trait);
	reader->lifetimes -= bound;
	if (!rust_take(reader, 'L')) {
		reader->bad = true;
		return;
	}
	lifetime = rust_base62(reader);
	if (lifetime) {
		rust_say(reader, " + ");
		say_lifetime(reader, lifetime);
	}
}

static void read_reference(struct rust_reader *reader, const char *word)
{
	rust_say(reader, "&");
	if (rust_take(reader, 'L')) {
		const uint64_t lifetime = rust_base62(reader);
		if (lifetime) {
			say_lifetime(reader, lifetime);
			rust_say(reader, " ");
		}
	}
	rust_say(reader, word);
	read_type(reader);
}

static void read_array(struct rust_reader *reader, bool sized)
{
	rust_say(reader, "[");
	read_type(reader);
	if (sized) {
		rust_say(reader, "; ");
		read_const(reader);
	}
	rust_say(reader, "]");
}

static void read_tuple(struct rust_reader *reader)
{
	rust_say(reader, "(");
	rust_say(reader, read_list(reader, ", ", read_type) == 1 ? ",)" : ")");
}

static void read_type(struct rust_reader *reader)
{
	const char tag = rust_next(reader);
	const char *basic = basic_type(tag);

	if (!rust_enter(reader))
		return;
	if (basic) {
		rust_say(reader, basic);
	} else if (tag == 'R' || tag == 'Q') {
		read_reference(reader, tag == 'Q' ? "mut " : "");
	} else if (tag == 'P' || tag == 'O') {
		rust_say(reader, tag == 'P' ? "*const " : "*mut ");
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

static void say_const(struct rust_reader *reader, char type, const char *digits, size_t count)
{
	char text[20];
	uint64_t value = 0;

	snprintf(text, sizeof(text), "%.*s", (int)(count < 17 ? count : 17), digits);
	value = strtoull(text, NULL, 16);
	if (count > 16) {
		rust_say(reader, "0x");
		rust_put(reader, digits, count);
	} else if (type == 'b') {
		rust_say(reader, value ? "true" : "false");
	} else if (type == 'c' && value >= ' ' && value < 127) {
		rust_put(reader, (const char[]){'\'', (char)value, '\''}, 3);
	} else {
		rust_say_number(reader, value);
	}
}

static void read_const(struct rust_reader *reader)
{
	const char type = rust_next(reader);
	size_t from;

	if (type == 'p') {
		rust_say(reader, "_");
	} else if (type == 'B') {
		back_reference(reader, read_const);
	} else if (type && strchr("ahslxnijtmyobc", type)) {
		rust_say(reader, rust_take(reader, 'n') ? "-" : "");
		from = reader->at;
		while (!reader->bad && !rust_take(reader, '_')) {
			const char c = rust_next(reader);
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
	struct rust_reader reader = {.depth = 0};

	if (strncmp(name, "_R", 2) != 0)
		return NULL;
	reader.name = name + 2;
	reader.bytes = strcspn(reader.name, ".");
	reader.plain = arena_need(malloc(RUST_PLAIN_BYTES), RUST_PLAIN_BYTES);
	read_path(&reader, true);
	if (!reader.bad && reader.at < reader.bytes) { /* the crate that it was instantiated for */
		reader.silent = true;
		read_path(&reader, false);
	}
	if (reader.bad || reader.at != reader.bytes || !reader.used) {
		free(reader.plain);
		return NULL;
	}
	reader.plain[reader.used] = '\0';
	return reader.plain;
}
