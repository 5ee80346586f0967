/* The name of a function, from the symbol table of its file: the dynamic linker may not be asked in a signal handler, and
   knows only what is exported. It is asked where there is no /proc. Nothing is read but what the file's own numbers allow. */

#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "../common/log.h"
#include "../common/place.h"
#include "../common/plain_name.h"
#include "stack.h"
#include "../common/system.h"
#include "../common/words.h"

enum { at_once = 64, most_symbols = 4 << 20, most_segments = 64, most_sections = 8192 };

static int read_at(long file, void *buffer, size_t size, uint64_t offset) {
  return system_call(SYS_pread64, file, (long)buffer, (long)size, (long)offset, 0, 0) == (long)size;
}

/* The address that the file states for an offset in it. */
static int address_of(long file, const Elf64_Ehdr *header, uint64_t offset, uint64_t *address) {
  for (unsigned index = 0; index < header->e_phnum && index < most_segments; index++) {
    Elf64_Phdr segment;
    if (!read_at(file, &segment, sizeof segment, header->e_phoff + index * sizeof segment)) return 0;
    if (segment.p_type != PT_LOAD || offset - segment.p_offset >= segment.p_filesz) continue;
    *address = offset - segment.p_offset + segment.p_vaddr;
    return 1;
  }
  return 0;
}

/* The function that holds an address, among the symbols of one section. */
static int find_symbol(long file, const Elf64_Shdr *table, uint64_t address, Elf64_Sym *found) {
  Elf64_Sym symbols[at_once];
  uint64_t count = table->sh_size / sizeof *symbols;
  for (uint64_t first = 0; first < count && first < most_symbols; first += at_once) {
    size_t here = count - first < at_once ? (size_t)(count - first) : at_once;
    if (!read_at(file, symbols, here * sizeof *symbols, table->sh_offset + first * sizeof *symbols)) return 0;
    for (size_t index = 0; index < here; index++) {
      const Elf64_Sym *symbol = &symbols[index];
      if ((symbol->st_info & 15) != STT_FUNC || symbol->st_shndx == SHN_UNDEF) continue;
      if (address - symbol->st_value >= symbol->st_size) continue;
      *found = *symbol;
      return 1;
    }
  }
  return 0;
}

static int find_name(long file, const Elf64_Ehdr *header, uint64_t address, char *name, size_t size, uint64_t *into) {
  if (header->e_shentsize != sizeof(Elf64_Shdr)) return 0;
  /* .symtab has all functions, .dynsym those that are exported. */
  static const uint32_t kinds[] = {SHT_SYMTAB, SHT_DYNSYM};
  for (int kind = 0; kind < 2; kind++)
    for (unsigned index = 0; index < header->e_shnum && index < most_sections; index++) {
      Elf64_Shdr table, strings;
      Elf64_Sym symbol;
      if (!read_at(file, &table, sizeof table, header->e_shoff + index * sizeof table)) return 0;
      if (table.sh_type != kinds[kind] || !find_symbol(file, &table, address, &symbol)) continue;
      if (!read_at(file, &strings, sizeof strings, header->e_shoff + table.sh_link * sizeof strings)) return 0;
      long length = system_call(
          SYS_pread64, file, (long)name, (long)size - 1, (long)(strings.sh_offset + symbol.st_name), 0, 0);
      if (length <= 0) return 0;
      name[length] = 0;
      *into = address - symbol.st_value;
      return name[0] != 0;
    }
  return 0;
}

/* `behind` is added to what is written: a return address is looked up at minus one. Returns 0 where there is no /proc, and nothing
   was written. */
static int log_near(struct log_line *line, uintptr_t address, uintptr_t behind) {
  struct region region, above;
  uintptr_t below;
  if (!maps_find(address, &region, &above, &below)) return 0;
  if (region.end == 0 || region.name[0] != '/') {
    log_text(line, "code in no file at ");
    log_hexadecimal(line, address + behind);
    return 1;
  }
  uint64_t place = address - region.start + region.offset, into = 0;
  char name[200];
  struct stat facts;
  Elf64_Ehdr header;
  int is_elf = 0;
  long file = open_anyway(region.name, O_RDONLY | O_NONBLOCK);
  if (file >= 0) {
    /* Another file may lie there by now. */
    if (system_call(SYS_fstat, file, (long)&facts, 0, 0, 0, 0) == 0 && facts.st_ino == region.inode &&
        read_at(file, &header, sizeof header, 0) && header.e_ident[EI_CLASS] == ELFCLASS64 &&
        header.e_phentsize == sizeof(Elf64_Phdr))
      is_elf = address_of(file, &header, place, &place);
    if (is_elf && find_name(file, &header, place, name, sizeof name, &into)) {
      char plain[sizeof name];
      log_text(line, plain_name(name, plain, sizeof plain));
      log_text(line, "+");
      log_hexadecimal(line, into + behind);
      log_text(line, " in ");
    }
    system_call(SYS_close, file, 0, 0, 0, 0, 0);
  }
  log_text(line, last_component(region.name));
  log_text(line, "+");
  log_hexadecimal(line, place + behind);
  return 1;
}

void log_code(struct log_line *line, uintptr_t address) {
  if (log_near(line, address, 0)) return;
  log_text(line, "code at ");
  log_hexadecimal(line, address);
}

void log_return(struct log_line *line, const void *address) {
  if (log_near(line, (uintptr_t)address - 1, 1)) return;
  struct place place = place_of((const char *)address - 1);
  if (place.module == NULL) {
    log_text(line, "code in no module at ");
    log_hexadecimal(line, (unsigned long)address);
    return;
  }
  if (place.symbol != NULL) {
    log_text(line, place.symbol);
    log_text(line, "+");
    log_hexadecimal(line, place.into + 1);
    log_text(line, " in ");
  }
  log_text(line, place.module[0] ? last_component(place.module) : "the program");
  log_text(line, "+");
  log_hexadecimal(line, place.offset + 1);
}
