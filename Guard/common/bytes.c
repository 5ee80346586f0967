/* What compilers call for structures that they copy or clear. Hidden: libc's are chosen by functions of their own while a
   program is loaded, and sanitizers have theirs. */

#include <stddef.h>

__attribute__((used)) void *memcpy(void *restrict to, const void *restrict from, size_t count) {
  /* Volatile: no compiler makes a call of itself of this. */
  volatile unsigned char *byte = to;
  const unsigned char *source = from;
  for (size_t index = 0; index < count; index++) byte[index] = source[index];
  return to;
}

__attribute__((used)) void *memset(void *to, int value, size_t count) {
  volatile unsigned char *byte = to;
  for (size_t index = 0; index < count; index++) byte[index] = (unsigned char)value;
  return to;
}
