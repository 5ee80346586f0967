// Threads that wait for a condition that never comes, a few calls deep: for many_sleepers.c, and for Benchmarks/stop_meter.c.
#ifndef SLEEPERS_H
#define SLEEPERS_H
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void wait_deep(int depth) {
  volatile char frame[200];
  frame[0] = (char)depth;
  if (depth > 0) {
    wait_deep(depth - 1);
  } else {
    pthread_mutex_lock(&lock);
    for (;;) pthread_cond_wait(&never, &lock);
  }
  frame[1] = frame[0];
}
#endif
