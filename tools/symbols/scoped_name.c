#include "scoped_name.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REFERENCES_MAX = 8, DEPTH_MAX = 8 }; /* a damaged file's might go round */

static bool has_scopes(Dwarf_Die *die)
{
	Dwarf_Die unit;

	if (!dwarf_diecu(die, &unit, NULL, NULL))
		return false;
	switch (dwarf_srclang(&unit)) {
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
		return true;
	default:
		return false;
	}
}

static bool follow(Dwarf_Die *die, unsigned attribute_name)
{
	Dwarf_Attribute attribute;
	Dwarf_Die target;

	if (!dwarf_attr(die, attribute_name, &attribute) || !dwarf_formref_die(&attribute, &target))
		return false;
	*die = target;
	return true;
}

/* The scopes around a copy are those of the call; where it was written its declaration knows. */
static void go_to_declaration(Dwarf_Die *die)
{
	for (int i = 0; i < REFERENCES_MAX; i++) {
		if (!follow(die, DW_AT_abstract_origin) && !follow(die, DW_AT_specification))
			return;
	}
}

struct text {
	char *name; /* of SCOPED_NAME_BYTES */
	size_t used;
};

static void put(struct text *text, const char *part)
{
	const int more = snprintf(text->name + text->used, SCOPED_NAME_BYTES - text->used, "%s%s", text->used ? "::" : "", part);

	text->used = text->used + (size_t)more < SCOPED_NAME_BYTES ? text->used + (size_t)more : SCOPED_NAME_BYTES - 1;
}

/* gcc's classes of lambdas have no name, but a function that calls them. */
static const char *class_name(Dwarf_Die *scope, const char *member)
{
	const char *name = dwarf_diename(scope);

	if (name)
		return name;
	return !strcmp(member, "operator()") ? "{lambda}" : "{unnamed}";
}

static bool put_function(struct text *text, Dwarf_Die *function, unsigned depth);

static void put_scope(struct text *text, Dwarf_Die *scope, const char *member, unsigned depth)
{
	const char *name = dwarf_diename(scope);

	switch (dwarf_tag(scope)) {
	case DW_TAG_namespace:
		put(text, name ? name : "(anonymous namespace)");
		break;
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
		put(text, class_name(scope, member));
		break;
	case DW_TAG_subprogram:
		put_function(text, scope, depth + 1);
		break;
	default:
		break;
	}
}

/*
 * From the outermost scope inwards. A function around it stands for all that is around that one: its body may be written down beside the
 * namespace that it was declared in.
 */
static bool put_function(struct text *text, Dwarf_Die *function, unsigned depth)
{
	Dwarf_Die declared = *function, *scopes = NULL;
	const char *name;
	int count;

	go_to_declaration(&declared);
	name = dwarf_diename(&declared);
	count = name && depth < DEPTH_MAX ? dwarf_getscopes_die(&declared, &scopes) : 0;
	int outermost = count - 1;
	for (int i = 1; i < count && outermost == count - 1; i++) {
		if (dwarf_tag(&scopes[i]) == DW_TAG_subprogram)
			outermost = i;
	}
	for (int i = outermost; i > 0; i--)
		put_scope(text, &scopes[i], name, depth);
	if (count > 0)
		put(text, name);
	free(scopes);
	return count > 0;
}

bool scoped_name(Dwarf_Die *die, char name[SCOPED_NAME_BYTES])
{
	struct text text = {.name = name};

	name[0] = '\0';
	return has_scopes(die) && put_function(&text, die, 0);
}
