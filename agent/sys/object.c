#include "object.h"

#include "arch_chosen.h"

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
	case DT_HASH:
		object->older_hash = address_of(object, entry->d_un.d_ptr);
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

/* Symbols of other versions than the default are hidden: they are for who was linked with them. */
static bool defines(const struct object *object, uint32_t index, const char *name)
{
	enum { VERSION_HIDDEN = 0x8000 };
	const ElfW(Sym) *symbol = &object->symbols[index];
	return symbol->st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol->st_info) != STT_TLS &&
	       !(object->versions && object->versions[index] & VERSION_HIDDEN) &&
	       strcmp(object->strings + symbol->st_name, name) == 0;
}

/* The table is described in the documentation of the GNU gABI extensions: header, Bloom filter, buckets, chains of hashes. */
struct gnu_hash {
	uint32_t buckets, first_symbol, filter_words, filter_shift;
};

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;
	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

static bool may_have(const struct gnu_hash *table, const ElfW(Addr) *filter, uint32_t hash)
{
	enum { WORD_BITS = 8 * sizeof(ElfW(Addr)) };
	const ElfW(Addr) word = filter[hash / WORD_BITS % table->filter_words];
	return word >> hash % WORD_BITS & word >> (hash >> table->filter_shift) % WORD_BITS & 1;
}

static const ElfW(Sym) *find(const struct object *object, const char *name)
{
	const struct gnu_hash *table = (const void *)object->hash;
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
			return &object->symbols[index];
		if (other & 1)
			return NULL;
	}
}

/* The older table is the gABI's: numbers of buckets and symbols, first symbols of the buckets, the next of each symbol. */
static uint32_t older_hash_of(const char *name)
{
	uint32_t hash = 0;
	for (; *name; name++) {
		hash = (hash << 4) + (unsigned char)*name;
		hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
	}
	return hash;
}

static const ElfW(Sym) *find_older(const struct object *object, const char *name)
{
	const uint32_t count = object->older_hash[0], *buckets = object->older_hash + 2, *next = buckets + count;
	uint32_t index = count ? buckets[older_hash_of(name) % count] : STN_UNDEF;
	while (index != STN_UNDEF && !defines(object, index, name))
		index = next[index];
	return index != STN_UNDEF ? &object->symbols[index] : NULL;
}

static const ElfW(Sym) *find_any(const struct object *object, const char *name)
{
	return object->hash ? find(object, name) : object->older_hash ? find_older(object, name) : NULL;
}

static bool is_chosen(const ElfW(Sym) *symbol)
{
	return ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC;
}

void *object_find(const struct object *object, const char *name, bool *unsure)
{
	const ElfW(Sym) *symbol = find_any(object, name);
	*unsure = symbol && is_chosen(symbol);
	return symbol && !*unsure ? (void *)(object->base + symbol->st_value) : NULL;
}

void *object_find_alone(const struct object *object, const char *name)
{
	const ElfW(Sym) *symbol = find_any(object, name);
	if (!symbol)
		return NULL;
	void *const address = (void *)(object->base + symbol->st_value);
	return is_chosen(symbol) ? arch_chosen(address) : address;
}
