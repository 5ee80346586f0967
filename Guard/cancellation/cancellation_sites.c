/* Finds libc's cancellation points in its code.

   Up to glibc 2.40 each of them is the same three steps (SYSCALL_CANCEL in sysdeps/unix/sysv/linux/sysdep-cancel.h and its
   predecessors since 2.3): a call of a function that makes cancellation asynchronous, the system call, a call of another
   that makes it what it was. Neither has a name that is exported, but `read` and `write` do nothing else; so they show
   which two they are, and all their other callers are found by going through the code. */

#define _GNU_SOURCE
#include <elf.h>
#include <link.h>

#include "cancellation.h"
#include "cancellation_code.h"
#include "frames.h"
#include "../common/words.h"

extern const char *gnu_get_libc_version(void) __attribute__((weak));

enum { most_sites = 320, most_unknown = 64, most_modules = 3, most_bytes = 256 };

struct region {
  uintptr_t start, end;
};

/* A module of libc's: libc itself, and before glibc 2.34 libpthread and librt, which have the same functions again. */
struct module {
  uintptr_t base;
  struct region code;
  const void *frames;
  const ElfW(Sym) *symbols;
  const char *names;
  size_t symbol_count;
  struct region enable;
};

static struct module modules[most_modules];
static size_t module_count;
static struct cancellation_site sites[most_sites];
static struct region unknown[most_unknown];
struct cancellation_counts cancellation_site_counts;
int (*cancellation_enable)(void);
void (*cancellation_disable)(int);

static int holds(const struct region *region, uintptr_t address) {
  return address - region->start < region->end - region->start;
}

static const void *pointer(uintptr_t base, uintptr_t value) { return (const void *)(value < base ? value + base : value); }

static size_t symbol_count(const uint32_t *gnu) {
  uint32_t bucket_count = gnu[0], first = gnu[1], last = 0;
  const uint32_t *buckets = gnu + 4 + gnu[2] * (sizeof(uintptr_t) / 4);
  for (uint32_t index = 0; index < bucket_count; index++)
    if (buckets[index] > last) last = buckets[index];
  if (last < first) return first;
  const uint32_t *chain = buckets + bucket_count;
  while ((chain[last - first] & 1) == 0) last++;
  return last + 1;
}

static int note_module(struct dl_phdr_info *info, size_t size, void *context) {
  (void)size;
  (void)context;
  struct module module = {.base = info->dlpi_addr};
  const ElfW(Dyn) *dynamic = NULL;
  for (size_t index = 0; index < info->dlpi_phnum; index++) {
    const ElfW(Phdr) *header = &info->dlpi_phdr[index];
    uintptr_t start = info->dlpi_addr + header->p_vaddr;
    if (header->p_type == PT_LOAD && header->p_flags & PF_X && module.code.start == 0)
      module.code = (struct region){start, start + header->p_memsz};
    if (header->p_type == PT_DYNAMIC) dynamic = (const void *)start;
    if (header->p_type == PT_GNU_EH_FRAME) module.frames = (const void *)start;
  }
  const uint32_t *gnu = NULL;
  const ElfW(Xword) none = ~(ElfW(Xword))0;
  ElfW(Xword) own_name = none;
  for (; dynamic != NULL && dynamic->d_tag != DT_NULL; dynamic++) switch (dynamic->d_tag) {
      case DT_SYMTAB: module.symbols = pointer(module.base, dynamic->d_un.d_ptr); break;
      case DT_STRTAB: module.names = pointer(module.base, dynamic->d_un.d_ptr); break;
      case DT_GNU_HASH: gnu = pointer(module.base, dynamic->d_un.d_ptr); break;
      case DT_SONAME: own_name = dynamic->d_un.d_val; break;
    }
  if (own_name == none || gnu == NULL || module.names == NULL || module.symbols == NULL || module.frames == NULL) return 0;
  const char *name = module.names + own_name;
  if (!words_equal(name, "libc.so.6") && !words_equal(name, "libpthread.so.0") && !words_equal(name, "librt.so.1")) return 0;
  module.symbol_count = symbol_count(gnu);
  modules[module_count++] = module;
  return module_count == most_modules;
}

static const ElfW(Sym) * symbol_named(const struct module *module, const char *name) {
  for (size_t index = 0; index < module->symbol_count; index++) {
    const ElfW(Sym) *symbol = &module->symbols[index];
    if ((symbol->st_info & 15) == STT_FUNC && symbol->st_shndx != SHN_UNDEF && symbol->st_size != 0 &&
        words_equal(module->names + symbol->st_name, name))
      return symbol;
  }
  return NULL;
}

/* The shortest public name of the function that holds an address: __open64 is called open by programs. */
static const char *name_at(const struct module *module, uintptr_t address) {
  const char *best = NULL;
  for (size_t index = 0; index < module->symbol_count; index++) {
    const ElfW(Sym) *symbol = &module->symbols[index];
    if ((symbol->st_info & 15) != STT_FUNC || symbol->st_shndx == SHN_UNDEF) continue;
    if (address - module->base - symbol->st_value >= symbol->st_size) continue;
    const char *name = module->names + symbol->st_name;
    if (best == NULL || word_length(name) < word_length(best)) best = name;
  }
  return best;
}

/* Whether a call of another function of the module stands at `at`. */
static int is_call(const struct module *module, uintptr_t at, uintptr_t *target) {
  return code_is_call((const uint8_t *)at, target) && holds(&module->code, *target);
}

