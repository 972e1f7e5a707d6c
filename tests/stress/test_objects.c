/* What the agent finds in an object's tables is what dlsym(3) finds there. */
#include "object.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <dlfcn.h>
#include <link.h>
#include <string.h>

/* The table of symbols ends where that of strings begins, with the linkers of today. */
static size_t symbols_of(const struct object *object)
{
	return (size_t)((uintptr_t)object->strings - (uintptr_t)object->symbols) / sizeof(ElfW(Sym));
}

/* In one of its versions: memcpy is, its older self is not. */
static bool is_chosen_at_run_time(const struct object *object, const char *name)
{
	for (size_t i = 1; i < symbols_of(object); i++) {
		const ElfW(Sym) *symbol = &object->symbols[i];
		const unsigned type = ELF64_ST_TYPE(symbol->st_info);
		if ((type == STT_GNU_IFUNC || type == STT_TLS) && strcmp(object->strings + symbol->st_name, name) == 0)
			return true;
	}
	return false;
}

/* dlsym(3) on a handle also looks into what the object needs. */
static void *defined_here(void *handle, const struct link_map *map, const char *name)
{
	void *found = dlsym(handle, name);
	Dl_info place;
	struct link_map *owner = NULL;
	if (!found || !dladdr1(found, &place, (void **)&owner, RTLD_DL_LINKMAP) || owner != map)
		return NULL;
	return found;
}

enum table { TABLE, OLDER_TABLE };

static size_t compare_all(const char *library, enum table table)
{
	void *handle = dlopen(library, RTLD_NOW);
	struct link_map *map = NULL;
	struct object object;
	size_t compared = 0;
	bool unsure;
	cr_assert(handle && dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0, "%s", library);
	cr_assert(object_read(&object, map->l_addr, map->l_ld), "%s", library);
	if (table == OLDER_TABLE)
		object.hash = NULL;
	for (size_t i = 1; i < symbols_of(&object); i++) {
		const ElfW(Sym) *symbol = &object.symbols[i];
		const char *name = object.strings + symbol->st_name;
		if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS || is_chosen_at_run_time(&object, name))
			continue;
		void *expected = defined_here(handle, map, name), *found = object_find(&object, name, &unsure);
		cr_expect(found == expected, "%s of %s: %p, dlsym says %p", name, library, found, expected);
		compared += found && found == expected;
	}
	return compared;
}

Test(objects, find_what_dlsym_finds)
{
	cr_expect(ge(sz, compare_all("libc.so.6", TABLE), 2000));
	cr_expect(ge(sz, compare_all("libm.so.6", TABLE), 300));
	cr_expect(ge(sz, compare_all("libcriterion.so.3", TABLE), 50));
}

static bool has_older_table(const char *library)
{
	void *handle = dlopen(library, RTLD_NOW);
	struct link_map *map = NULL;
	struct object object;
	cr_assert(handle && dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && object_read(&object, map->l_addr, map->l_ld), "%s",
		  library);
	return object.older_hash != NULL;
}

/* glibc has both in Debian's builds for x86_64: who reads the older one reads it of libc, too. */
Test(objects, find_by_the_older_table)
{
	if (!has_older_table("libc.so.6"))
		cr_skip_test("libc has the newer table of symbols only");
	cr_expect(ge(sz, compare_all("libc.so.6", OLDER_TABLE), 2000));
	cr_expect(ge(sz, compare_all("libm.so.6", OLDER_TABLE), 300));
}

Test(objects, find_nothing_that_is_not_there)
{
	struct link_map *map = NULL;
	struct object object;
	bool unsure;
	dlinfo(dlopen("libc.so.6", RTLD_NOW), RTLD_DI_LINKMAP, &map);
	cr_assert(object_read(&object, map->l_addr, map->l_ld));
	static const char *const absent[] = {"", "no_such_function", "printf_", "rintf", "ttlog_abi", "__ctype_b"};
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		cr_expect(object_find(&object, absent[i], &unsure) == NULL && !unsure, "%s", absent[i]);
	object.hash = NULL;
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		cr_expect(object_find(&object, absent[i], &unsure) == NULL && !unsure, "%s", absent[i]);
	object.older_hash = NULL;
	cr_expect(object_find(&object, "printf", &unsure) == NULL && !unsure);
}
