// Faults that look like an exhausted stack and are not: near or in a guard page, deep in a recursion, or far
// below the stack, with the stack pointer in a healthy place.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

volatile int sink;
volatile char *pointer;

__attribute__((noinline)) int deep(int n) {
  volatile char local[64];
  local[0] = (char)n;
  if (n == 0) return *pointer;
  return deep(n - 1) + local[0];
}

/// A heap block with a guard above it, directly below a stack of a thread.
static void *overrun(void *unused) {
  (void)unused;
  pthread_attr_t attributes;
  void *base;
  size_t size;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &base, &size);
  // From outside of the stack into its guard.
  pointer = (char *)base - 64;
  *pointer = 1;
  return 0;
}

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  char local = 0;
  if (!strcmp(mode, "deep-null")) return deep(20000);
  if (!strcmp(mode, "guard-by-pointer")) {
    pthread_t thread;
    pthread_create(&thread, 0, overrun, 0);
    pthread_join(thread, 0);
  }
  if (!strcmp(mode, "below-mapping")) {
    char *block = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(block, 1 << 19);
    pointer = block + (1 << 19) - 16;
    *pointer = 1;
  }
  if (!strcmp(mode, "far-below-stack")) {
    // A negative index into an array on the stack, by a register: a wild write.
    volatile long index = -(64l << 20);
    ((volatile char *)&local)[index] = 1;
  }
  return 2;
}
