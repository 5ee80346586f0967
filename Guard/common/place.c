#define _GNU_SOURCE
#include "place.h"

#include <elf.h>
#include <link.h>

/* dladdr is in a library of its own before glibc 2.34, which a program need not have; dl_iterate_phdr is in every libc. */

struct search {
  uintptr_t address;
  struct place place;
};

/* The number of dynamic symbols, which the section headers would tell, but those are not in memory. */
static size_t symbol_count(const uint32_t *sysv, const uint32_t *gnu) {
  if (sysv != NULL) return sysv[1];
  if (gnu == NULL) return 0;
  uint32_t bucket_count = gnu[0], first = gnu[1], filter_words = gnu[2], last = 0;
  const uint32_t *buckets = gnu + 4 + filter_words * (sizeof(uintptr_t) / 4);
  for (uint32_t index = 0; index < bucket_count; index++)
    if (buckets[index] > last) last = buckets[index];
  if (last < first) return first;
  const uint32_t *chain = buckets + bucket_count;
  while ((chain[last - first] & 1) == 0) last++;
  return last + 1;
}

/* musl leaves addresses in the dynamic section as the file states them, glibc adds where the module was loaded. */
static const void *pointer(const struct dl_phdr_info *module, uintptr_t value) {
  return (const void *)(value < module->dlpi_addr ? value + module->dlpi_addr : value);
}

static void name_symbol(const struct dl_phdr_info *module, const ElfW(Dyn) * dynamic, struct place *place) {
  const ElfW(Sym) *symbols = NULL;
  const char *names = NULL;
  const uint32_t *sysv = NULL, *gnu = NULL;
  for (; dynamic->d_tag != DT_NULL; dynamic++) switch (dynamic->d_tag) {
      case DT_SYMTAB: symbols = pointer(module, dynamic->d_un.d_ptr); break;
      case DT_STRTAB: names = pointer(module, dynamic->d_un.d_ptr); break;
      case DT_HASH: sysv = pointer(module, dynamic->d_un.d_ptr); break;
      case DT_GNU_HASH: gnu = pointer(module, dynamic->d_un.d_ptr); break;
    }
  if (symbols == NULL || names == NULL) return;
  for (size_t index = 0, count = symbol_count(sysv, gnu); index < count; index++) {
    const ElfW(Sym) *symbol = &symbols[index];
    if ((symbol->st_info & 15) != STT_FUNC || symbol->st_shndx == SHN_UNDEF) continue;
    uintptr_t into = place->offset - symbol->st_value;
    if (into >= symbol->st_size) continue;
    place->symbol = names + symbol->st_name;
    place->into = into;
    return;
  }
}

static int look(struct dl_phdr_info *module, size_t size, void *context) {
  (void)size;
  struct search *search = context;
  uintptr_t offset = search->address - module->dlpi_addr;
  int is_within = 0;
  const ElfW(Dyn) *dynamic = NULL;
  for (size_t index = 0; index < module->dlpi_phnum; index++) {
    const ElfW(Phdr) *header = &module->dlpi_phdr[index];
    if (header->p_type == PT_LOAD && offset - header->p_vaddr < header->p_memsz) is_within = 1;
    if (header->p_type == PT_DYNAMIC) dynamic = (const void *)(module->dlpi_addr + header->p_vaddr);
  }
  if (!is_within) return 0;
  search->place.module = module->dlpi_name == NULL ? "" : module->dlpi_name;
  search->place.offset = offset;
  if (dynamic != NULL) name_symbol(module, dynamic, &search->place);
  return 1;
}

struct place place_of(const void *address) {
  struct search search = {(uintptr_t)address, {NULL, 0, NULL, 0}};
  dl_iterate_phdr(look, &search);
  return search.place;
}
