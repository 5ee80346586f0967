#ifndef GUARD_SOUGHT_H
#define GUARD_SOUGHT_H

/* A name that is looked for among many texts: eight bytes at once, where they lie in one page with the text's first byte
   and so can be read whatever stands behind the text's end. Both architectures are little-endian. */

#include <stddef.h>
#include <stdint.h>

#include "../common/words.h"

struct sought {
  const char *name;
  size_t length;
  uint64_t first, mask; /* The name's first bytes, with the equals sign where that is among them. */
};

typedef struct __attribute__((packed, may_alias)) {
  uint64_t value;
} eight_bytes;

static inline int can_read_eight(const char *at) { return ((uintptr_t)at & 4095) <= 4096 - 8; }

static inline struct sought seek(const char *name, size_t length) {
  struct sought sought = {name, length, 0, ~(uint64_t)0};
  for (size_t index = 0; index < 8 && index <= length; index++)
    sought.first |= (uint64_t)(unsigned char)(index < length ? name[index] : '=') << (8 * index);
  if (length < 7) sought.mask = ((uint64_t)1 << (8 * (length + 1))) - 1;
  return sought;
}

static inline int rest_is(const struct sought *sought, const char *text) {
  size_t index = 8;
  for (; index + 8 <= sought->length && can_read_eight(text + index); index += 8)
    if (((const eight_bytes *)(text + index))->value != ((const eight_bytes *)(sought->name + index))->value) return 0;
  return is_named(text + index, sought->name + index, sought->length - index);
}

/// As is_named.
static inline int is_sought(const struct sought *sought, const char *text) {
  if (__builtin_expect(!can_read_eight(text), 0)) return is_named(text, sought->name, sought->length);
  if (((((const eight_bytes *)text)->value ^ sought->first) & sought->mask) != 0) return 0;
  return sought->length < 8 || rest_is(sought, text);
}

#endif
