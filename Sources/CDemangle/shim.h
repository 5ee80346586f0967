#ifndef INQUEST_CDEMANGLE_H
#define INQUEST_CDEMANGLE_H

#include <libiberty/demangle.h>
#include <pthread.h>
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

struct inquest_deep_demangling {
  const char *mangled;
  int options;
  char *bytes;
  size_t capacity;
  int64_t result;
};

static inline void *inquest_demangle_on_thread(void *context) {
  struct inquest_deep_demangling *work = (struct inquest_deep_demangling *)context;
  work->result =
      inquest_demangle(work->mangled, 0, work->options | DMGL_NO_RECURSE_LIMIT, work->bytes, work->capacity);
  return NULL;
}

// Demangles a C++ name that is longer than libiberty's own limit, about 1,000 bytes, allows: on a thread with a
// stack of 256 MiB, of which only what is used becomes memory. A name of 16 KiB nests less than 16,384 deep,
// and takes less than 2 KiB of stack for each level. Returns as inquest_demangle does.
static inline int64_t inquest_demangle_long(const char *mangled, int options, char *bytes, size_t capacity) {
  struct inquest_deep_demangling work = {mangled, options, bytes, capacity, -1};
  pthread_attr_t attributes;
  pthread_t thread;
  if (pthread_attr_init(&attributes) != 0) return -1;
  int failed = pthread_attr_setstacksize(&attributes, (size_t)256 << 20) != 0 ||
               pthread_create(&thread, &attributes, inquest_demangle_on_thread, &work) != 0;
  pthread_attr_destroy(&attributes);
  if (failed) return -1;
  pthread_join(thread, NULL);
  return work.result;
}

#endif
