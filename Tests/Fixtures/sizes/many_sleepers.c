// As many threads as its argument says wait for a condition that never comes, a few calls deep; the first one pauses.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sleepers.h"
#include "../until_asleep.h"

static pthread_barrier_t start;

static void *sleeper(void *unused) {
  pthread_barrier_wait(&start);
  wait_deep(10);
  return unused;
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 1;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 << 10);
  pthread_barrier_init(&start, NULL, (unsigned)count + 1);
  for (int index = 0; index < count; index++) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, sleeper, NULL) != 0) return 1;
  }
  pthread_barrier_wait(&start);
  until_all_asleep();
  puts("ready");
  fflush(stdout);
  for (;;) pause();
}
