// Shows, by its argument: a call through a null pointer, a jump to a wild one, a noreturn call that ends its function, a leaf
// without a frame, a crash in the vDSO, a frame that is realigned, and abort().
#include <stdlib.h>
#include <string.h>
#include <time.h>

volatile int sink;
int (*volatile null_function)(int);

__attribute__((noinline)) int call_null(int n) { return null_function(n) + 1; }

__attribute__((noinline)) int call_wild(int n) {
  null_function = (int (*)(int))0x5a5a5a5a5a5a;
  return null_function(n) + 1;
}

__attribute__((noinline, noreturn)) void never_returns(int n) {
  sink = n;
  __builtin_trap();
}

__attribute__((noinline, noreturn)) void ends_with_call(int n) { never_returns(n + 1); }

__attribute__((noinline)) int leaf(volatile int *p) { return *p; }

__attribute__((noinline)) int calls_leaf(int n) { return leaf((int *)(long)n) + 1; }

__attribute__((noinline)) int realigned(int n) {
  _Alignas(64) volatile char buffer[64 + 64];
  memset((char *)buffer, n, sizeof buffer);
  int r = leaf((int *)(long)buffer[3]);
  return r + buffer[5];
}

__attribute__((noinline)) void aborts(int n) {
  if (n) abort();
  sink = n;
}

__attribute__((noinline)) int into_vdso(int n) { return time((time_t *)(long)(n * 16)) + 1; }

__attribute__((noinline)) int choose(const char *what) {
  if (!strcmp(what, "null")) return call_null(1) + 1;
  if (!strcmp(what, "wild")) return call_wild(1) + 1;
  if (!strcmp(what, "noreturn")) ends_with_call(1);
  if (!strcmp(what, "leaf")) return calls_leaf(1) + 1;
  if (!strcmp(what, "vdso")) return into_vdso(1) + 1;
  if (!strcmp(what, "realigned")) return realigned(1) + 1;
  aborts(1);
  return 1;
}

int main(int argc, char **argv) { return choose(argv[1]) + 1; }
