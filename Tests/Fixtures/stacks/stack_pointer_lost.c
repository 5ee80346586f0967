// The stack pointer itself is wrong, by MODE: a switch to a context that was never set, freed or overwritten. No stack
// is exhausted.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

volatile uint64_t context;

__attribute__((noinline)) void switch_to(uint64_t stack) {
#ifdef __x86_64__
  __asm__ volatile("mov %0, %%rsp\n push %%rax\n" : : "r"(stack) : "memory");
#else
  __asm__ volatile("mov sp, %0\n str x0, [sp, #-16]!\n" : : "r"(stack) : "memory");
#endif
}

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  if (!strcmp(mode, "null")) switch_to(context);
  if (!strcmp(mode, "low")) switch_to(0x10000);
  if (!strcmp(mode, "wild")) switch_to(0x123456789000);
  if (!strcmp(mode, "text")) switch_to(0x4141414141414140);
  if (!strcmp(mode, "code")) switch_to((uint64_t)main & ~15ul);
  if (!strcmp(mode, "below")) switch_to(((uint64_t)&count & ~4095ul) - (64ul << 20));
  return 2;
}
