// A program that does nothing wrong: it says that it is ready, and waits.
#include <stdio.h>
#include <unistd.h>

int main(void) {
  puts("ready");
  fflush(stdout);
  for (;;) pause();
}
