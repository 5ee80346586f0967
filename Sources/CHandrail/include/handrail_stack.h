#ifndef HANDRAIL_STACK_H
#define HANDRAIL_STACK_H

/* Stacks that grow: the one that a thread runs on, and segments that it goes on in. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What of the stack that the thread is known to run on may be used: its lowest address, less what is kept for signal handlers
/// and for what grows a stack; and its size in bytes. Zeros as long as nobody asked.
struct handrail_range {
  uintptr_t low, size;
};

extern _Thread_local struct handrail_range handrail_present __attribute__((tls_model("initial-exec")));

/// The stack pointer, read anew each time: the same function may have more on its stack the next time (alloca), or run on
/// another one (after an await).
static inline __attribute__((always_inline)) uintptr_t handrail_stack_pointer(void) {
  uintptr_t pointer;
#if defined(__x86_64__)
  __asm__ volatile("mov %%rsp, %0" : "=r"(pointer));
#elif defined(__aarch64__)
  __asm__ volatile("mov %0, sp" : "=r"(pointer));
#else
#error "Handrail is made for x86-64 and aarch64"
#endif
  return pointer;
}

/// Whether the stack that is run on is known, and has so many bytes left. On a stack that is not the one that is known, such as
/// a fiber's, the answer is no, wherever that one lies.
static inline __attribute__((always_inline)) bool handrail_has_room(size_t bytes) {
  uintptr_t left = handrail_stack_pointer() - handrail_present.low;
  return left < handrail_present.size && left >= bytes;
}

/// Bytes that are left on the stack that is run on; -1 where that cannot be told.
long handrail_room(void);

/// Calls a function with at least so many bytes of stack: on the present one where it has them, or on a segment.
/// - segment: the segment's size in bytes, or 0 for the usual one. limit: how many bytes this thread's segments may have in all,
///   or 0 for any number.
/// Returns 0, or why there is no segment: ENOMEM, EAGAIN, or EOVERFLOW where the limit forbids it. Then nothing was called.
int handrail_with_room(size_t bytes, size_t segment, size_t limit, void (*body)(void *), void *context);

/// How many segments this thread runs on, one from another, and their bytes.
void handrail_segments(size_t *count, size_t *bytes);

/// Ends the program, saying that no segment could be had.
_Noreturn void handrail_no_segment(size_t bytes, int error);

#endif
