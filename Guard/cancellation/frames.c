#include "frames.h"

#include <stddef.h>

static int32_t number(const uint8_t *at) {
  int32_t value;
  __builtin_memcpy(&value, at, sizeof value);
  return value;
}

static uintptr_t relative(const uint8_t *to, const uint8_t *at) { return (uintptr_t)to + (uintptr_t)(intptr_t)number(at); }

int frames_function(const void *table, uintptr_t address, uintptr_t *start, uintptr_t *end) {
  enum { relative_to_place = 0x1b, unsigned_number = 0x03, relative_to_table = 0x3b };
  const uint8_t *header = table;
  if (header == NULL || header[0] != 1 || header[1] != relative_to_place || header[2] != unsigned_number ||
      header[3] != relative_to_table)
    return 0;
  const uint8_t *entries = header + 12;
  size_t low = 0, high = (uint32_t)number(header + 8);
  /* The last entry whose function begins at the address or before it. */
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (relative(header, entries + middle * 8) <= address)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == 0) return 0;
  const uint8_t *entry = entries + (low - 1) * 8;
  const uint8_t *description = (const uint8_t *)relative(header, entry + 4);
  /* Length, the common entry, the function's begin (relative to where that stands) and its length. */
  if (relative(description + 8, description + 8) != relative(header, entry)) return 0;
  *start = relative(header, entry);
  *end = *start + (uint32_t)number(description + 12);
  return address < *end;
}
