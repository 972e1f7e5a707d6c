#include "object.h"

#include <elf.h>
#include <string.h>

/* glibc has relocated the addresses in most dynamic sections, but not in all (the vdso's): those are told by their size. */
static const void *address_of(const struct object *object, ElfW(Addr) address)
{
	return (const void *)(address >= object->base ? address : object->base + address);
}

static void read_entry(struct object *object, const ElfW(Dyn) *entry)
{
	switch (entry->d_tag) {
	case DT_STRTAB:
		object->strings = address_of(object, entry->d_un.d_ptr);
		break;
	case DT_SYMTAB:
		object->symbols = address_of(object, entry->d_un.d_ptr);
		break;
	case DT_VERSYM:
		object->versions = address_of(object, entry->d_un.d_ptr);
		break;
	case DT_GNU_HASH:
		object->hash = address_of(object, entry->d_un.d_ptr);
		break;
	case DT_RELA:
		object->relocations[0] = address_of(object, entry->d_un.d_ptr);
		break;
	case DT_RELASZ:
		object->counts[0] = entry->d_un.d_val / sizeof(ElfW(Rela));
		break;
	case DT_JMPREL:
		object->relocations[1] = address_of(object, entry->d_un.d_ptr);
		break;
	case DT_PLTRELSZ:
		object->counts[1] = entry->d_un.d_val / sizeof(ElfW(Rela));
		break;
	default:
		break;
	}
}

bool object_read(struct object *object, ElfW(Addr) base, const ElfW(Dyn) *dynamic)
{
	memset(object, 0, sizeof(*object));
	object->base = base;
	object->dynamic = dynamic;
	for (const ElfW(Dyn) *entry = dynamic; entry && entry->d_tag != DT_NULL; entry++)
		read_entry(object, entry);
	return object->strings && object->symbols;
}

/* The table is described in the documentation of the GNU gABI extensions: header, Bloom filter, buckets, chains of hashes. */
struct gnu_hash {
	uint32_t buckets, first_symbol, filter_words, filter_shift;
};

enum { WORD_BITS = 8 * sizeof(ElfW(Addr)), VERSION_HIDDEN = 0x8000 };

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;
	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

static bool may_have(const struct gnu_hash *table, const ElfW(Addr) *filter, uint32_t hash)
{
	const ElfW(Addr) word = filter[hash / WORD_BITS % table->filter_words];
	return word >> hash % WORD_BITS & word >> (hash >> table->filter_shift) % WORD_BITS & 1;
}

/* Symbols of other versions than the default are hidden: they are for who was linked with them. */
static bool defines(const struct object *object, uint32_t index, const char *name)
{
	const ElfW(Sym) *symbol = &object->symbols[index];
	return symbol->st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol->st_info) != STT_TLS &&
	       !(object->versions && object->versions[index] & VERSION_HIDDEN) &&
	       strcmp(object->strings + symbol->st_name, name) == 0;
}

/* Its address, where the symbol has one. */
static void *address_of_symbol(const struct object *object, const ElfW(Sym) *symbol, bool *unsure)
{
	*unsure = ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC;
	return *unsure ? NULL : (void *)(object->base + symbol->st_value);
}

void *object_find(const struct object *object, const char *name, bool *unsure)
{
	const struct gnu_hash *table = (const void *)object->hash;
	*unsure = !table;
	if (!table)
		return NULL;
	const ElfW(Addr) *filter = (const void *)(table + 1);
	const uint32_t *buckets = (const void *)(filter + table->filter_words), *chains = buckets + table->buckets;
	const uint32_t hash = hash_of(name);
	if (!may_have(table, filter, hash))
		return NULL;
	uint32_t index = buckets[hash % table->buckets];
	if (index < table->first_symbol)
		return NULL;
	for (;; index++) {
		const uint32_t other = chains[index - table->first_symbol]; /* its lowest bit ends the chain */
		if ((other | 1) == (hash | 1) && defines(object, index, name))
			return address_of_symbol(object, &object->symbols[index], unsure);
		if (other & 1)
			return NULL;
	}
}
