// Shows the simplest crash there is, on any architecture: a write to address 8, in a thread's function.
#include <stdio.h>
#include <unistd.h>

struct record {
  long first;
  int second;
};

__attribute__((noinline)) static void fill(struct record *record) {
  record->second = 1; // the null pointer's field at offset 8
}

// With an argument it says that it is ready and waits, for cores that are taken of it alive.
int main(int argc, char **argv) {
  if (argc > 1) {
    puts("ready");
    fflush(stdout);
    for (;;)
      pause();
  }
  fill(argv[argc] == NULL ? NULL : (struct record *)argv);
  return 0;
}
