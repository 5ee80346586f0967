#define _GNU_SOURCE
#include "stack.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

_Thread_local struct handrail_range handrail_present __attribute__((tls_model("initial-exec")));
_Thread_local struct handrail_thread_stacks handrail_stacks HIDDEN __attribute__((tls_model("initial-exec")));

static pthread_key_t ends;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int can_hear_of_ends;

static void at_end(void *stacks) {
  (void)stacks;
  handrail_stacks.is_known = 0;
  handrail_end_watch();
  handrail_give_back_segments();
}

static void prepare(void) { can_hear_of_ends = pthread_key_create(&ends, at_end) == 0; }

static void hear_of_end(void) {
  if (handrail_stacks.is_known) return;
  pthread_once(&once, prepare);
  if (can_hear_of_ends) handrail_stacks.is_known = pthread_setspecific(ends, &handrail_stacks) == 0;
}

static int lies_in(uintptr_t address, struct handrail_range range) { return address - range.low < range.size; }

static struct handrail_range usable(const struct handrail_segment *segment) {
  return (struct handrail_range){segment->low + stack_reserve, segment->size - stack_reserve};
}

/* What is known of the stack that an address lies in. The reserve belongs to it: one may already be in there. */
static struct handrail_range known(uintptr_t pointer) {
  struct handrail_range own = handrail_stacks.own;
  if (own.size != 0 && pointer - (own.low - stack_reserve) < own.size + stack_reserve) return own;
  for (const struct handrail_segment *segment = handrail_stacks.live; segment != NULL; segment = segment->outer)
    if (pointer - segment->low < segment->size) return usable(segment);
  return (struct handrail_range){0, 0};
}

/* Which stack this is. Others than the thread's own and its segments are asked for again each time: a fiber's may be another
   one the next time, at the same place. */
static struct handrail_range present(uintptr_t pointer) {
  struct handrail_range found = known(pointer);
  if (found.size == 0) {
    int is_own = 0;
    found = handrail_find_stack(pointer, &is_own);
    if (!is_own) return found;
    handrail_stacks.own = found;
  }
  handrail_present = found;
  return found;
}

static size_t left(uintptr_t pointer, struct handrail_range range) {
  return pointer > range.low && lies_in(pointer, range) ? pointer - range.low : 0;
}

long handrail_room(void) {
  uintptr_t pointer = handrail_stack_pointer();
  struct handrail_range range = present(pointer);
  return range.size == 0 ? -1 : (long)left(pointer, range);
}

/* Takes a segment off the list of those that are run on: the first, unless some were left by longjmp. */
static void take_off(struct handrail_segment *segment) {
  struct handrail_segment **link = &handrail_stacks.live;
  while (*link != NULL && *link != segment) link = &(*link)->outer;
  if (*link == NULL) return;
  *link = segment->outer;
  handrail_stacks.live_bytes -= segment->size;
}

int handrail_with_room(size_t bytes, size_t asked, size_t limit, void (*body)(void *), void *context) {
  uintptr_t pointer = handrail_stack_pointer();
  struct handrail_range before = present(pointer);
  if (before.size != 0 && left(pointer, before) >= bytes) {
    body(context);
    return 0;
  }
  hear_of_end();
  int error = ENOMEM;
  struct handrail_segment *segment = handrail_take_segment(bytes, asked, limit, &error);
  if (segment == NULL) return error;
  segment->outer = handrail_stacks.live;
  /* A signal handler that looks finds it whole. */
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  handrail_stacks.live = segment;
  handrail_stacks.live_bytes += segment->size;
  handrail_present = usable(segment);
  handrail_switch_stack(segment, body, context);
  take_off(segment);
  /* Not that of a stack that is none of ours. */
  handrail_present = known(pointer);
  handrail_leave_segment(segment);
  return 0;
}

void handrail_segments(size_t *count, size_t *bytes) {
  *count = 0;
  for (const struct handrail_segment *segment = handrail_stacks.live; segment != NULL; segment = segment->outer) ++*count;
  *bytes = handrail_stacks.live_bytes;
}

void handrail_no_segment(size_t bytes, int error) {
  struct handrail_line line;
  handrail_line_begin(&line);
  handrail_line_text(&line, "no memory for a stack segment with room for ");
  handrail_line_number(&line, bytes);
  handrail_line_text(&line, " bytes (errno ");
  handrail_line_number(&line, (unsigned long)error);
  handrail_line_text(&line, "): this thread has ");
  size_t count, all;
  handrail_segments(&count, &all);
  handrail_line_number(&line, count);
  handrail_line_text(&line, " segments with ");
  handrail_line_number(&line, all >> 10);
  handrail_line_text(&line, " KiB");
  handrail_line_end(&line);
  abort();
}
