#ifndef GUARD_WORDS_H
#define GUARD_WORDS_H

/* The few string functions that the guard needs. Not libc's: those are chosen by functions of their own while a program
   is loaded, and a program may bring its own. */

#include <stddef.h>
#include <stdint.h>

static inline size_t word_length(const char *word) {
  const char *end = word;
  while (*end) end++;
  return (size_t)(end - word);
}

static inline int words_equal(const char *one, const char *other) {
  while (*one && *one == *other) one++, other++;
  return *one == *other;
}

/// Whether `text` begins with `length` bytes of `name` and then an equals sign. Reads no byte behind the text's end.
static inline int is_named(const char *text, const char *name, size_t length) {
  for (size_t index = 0; index < length; index++)
    if (text[index] != name[index]) return 0;
  return text[length] == '=';
}

/// The length of the name that an entry of the environment begins with; -1 where it has none.
static inline ptrdiff_t name_length(const char *text) {
  for (ptrdiff_t index = 0; text[index]; index++)
    if (text[index] == '=') return index;
  return -1;
}

/// What stands behind the last slash of a path.
static inline const char *last_component(const char *path) {
  const char *last = path;
  for (; *path; path++)
    if (*path == '/') last = path + 1;
  return last;
}

static inline void copy_bytes(char *to, const char *from, size_t count) {
  for (size_t index = 0; index < count; index++) to[index] = from[index];
}

/// FNV-1a over `count` bytes, going on from another.
static inline uint32_t hashed(uint32_t from, const char *bytes, size_t count) {
  for (size_t index = 0; index < count; index++) from = (from ^ (unsigned char)bytes[index]) * 16777619u;
  return from;
}
#define HASH_START 2166136261u

#endif
