#ifndef GUARD_LOCK_H
#define GUARD_LOCK_H

/* A lock that waits in the kernel. It may be taken before main and in the child of a fork, but not in a signal handler:
   the thread that holds it may be the one that was interrupted, which can be asked. */

#include "system.h"

struct guard_lock {
  uint32_t state; /* 0 free; else twice the number of the thread that holds it, and 1 more where somebody waits. */
};

/// Tells threads apart that live, by where their descriptors lie: never 0, and the same in the child of a fork.
static inline uint32_t lock_self(void) {
  uint32_t number = (uint32_t)((uintptr_t)__builtin_thread_pointer() >> 5) & 0x7fffffff;
  return number != 0 ? number : 1;
}

static inline int lock_is_own(const struct guard_lock *lock) {
  return __atomic_load_n(&lock->state, __ATOMIC_RELAXED) >> 1 == lock_self();
}

static inline void lock_take(struct guard_lock *lock) {
  uint32_t own = lock_self() << 1, seen = 0;
  if (__atomic_compare_exchange_n(&lock->state, &seen, own, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return;
  for (;;) {
    if (seen == 0) {
      /* Others may wait beside us. */
      if (__atomic_compare_exchange_n(&lock->state, &seen, own | 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return;
    } else if (
        (seen & 1) != 0 ||
        __atomic_compare_exchange_n(&lock->state, &seen, seen | 1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
      system_call(SYS_futex, (long)&lock->state, 128 /* FUTEX_WAIT_PRIVATE */, (long)(seen | 1), 0, 0, 0);
      seen = __atomic_load_n(&lock->state, __ATOMIC_RELAXED);
    }
  }
}

static inline void lock_give(struct guard_lock *lock) {
  if (__atomic_exchange_n(&lock->state, 0, __ATOMIC_RELEASE) & 1)
    system_call(SYS_futex, (long)&lock->state, 129 /* FUTEX_WAKE_PRIVATE */, 1, 0, 0, 0);
}

#endif
