/* As many threads as its argument says sleep, a few calls deep, and one looks at the clock every 100 us: the longest time that
   it did not get to is how long the process stood still. A line on standard input asks for that, in microseconds, and begins
   anew. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../Tests/Fixtures/sizes/sleepers.h"

static atomic_ulong longest;

static void *sleeper(void *unused) {
  wait_deep(10);
  return unused;
}

static unsigned long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (unsigned long)time.tv_sec * 1000000 + (unsigned long)time.tv_nsec / 1000;
}

static void *meter(void *unused) {
  unsigned long before = now();
  struct timespec pause = {0, 100000};
  for (;;) {
    nanosleep(&pause, NULL);
    unsigned long here = now(), gap = here - before;
    if (gap > atomic_load(&longest)) atomic_store(&longest, gap);
    before = here;
  }
  return unused;
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 1000;
  pthread_t thread;
  for (int index = 0; index < count; index++)
    if (pthread_create(&thread, NULL, sleeper, NULL) != 0) return 1;
  pthread_create(&thread, NULL, meter, NULL);
  char line[16];
  while (fgets(line, sizeof line, stdin) != NULL) {
    printf("%lu\n", atomic_exchange(&longest, 0));
    fflush(stdout);
  }
  return 0;
}