/* A function that does nothing but call one, make a system call, and call another. */
static int shows_switches(const struct module *module, const char *name, struct region *enable, struct region *disable) {
  const ElfW(Sym) *symbol = symbol_named(module, name);
  if (symbol == NULL || symbol->st_size > most_bytes) return 0;
  uintptr_t start = module->base + symbol->st_value, end = start + symbol->st_size, target;
  int step = 0;
  for (uintptr_t at = start; at + call_length <= end; at += code_step) {
    if (is_call(module, at, &target)) {
      struct region *region = step == 0 ? enable : disable;
      if ((step != 0 && step != 2) || !frames_function(module->frames, target, &region->start, &region->end) ||
          region->start != target)
        return 0;
      step++;
    } else if (step == 1 && code_is_system_call((const uint8_t *)at)) {
      step++;
    }
  }
  return step == 3 && enable->start != disable->start;
}

static void note_unknown(struct region function) {
  for (size_t index = 0; index < cancellation_site_counts.unknown; index++)
    if (unknown[index].start == function.start) return;
  if (cancellation_site_counts.unknown < most_unknown) unknown[cancellation_site_counts.unknown++] = function;
}

/* The site behind a call of `enable`: nothing but plain instructions may stand between it and the system call, so that
   whoever is there has not made it yet. */
static void note_site(const struct module *module, uintptr_t call) {
  struct region function;
  if (!frames_function(module->frames, call, &function.start, &function.end)) return;
  uintptr_t at = call + call_length;
  while (at < function.end && at - call < most_bytes && !code_is_system_call((const uint8_t *)at)) {
    size_t length = code_plain_length((const uint8_t *)at);
    if (length == 0) break;
    at += length;
  }
  if (at >= function.end || !code_is_system_call((const uint8_t *)at) || cancellation_site_counts.sites == most_sites) {
    note_unknown(function);
    return;
  }
  const char *name = name_at(module, call);
  int is_close = name != NULL && (words_equal(name, "close") || words_equal(name, "__close"));
  sites[cancellation_site_counts.sites++] =
      (struct cancellation_site){call + call_length, at, name, (uint8_t)is_close, 0};
}

/* Returns how many sites there are in a module, 0 where the module has no cancellation points at all. */
static void find_in(struct module *module, int *is_found) {
  static const char *const pairs[][2] = {{"read", "write"}, {"mq_timedsend", "mq_timedreceive"}};
  struct region enable, disable, other_enable, other_disable;
  for (size_t pair = 0; pair < 2; pair++) {
    if (!shows_switches(module, pairs[pair][0], &enable, &disable)) continue;
    if (!shows_switches(module, pairs[pair][1], &other_enable, &other_disable)) continue;
    if (enable.start != other_enable.start || disable.start != other_disable.start) continue;
    module->enable = enable;
    cancellation_enable = (int (*)(void))enable.start;
    cancellation_disable = (void (*)(int))disable.start;
    uintptr_t target;
    for (uintptr_t at = module->code.start; at + 2 * call_length <= module->code.end; at += code_step)
      if (code_is_call((const uint8_t *)at, &target) && target == enable.start) note_site(module, at);
    *is_found = 1;
    return;
  }
}

static int has_site(const char *name) {
  for (size_t index = 0; index < cancellation_site_counts.sites; index++)
    if (sites[index].name != NULL && words_equal(sites[index].name, name)) return 1;
  return 0;
}

enum cancellation_form cancellation_find_sites(const char **reason) {
  module_count = 0;
  cancellation_site_counts = (struct cancellation_counts){0, 0};
  if (gnu_get_libc_version == NULL) return form_musl;
  const char *version = gnu_get_libc_version();
  unsigned minor = 0;
  if (version[0] != '2' || version[1] != '.') {
    *reason = "glibc's version is not one of 2";
    return form_unexpected;
  }
  for (const char *digit = version + 2; *digit >= '0' && *digit <= '9'; digit++) minor = minor * 10 + (unsigned)(*digit - '0');
  dl_iterate_phdr(note_module, NULL);
  int is_found = 0;
  for (size_t index = 0; index < module_count; index++) find_in(&modules[index], &is_found);
  if (is_found) {
    if (has_site("open") && has_site("read") && has_site("accept") && has_site("close")) return form_asynchronous;
    *reason = "some of glibc's cancellation points are not of the form that was expected";
    return form_unexpected;
  }
  if (minor >= 41 && module_count > 0) return form_bridged;
  *reason = "glibc's cancellation points were not found in its code";
  return form_unexpected;
}

enum cancellation_moment cancellation_moment_of(uintptr_t pc, long result, struct cancellation_site **site) {
  *site = NULL;
  for (size_t index = 0; index < cancellation_site_counts.sites; index++) {
    struct cancellation_site *known = &sites[index];
    if (pc < known->begin || pc > known->at + system_call_length) continue;
    *site = known;
    /* Up to and with the system call's instruction, to which the kernel also leads back whoever is to begin anew. */
    if (pc <= known->at) return moment_before;
    return pc == known->at + system_call_length && result == -4 /* EINTR */ && !known->is_close ? moment_failed : moment_unknown;
  }
  for (size_t index = 0; index < module_count; index++)
    if (holds(&modules[index].enable, pc)) return moment_before;
  for (size_t index = 0; index < cancellation_site_counts.unknown; index++)
    if (holds(&unknown[index], pc)) return moment_libcs;
  return moment_unknown;
}

struct cancellation_site *cancellation_site_around(uintptr_t pc) {
  struct cancellation_site *best = NULL;
  for (size_t index = 0; index < cancellation_site_counts.sites; index++) {
    struct cancellation_site *known = &sites[index];
    if (pc > known->at && pc - known->at < most_bytes && (best == NULL || best->at < known->at)) best = known;
  }
  return best;
}

int cancellation_is_libcs(uintptr_t address) {
  for (size_t index = 0; index < module_count; index++)
    if (holds(&modules[index].code, address)) return 1;
  return 0;
}
