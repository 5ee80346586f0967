#ifndef INQUEST_CDEMANGLE_H
#define INQUEST_CDEMANGLE_H

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// What the demanglers of libiberty write to. Theirs is an unbounded output: a mangled name of a
// thousand bytes can stand for one of 2^100, so the writing is cut off, and with it the demangling.
struct inquest_demangled {
  char *bytes;
  size_t capacity;
  size_t length;
  jmp_buf full;
};

static inline void inquest_demangled_append(const char *text, size_t length, void *context) {
  struct inquest_demangled *output = (struct inquest_demangled *)context;
  if (length > output->capacity - output->length) longjmp(output->full, 1);
  memcpy(output->bytes + output->length, text, length);
  output->length += length;
}

// Demangles a Rust (`isRust`) or C++ name, which ends in a zero byte, into `bytes`.
// Returns the length; -1 where it is no mangled name; -2 where the text is longer than `capacity`.
static inline int64_t inquest_demangle(const char *mangled, int isRust, int options, char *bytes, size_t capacity) {
  struct inquest_demangled output;
  output.bytes = bytes;
  output.capacity = capacity;
  output.length = 0;
  if (setjmp(output.full) != 0) return -2;
  int success = isRust ? rust_demangle_callback(mangled, options, inquest_demangled_append, &output)
                       : cplus_demangle_v3_callback(mangled, options, inquest_demangled_append, &output);
  return success ? (int64_t)output.length : -1;
}

#endif
