#include "inlines.h"

#include "scoped_name.h"

#include <dwarf.h>
#include <stdbool.h>

/* What another unit or file (dwz) says of the function holds for its copies, too: attributes are sought there as well. */
static const char *text_of(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;

	return dwarf_formstring(dwarf_attr_integrate(die, name, &attribute));
}

static const char *name_of(Dwarf_Die *die, struct names *names)
{
	const char *linkage = text_of(die, DW_AT_linkage_name), *name;
	char scoped[SCOPED_NAME_BYTES];

	if (!linkage)
		linkage = text_of(die, DW_AT_MIPS_linkage_name);
	if (linkage)
		return linkage;
	name = text_of(die, DW_AT_name);
	return name && scoped_name(die, scoped) ? names_keep(names, scoped) : name;
}

static bool number_of(Dwarf_Die *die, unsigned name, Dwarf_Word *number)
{
	Dwarf_Attribute attribute;

	return dwarf_formudata(dwarf_attr(die, name, &attribute), number) == 0;
}

static struct inline_call call_of(Dwarf_Die *die, Dwarf_Files *files, struct names *names)
{
	struct inline_call call = {.function = name_of(die, names)};
	Dwarf_Word file, line;

	if (files && number_of(die, DW_AT_call_file, &file) && number_of(die, DW_AT_call_line, &line) && line <= UINT32_MAX) {
		call.file = dwarf_filesrc(files, file, NULL, NULL);
		call.line = call.file ? (uint32_t)line : 0;
	}
	return call;
}

/* The walk from a unit down to the innermost code that holds the address. */
struct walk {
	Dwarf_Addr address;
	Dwarf_Files *files;
	struct names *names;
	struct inline_call *calls; /* outermost first */
	size_t used;
};

enum { DEPTH_MAX = 64 }; /* no program nests deeper; a damaged file might */

/* Holds code itself, or definitions of functions. */
static bool is_worth_entering(Dwarf_Die *die, Dwarf_Addr address)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_subprogram:
	case DW_TAG_inlined_subroutine:
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
		return dwarf_haspc(die, address) > 0;
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
		return true;
	default:
		return false;
	}
}

/*
 * Not dwarf_getscopes(3), which goes on from an inlined function to where it was written, and with link-time optimisation that is another
 * unit. False: the address is not below `die`.
 */
static bool walk_down(struct walk *walk, Dwarf_Die *parent, unsigned depth)
{
	Dwarf_Die die;

	if (depth == DEPTH_MAX || dwarf_child(parent, &die) != 0)
		return false;
	do {
		if (!is_worth_entering(&die, walk->address))
			continue;
		const size_t before = walk->used;
		if (dwarf_tag(&die) == DW_TAG_inlined_subroutine && walk->used < INLINES_MAX)
			walk->calls[walk->used++] = call_of(&die, walk->files, walk->names);
		if (walk_down(walk, &die, depth + 1) || dwarf_haspc(&die, walk->address) > 0)
			return true;
		walk->used = before;
	} while (dwarf_siblingof(&die, &die) == 0);
	return false;
}

static void reverse(struct inline_call *calls, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		const struct inline_call call = calls[i];
		calls[i] = calls[count - 1 - i];
		calls[count - 1 - i] = call;
	}
}

size_t inlines_at(struct module *module, uint64_t offset, struct names *names, struct inline_call calls[INLINES_MAX])
{
	struct walk walk = {.names = names, .calls = calls};
	Dwarf_Die unit;

	if (!module_unit(module, offset, &unit, &walk.address))
		return 0;
	if (dwarf_getsrcfiles(&unit, &walk.files, NULL) != 0)
		walk.files = NULL;
	walk_down(&walk, &unit, 0);
	reverse(calls, walk.used);
	return walk.used;
}
