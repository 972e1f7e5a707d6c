#include "inlines.h"

#include <dwarf.h>
#include <stdbool.h>
#include <stdlib.h>

/* What another unit or file (dwz) says of the function holds for its copies, too: attributes are sought there as well. */
static const char *text_of(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;

	return dwarf_formstring(dwarf_attr_integrate(die, name, &attribute));
}

static const char *name_of(Dwarf_Die *die)
{
	const char *linkage = text_of(die, DW_AT_linkage_name);

	if (!linkage)
		linkage = text_of(die, DW_AT_MIPS_linkage_name);
	return linkage ? linkage : text_of(die, DW_AT_name);
}

static bool number_of(Dwarf_Die *die, unsigned name, Dwarf_Word *number)
{
	Dwarf_Attribute attribute;

	return dwarf_formudata(dwarf_attr(die, name, &attribute), number) == 0;
}

static struct inline_call call_of(Dwarf_Die *die, Dwarf_Files *files)
{
	struct inline_call call = {.function = name_of(die)};
	Dwarf_Word file, line;

	if (files && number_of(die, DW_AT_call_file, &file) && number_of(die, DW_AT_call_line, &line) && line <= UINT32_MAX) {
		call.file = dwarf_filesrc(files, file, NULL, NULL);
		call.line = call.file ? (uint32_t)line : 0;
	}
	return call;
}

/*
 * dwarf_getscopes(3) follows an inlined function to where it was written; the scopes of that scope are those that its code stands
 * in. malloc'ed; how many.
 */
static int scopes_around(Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die **scopes)
{
	Dwarf_Die *written = NULL;
	int count = dwarf_getscopes(unit, address, &written);

	*scopes = NULL;
	if (count > 0)
		count = dwarf_getscopes_die(&written[0], scopes);
	free(written);
	return count;
}

size_t inlines_at(struct module *module, uint64_t offset, struct inline_call calls[INLINES_MAX])
{
	Dwarf_Addr address;
	Dwarf_Die unit, *scopes;
	Dwarf_Files *files = NULL;
	size_t used = 0;
	int count;

	if (!module_unit(module, offset, &unit, &address))
		return 0;
	count = scopes_around(&unit, address, &scopes);
	if (count > 0 && dwarf_getsrcfiles(&unit, &files, NULL) != 0)
		files = NULL;
	for (int i = 0; i < count && used < INLINES_MAX && dwarf_tag(&scopes[i]) != DW_TAG_subprogram; i++) {
		if (dwarf_tag(&scopes[i]) == DW_TAG_inlined_subroutine)
			calls[used++] = call_of(&scopes[i], files);
	}
	free(scopes);
	return used;
}
