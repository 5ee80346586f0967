// Shows a core far larger than memory: 20 GiB of reserved address space (or as many as the argument says), a few
// pages of it written, and a null write.
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

int main(int argc, char **argv) {
  size_t size = (size_t)(argc > 1 ? atoi(argv[1]) : 20) << 30;
  char *reserved = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) {
    perror("mmap");
    return 1;
  }
  for (size_t offset = 0; offset < size; offset += 64 << 20)
    reserved[offset] = 1;
  *(volatile int *)argv[argc] = 1;
}
