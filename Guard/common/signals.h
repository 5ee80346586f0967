#ifndef GUARD_SIGNALS_H
#define GUARD_SIGNALS_H

/* Signals as the kernel has them, by raw system calls. */

#include <stddef.h>
#include <stdint.h>

#include "system.h"

/// What rt_sigaction takes (include/linux/signal_types.h): the same on both architectures.
struct kernel_action {
  uintptr_t handler; /* 0 is SIG_DFL, 1 SIG_IGN. */
  unsigned long flags;
  uintptr_t restorer;
  uint64_t mask;
};

enum { handler_default = 0, handler_ignore = 1 };

#define KERNEL_SA_SIGINFO 0x4u
#define KERNEL_SA_EXPOSE_TAGBITS 0x800u
#define KERNEL_SA_RESTORER 0x04000000u
#define KERNEL_SA_ONSTACK 0x08000000u
#define KERNEL_SA_RESTART 0x10000000u
#define KERNEL_SA_NODEFER 0x40000000u
#define KERNEL_SA_RESETHAND 0x80000000u

static inline long kernel_sigaction(int number, const struct kernel_action *new, struct kernel_action *old) {
  return system_call(SYS_rt_sigaction, number, (long)new, (long)old, 8, 0, 0);
}

/// Blocks every signal that can be blocked, libc's own among them, so that neither a handler nor a cancellation comes
/// between. Returns what was blocked before.
static inline uint64_t signals_block(void) {
  uint64_t all = ~(uint64_t)0, before = 0;
  system_call(SYS_rt_sigprocmask, 0 /* SIG_BLOCK */, (long)&all, (long)&before, 8, 0, 0);
  return before;
}

static inline void signals_restore(uint64_t before) {
  system_call(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, (long)&before, 0, 8, 0, 0);
}

/// Whether eight bytes at an address can be read, without a fault: the kernel copies them before it refuses the rest.
static inline int is_readable(uintptr_t address) {
  return system_call(SYS_rt_sigprocmask, -1, (long)(address & ~(uintptr_t)7), 0, 8, 0, 0) != -14 /* EFAULT */;
}

/// Whether sixteen bytes at an address can be written; they are. The stack of a thread may grow by this.
static inline int is_writable(uintptr_t address) {
  return system_call(SYS_clock_gettime, 1 /* CLOCK_MONOTONIC */, (long)(address & ~(uintptr_t)15), 0, 0, 0, 0) == 0;
}

/// stack_t, as the kernel has it.
struct kernel_stack {
  uintptr_t start;
  int flags;
  size_t size;
};

#define KERNEL_SS_DISABLE 2

static inline long kernel_sigaltstack(const struct kernel_stack *new, struct kernel_stack *old) {
  return system_call(SYS_sigaltstack, (long)new, (long)old, 0, 0, 0, 0);
}

#endif
