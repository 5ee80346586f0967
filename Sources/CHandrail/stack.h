#ifndef HANDRAIL_STACK_INTERNAL_H
#define HANDRAIL_STACK_INTERNAL_H

#include "include/handrail_stack.h"
#include "system.h"

enum {
  /// Kept at the end of each stack: for signal handlers, and for what maps a segment.
  stack_reserve = 16 << 10,
  /// Below a segment nothing can be read or written in so many bytes: as far as a frame may jump over its end and still be
  /// noticed. It takes addresses, not memory; the kernel keeps as many free below the main thread's stack.
  segment_guard = 1 << 20,
};

/* Stands at the upper end of its own segment. */
struct handrail_segment {
  struct handrail_segment *outer; /* That the thread went on from; of a spare one, the next spare. */
  uintptr_t low;                  /* The lowest address that may be used: below lies the guard. */
  size_t size;                    /* Without the guard. */
};

struct handrail_thread_stacks {
  struct handrail_range own;      /* The stack that it was made with; size 0 where it is not known yet. */
  struct handrail_segment *live;  /* Those that it runs on, the innermost first. */
  struct handrail_segment *spare; /* Those that it has left, to be used again. */
  size_t live_bytes, spare_bytes;
  void *signal_stack; /* The alternate one that it was given here; null where it has one of its own. */
  size_t signal_stack_size;
  int is_known;   /* Whether its end will be heard of. */
};

extern _Thread_local struct handrail_thread_stacks handrail_stacks HIDDEN __attribute__((tls_model("initial-exec")));

/// Calls a function on another stack, whose upper end is a multiple of sixteen.
HIDDEN void handrail_switch_stack(void *top, void (*function)(void *), void *argument);

/// What of the stack that `pointer` lies in may be used, by what libc and the kernel tell; its size is 0 where they do not.
/// *is_own: whether it is the stack that the thread was made with, which stays as it is.
HIDDEN struct handrail_range handrail_find_stack(uintptr_t pointer, int *is_own);

/// A segment with room for so many bytes, mapped or used again; null where there is none, and *error says why. One that is
/// smaller than usual, or than was asked for, where the limit or the kernel allow no more.
HIDDEN struct handrail_segment *handrail_take_segment(size_t bytes, size_t asked, size_t limit, int *error);

/// Keeps a segment that the thread has left, or gives it back.
HIDDEN void handrail_leave_segment(struct handrail_segment *segment);

/// Gives back what the thread has, but the segment that it runs on.
HIDDEN void handrail_give_back_segments(void);

/// Sees to it that the end of a segment is told of: an alternate signal stack for this thread, and a handler.
HIDDEN void handrail_watch_for_exhaustion(void);

/// Takes the alternate signal stack away again.
HIDDEN void handrail_end_watch(void);

/// Memory of the kernel with a page below that nobody may touch; null where there is none.
HIDDEN void *handrail_map(size_t size, size_t guard, const char *name, int *error);
HIDDEN void handrail_unmap(void *low, size_t size, size_t guard);

#endif
