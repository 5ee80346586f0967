// Shows a processor's own results: room for code and data around an address that is printed, and a stop at which a tracer takes over.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void) {
  size_t size = 64 << 20;
  char *room = mmap((void *)0x10000000, size, PROT_READ | PROT_WRITE | PROT_EXEC,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  if (room == MAP_FAILED) return 1;
  raise(SIGSTOP);
  return 0;
}
