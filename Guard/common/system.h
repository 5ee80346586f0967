#ifndef GUARD_SYSTEM_H
#define GUARD_SYSTEM_H

/* System calls without libc: they touch no errno, no lock and no thread-local variable, so that they may be made in a
   signal handler, before main, and in the child of a fork or a vfork. Each returns what the kernel does: -errno where it
   fails. */

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory", "cc");
  return x0;
}
#else
#error "the guard is made for x86-64 and aarch64"
#endif

static inline int system_failed(long result) { return (unsigned long)result >= (unsigned long)-4095; }

/// Pages of zeros, or null. They are never given back.
static inline void *system_pages(size_t size) {
  /* PROT_READ | PROT_WRITE; MAP_PRIVATE | MAP_ANONYMOUS: the same numbers on both architectures. */
  long result = system_call(SYS_mmap, 0, (long)size, 3, 0x22, -1, 0);
  return system_failed(result) ? NULL : (void *)result;
}

#endif
