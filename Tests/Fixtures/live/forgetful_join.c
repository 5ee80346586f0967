// Shows a system that forgets its dead: a library before libc, in which every pthread_join after the 32nd fails with ESRCH.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int joins;

int pthread_join(pthread_t thread, void **result) {
  static int (*next)(pthread_t, void **);
  if (!next) next = (int (*)(pthread_t, void **))dlsym(RTLD_NEXT, "pthread_join");
  if (atomic_fetch_add(&joins, 1) >= 32) return ESRCH;
  int error = next(thread, result);
  return error;
}
