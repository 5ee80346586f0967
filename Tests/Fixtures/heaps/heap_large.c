// Shows a large heap of real chunks: MEBIBYTES of them, of SMALLEST to LARGEST bytes, a fifth of them freed; then it aborts.
#define _GNU_SOURCE
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

/// What malloc itself says of its heap at the end.
struct mallinfo2 info;

int main(int count, char **arguments) {
  size_t wanted = (count > 1 ? strtoul(arguments[1], 0, 10) : 64) << 20;
  size_t smallest = count > 2 ? strtoul(arguments[2], 0, 10) : 24;
  size_t largest = count > 3 ? strtoul(arguments[3], 0, 10) : 4000;
  uint64_t random = 88172645463325252u;
  void *kept = 0;
  for (size_t got = 0; got < wanted;) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    size_t size = smallest + random % (largest - smallest + 1);
    // Small sizes come more often, as in programs.
    if (random >> 32 & 1) size = smallest + (size - smallest) / 8;
    char *block = malloc(size);
    if (!block) break;
    got += size + 16;
    block[0] = 1;
    // What is freed now is behind what is kept: it stays in the bins.
    if (random >> 60 < 3) {
      free(kept);
      kept = block;
    }
  }
  info = mallinfo2();
  abort();
}
