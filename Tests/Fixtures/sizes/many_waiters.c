// Thousands of threads that wait for one mutex, in the depths of their stacks, whose owner is part of a deadlock; ends by SIGQUIT.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../until_asleep.h"

static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER, journal = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;

__attribute__((noinline)) static long descend(long depth) {
  if (depth == 0) {
    pthread_mutex_lock(&table);
    return 0;
  }
  return descend(depth - 1) + 1;
}

static void *wait_deep(void *depth) { return (void *)descend((long)depth); }

static void *table_first(void *x) {
  pthread_mutex_lock(&table);
  pthread_barrier_wait(&both);
  pthread_mutex_lock(&journal);
  return x;
}

static void *journal_first(void *x) {
  pthread_mutex_lock(&journal);
  pthread_barrier_wait(&both);
  pthread_mutex_lock(&table);
  return x;
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 100;
  long depth = argc > 2 ? atol(argv[2]) : 16;
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 64 << 10);
  pthread_barrier_init(&both, NULL, 2);
  pthread_t thread;
  pthread_create(&thread, &small, table_first, NULL);
  pthread_create(&thread, &small, journal_first, NULL);
  until_all_asleep();
  for (int i = 0; i < count; i++)
    if (pthread_create(&thread, &small, wait_deep, (void *)(depth + i % 7)) != 0) return 1;
  until_all_asleep();
  kill(getpid(), SIGQUIT);
  pthread_join(thread, NULL);
  return 0;
}
