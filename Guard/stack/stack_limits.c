/* Whether a fault is the end of a stack: a wrong "it has run out" is worse than none. What is asked for is that the access is
   one of the stack's own (a push, by the stack pointer, or within the frame that the function has just taken), that nothing
   may be written where it went, and that the stack from which it came ends right above. */

#define _GNU_SOURCE
#include <sys/resource.h>

#include "../common/signals.h"
#include "stack.h"
#include "../common/system.h"
#include "../threads/threads.h"
#include "../common/words.h"

enum { red_zone = 512, nearest = 1 << 20, farthest = 64 << 20, largest_frame = 1 << 30 };

int fault_may_be_exhaustion(const struct fault *fault, struct instruction_facts *facts) {
  *facts = (struct instruction_facts){0, 0, 0};
  if (fault->is_undeliverable) return 1;
  if (fault->address == fault->pc) return 0;
  if (fault->address < fault->sp) {
    if (fault->sp - fault->address > farthest) return 0;
    *facts = instruction_at(fault->pc);
    return fault->sp - fault->address <= red_zone || facts->is_push || facts->is_by_stack;
  }
  if (fault->address - fault->sp > largest_frame) return 0;
  *facts = instruction_at(fault->pc);
  return fault->address - fault->sp < facts->frame || !is_readable(fault->sp);
}

/* What lies right above the fault and may be written, without anything but guards between. */
static int neighbour(uintptr_t address, const struct region *above) {
  return above->is_writable && above->start - address <= farthest;
}

static int holds(const struct region *region, uintptr_t address) {
  return region->is_writable && address >= region->start && address < region->end;
}

static int is_threads_own(const struct region *region) {
  const struct thread_record *thread = thread_current();
  return words_equal(region->name, "[stack]") || (thread != NULL && holds(region, thread->near_top));
}

/* The stack whose end the fault lies beyond: a mapping that may be written. */
static int find_stack(const struct fault *fault, const struct instruction_facts *facts, struct region *stack, int *is_sure) {
  struct region at_fault, above, other;
  uintptr_t below, cfa = fault->sp + facts->frame;
  *is_sure = 1;
  if (!maps_find(fault->address, &at_fault, &above, &below) || at_fault.is_writable) return 0;
  if (!maps_find(fault->sp, stack, &other, &below)) return 0;
  if (stack->is_writable && fault->address < fault->sp) return fault->address < stack->start;
  if (facts->frame != 0 && cfa > fault->address) {
    if (!maps_find(cfa - 1, stack, &other, &below)) return 0;
    if (holds(stack, cfa - 1) && stack->start > fault->address) return 1;
  }
  if (is_readable(fault->sp)) return 0;
  /* A frame pointer that is still on the stack. It may be any number where there is none: so the stack has to be right above, or
     known to be this thread's. */
  if (fault->frame_pointer > fault->address && fault->frame_pointer - fault->sp <= largest_frame) {
    if (!maps_find(fault->frame_pointer, stack, &other, &below)) return 0;
    if (holds(stack, fault->frame_pointer) && stack->start > fault->address &&
        (stack->start == above.start || is_threads_own(stack)))
      return 1;
  }
  if (!neighbour(fault->address, &above)) return 0;
  *stack = above;
  /* Only how near it lies speaks for it: that will do if there is a guard, or it is known to be this thread's stack. */
  *is_sure = at_fault.end == above.start && !at_fault.is_readable && !at_fault.is_executable;
  return above.start - fault->sp <= nearest;
}

/* Whether the kernel could not make the main thread's stack larger: mm/mmap.c, acct_stack_growth. */
static void look_at_main(const struct fault *fault, const struct region *stack, struct exhaustion *result) {
  struct rlimit limit = {0, 0};
  system_call(SYS_prlimit64, 0, RLIMIT_STACK, 0, (long)&limit, 0, 0);
  uintptr_t page = fault->address & ~(uintptr_t)4095;
  if (limit.rlim_cur != RLIM_INFINITY && stack->end - page > limit.rlim_cur) {
    /* That is how large it could become: a frame that is larger leaves it as small as it was. */
    result->limit = limit.rlim_cur;
    result->start = stack->end - limit.rlim_cur;
  }
  /* An old kernel (before 4.20) refuses what lies far below the stack pointer, however small the stack is. */
  if (result->limit == 0 && fault->address < fault->sp && fault->sp - fault->address > 65536) result->kind = stack_none;
}

static struct exhaustion undeliverable(const struct fault *fault, struct exhaustion result, struct region *stack) {
  struct region below_it, above;
  uintptr_t below;
  if (!maps_find(fault->sp, stack, &above, &below) || !holds(stack, fault->sp) || fault->sp - stack->start >= 4096 ||
      !maps_find(stack->start - 1, &below_it, &above, &below) || below_it.is_writable)
    return result;
  result.kind = stack_other;
  return result;
}

struct exhaustion exhaustion_of(const struct fault *fault, const struct instruction_facts *facts) {
  struct exhaustion result = {stack_none, 0, 0, 0, 0, 0, 0, ""};
  struct region stack;
  int is_sure = 1;
  if (fault->is_undeliverable) {
    result = undeliverable(fault, result, &stack);
    if (result.kind == stack_none) return result;
  } else if (!find_stack(fault, facts, &stack, &is_sure)) {
    return result;
  }
  result.start = stack.start;
  result.end = stack.end;
  const struct thread_record *thread = thread_current();
  const struct kernel_stack *alternate = &fault->alternate;
  if (words_equal(stack.name, "[stack]")) {
    result.kind = stack_main;
    if (!fault->is_undeliverable) look_at_main(fault, &stack, &result);
  } else if (
      thread != NULL && thread->tid == system_call(SYS_gettid, 0, 0, 0, 0, 0, 0) && holds(&stack, thread->near_top)) {
    result.kind = stack_thread;
    result.limit = thread->stack_size;
  } else if (
      !(alternate->flags & KERNEL_SS_DISABLE) && alternate->size != 0 && fault->sp <= alternate->start &&
      alternate->start - fault->sp <= nearest && holds(&stack, alternate->start)) {
    result.kind = stack_alternate;
    result.start = alternate->start;
    result.end = alternate->start + alternate->size;
  } else if (is_sure) {
    result.kind = stack_other;
    copy_bytes(result.name, stack.name, sizeof result.name - 1);
  }
  if (fault->address < result.start) result.beyond = result.start - fault->address;
  if (fault->sp >= result.start) {
    result.left = fault->sp - result.start;
  } else if (facts->frame != 0 && fault->sp + facts->frame > result.start && holds(&stack, fault->sp + facts->frame - 1)) {
    result.wanted = facts->frame;
    result.left = fault->sp + facts->frame - result.start;
  }
  return result;
}
