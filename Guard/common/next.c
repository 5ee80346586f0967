#define _GNU_SOURCE
#include "next.h"

#include <elf.h>
#include <link.h>

#include "words.h"

static const char *const names[next_count] = {
    [next_pthread_create] = "pthread_create",
    [next_pthread_join] = "pthread_join",
    [next_pthread_tryjoin_np] = "pthread_tryjoin_np",
    [next_pthread_timedjoin_np] = "pthread_timedjoin_np",
    [next_pthread_clockjoin_np] = "pthread_clockjoin_np",
    [next_pthread_detach] = "pthread_detach",
    [next_pthread_exit] = "pthread_exit",
    [next_thrd_create] = "thrd_create",
    [next_thrd_join] = "thrd_join",
    [next_thrd_detach] = "thrd_detach",
    [next_thrd_exit] = "thrd_exit",
    [next_sigaction] = "sigaction",
    [next_signal] = "signal",
    [next_sysv_signal] = "__sysv_signal",
    [next_sigset] = "sigset",
    [next_sigaltstack] = "sigaltstack",
    [next_getenv] = "getenv",
    [next_setenv] = "setenv",
    [next_putenv] = "putenv",
    [next_unsetenv] = "unsetenv",
    [next_clearenv] = "clearenv",
    [next_pthread_cancel] = "pthread_cancel",
    [next_pthread_setcancelstate] = "pthread_setcancelstate",
    [next_pthread_setcanceltype] = "pthread_setcanceltype",
    [next_pthread_testcancel] = "pthread_testcancel",
    [next___pthread_register_cancel_defer] = "__pthread_register_cancel_defer",
    [next___pthread_unregister_cancel_restore] = "__pthread_unregister_cancel_restore",
    [next___register_atfork] = "__register_atfork",
    [next_pthread_atfork] = "pthread_atfork",
    [next_setuid] = "setuid",
    [next_seteuid] = "seteuid",
    [next_setreuid] = "setreuid",
    [next_setresuid] = "setresuid",
    [next_chroot] = "chroot",
};
static void *found[next_count];

struct search {
  const char *name;
  void *result;
  int is_behind; /* This library was met. */
};

/* musl leaves addresses in the dynamic section as the file states them, glibc adds where the module was loaded. */
static const void *pointer(const struct dl_phdr_info *module, uintptr_t value) {
  return (const void *)(value < module->dlpi_addr ? value + module->dlpi_addr : value);
}

struct tables {
  const ElfW(Sym) *symbols;
  const char *names;
  const uint32_t *sysv, *gnu;
  const uint16_t *versions;
};

/* A function that is defined there, and not by an old version of its symbol (gABI: the highest bit of its version says
   that it is hidden). */
static int is_wanted(const struct tables *tables, size_t index, const char *name) {
  const ElfW(Sym) *symbol = &tables->symbols[index];
  if ((symbol->st_info & 15) != STT_FUNC || symbol->st_shndx == SHN_UNDEF || symbol->st_value == 0) return 0;
  if (tables->versions != NULL && (tables->versions[index] & 0x8000)) return 0;
  return words_equal(tables->names + symbol->st_name, name);
}

static size_t find_gnu(const struct tables *tables, const char *name) {
  uint32_t hash = 5381;
  for (const char *byte = name; *byte; byte++) hash = hash * 33 + (unsigned char)*byte;
  const uint32_t *gnu = tables->gnu;
  uint32_t bucket_count = gnu[0], first = gnu[1], filter_words = gnu[2];
  const uint32_t *buckets = gnu + 4 + filter_words * (sizeof(uintptr_t) / 4);
  const uint32_t *chain = buckets + bucket_count;
  if (bucket_count == 0) return 0;
  uint32_t index = buckets[hash % bucket_count];
  if (index < first || index == 0) return 0;
  for (;; index++) {
    uint32_t value = chain[index - first];
    if ((value | 1) == (hash | 1) && is_wanted(tables, index, name)) return index;
    if (value & 1) return 0;
  }
}

static size_t find_sysv(const struct tables *tables, const char *name) {
  uint32_t hash = 0;
  for (const char *byte = name; *byte; byte++) {
    hash = (hash << 4) + (unsigned char)*byte;
    hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
  }
  uint32_t bucket_count = tables->sysv[0];
  if (bucket_count == 0) return 0;
  const uint32_t *buckets = tables->sysv + 2, *chain = buckets + bucket_count;
  for (uint32_t index = buckets[hash % bucket_count]; index != 0; index = chain[index])
    if (is_wanted(tables, index, name)) return index;
  return 0;
}

static int look(struct dl_phdr_info *module, size_t size, void *context) {
  (void)size;
  struct search *search = context;
  struct tables tables = {NULL, NULL, NULL, NULL, NULL};
  const ElfW(Dyn) *dynamic = NULL;
  uintptr_t self = (uintptr_t)&look - module->dlpi_addr;
  for (size_t index = 0; index < module->dlpi_phnum; index++) {
    const ElfW(Phdr) *header = &module->dlpi_phdr[index];
    if (header->p_type == PT_LOAD && self - header->p_vaddr < header->p_memsz) {
      search->is_behind = 1;
      return 0;
    }
    if (header->p_type == PT_DYNAMIC) dynamic = (const void *)(module->dlpi_addr + header->p_vaddr);
  }
  if (!search->is_behind) return 0;
  for (; dynamic != NULL && dynamic->d_tag != DT_NULL; dynamic++) switch (dynamic->d_tag) {
      case DT_SYMTAB: tables.symbols = pointer(module, dynamic->d_un.d_ptr); break;
      case DT_STRTAB: tables.names = pointer(module, dynamic->d_un.d_ptr); break;
      case DT_HASH: tables.sysv = pointer(module, dynamic->d_un.d_ptr); break;
      case DT_GNU_HASH: tables.gnu = pointer(module, dynamic->d_un.d_ptr); break;
      case DT_VERSYM: tables.versions = pointer(module, dynamic->d_un.d_ptr); break;
    }
  if (tables.symbols == NULL || tables.names == NULL) return 0;
  size_t index = tables.gnu != NULL    ? find_gnu(&tables, search->name)
                 : tables.sysv != NULL ? find_sysv(&tables, search->name)
                                       : 0;
  if (index == 0) return 0;
  search->result = (void *)(module->dlpi_addr + tables.symbols[index].st_value);
  return 1;
}

void *next(enum next_function name) {
  void *known = __atomic_load_n(&found[name], __ATOMIC_ACQUIRE);
  if (known != NULL) return known;
  struct search search = {names[name], NULL, 0};
  dl_iterate_phdr(look, &search);
  if (search.result != NULL) __atomic_store_n(&found[name], search.result, __ATOMIC_RELEASE);
  return search.result;
}
