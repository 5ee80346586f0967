// Control that comes to where no code is, by other ways than a plain call, one a MODE: a jump that ends a function, a
// return address overwritten, code beyond the end of its file.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

volatile long zero;
volatile int sink;
int (*volatile callback)(int);

__attribute__((noinline)) int tail(int value) { return callback(value); }
__attribute__((noinline)) int calls_tail(int value) { return tail(value) + 1; }
__attribute__((noinline)) void overrun(const char *from) {
  char local[16];
  memcpy(local, from, (size_t)zero + 64);
  sink = local[3];
}

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  static char zeros[64], low[64];
  memset(low, 1, sizeof low);
  for (int i = 2; i < 64; i += 8) memset(low + i, 0, 6);
  if (!strcmp(mode, "tail")) sink = calls_tail(1);
  if (!strcmp(mode, "return-null")) overrun(zeros);
  if (!strcmp(mode, "return-low")) overrun(low);
  if (!strcmp(mode, "beyond-file")) {
    int file = open("code.data", O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0) return 3;
    callback = (int (*)(int))mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    sink = callback(1) + 1;
  }
  if (!strcmp(mode, "read-only")) {
    char *memory = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memory[zero] = 1;
  }
  if (!strcmp(mode, "literal")) ((volatile char *)"do not write here")[zero + 3] = 'x';
  return 2;
}
