#ifndef GUARD_LOCK_H
#define GUARD_LOCK_H

/* A lock that waits in the kernel. It may be taken before main and in the child of a fork, but not in a signal handler:
   the thread that holds it may be the one that was interrupted. */

#include "system.h"

struct guard_lock {
  uint32_t state; /* 0 free, 1 held, 2 held and somebody waits. */
};

static inline void lock_take(struct guard_lock *lock) {
  uint32_t free = 0;
  if (__atomic_compare_exchange_n(&lock->state, &free, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return;
  while (__atomic_exchange_n(&lock->state, 2, __ATOMIC_ACQUIRE) != 0)
    system_call(SYS_futex, (long)&lock->state, 128 /* FUTEX_WAIT_PRIVATE */, 2, 0, 0, 0);
}

static inline void lock_give(struct guard_lock *lock) {
  if (__atomic_exchange_n(&lock->state, 0, __ATOMIC_RELEASE) == 2)
    system_call(SYS_futex, (long)&lock->state, 129 /* FUTEX_WAKE_PRIVATE */, 1, 0, 0, 0);
}

#endif
