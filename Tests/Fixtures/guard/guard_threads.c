// Threads that are joined, detached, forgotten, cancelled, joined twice, by way of pthreads and of C11, one case a MODE;
// and what pthread_create and pthread_join cost.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static void *returns(void *value) { return value; }
static void *exits(void *value) { pthread_exit(value); }
static void *waits(void *value) {
  pause();
  return value;
}
static void *detaches(void *value) {
  pthread_detach(pthread_self());
  return value;
}
static int c11(void *value) { return (int)(long)value; }
static pthread_t first;
static void *joins_itself(void *value) { return (void *)(long)pthread_join(pthread_self(), (void **)&value); }

__attribute__((noinline)) pthread_t made(void *(*routine)(void *)) {
  pthread_t thread;
  int error = pthread_create(&thread, 0, routine, (void *)7);
  if (error) printf("pthread_create: %s\n", strerrorname_np(error)), exit(1);
  return thread;
}

static void after(double seconds) {
  struct timespec time = {(long)seconds, (long)((seconds - (long)seconds) * 1e9)};
  nanosleep(&time, 0);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  void *value = 0;
  if (!strcmp(mode, "all")) {
    // Nine joined, five detached, two forgotten.
    void *(*kinds[])(void *) = {returns, exits, returns};
    for (int kind = 0; kind < 3; kind++) {
      pthread_join(made(kinds[kind]), &value);
      printf("%ld ", (long)value);
    }
    pthread_t cancelled = made(waits);
    pthread_cancel(cancelled);
    pthread_join(cancelled, &value);
    printf("%d ", value == PTHREAD_CANCELED);
    pthread_t tried = made(returns);
    while (pthread_tryjoin_np(tried, &value) == EBUSY) after(0.001);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 5;
    pthread_t timed = made(waits);
    struct timespec past = {1, 0};
    printf("%s ", strerrorname_np(pthread_timedjoin_np(timed, 0, &past)));
    pthread_cancel(timed);
    pthread_timedjoin_np(timed, 0, &until);
    pthread_clockjoin_np(made(returns), 0, CLOCK_REALTIME, &until);
    thrd_t thread;
    int result;
    thrd_create(&thread, c11, (void *)5);
    thrd_join(thread, &result);
    printf("%d ", result);
    thrd_create(&thread, c11, (void *)-6);
    thrd_join(thread, &result);
    printf("%d\n", result);
    pthread_detach(made(returns));
    made(detaches);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t detached;
    pthread_create(&detached, &attributes, exits, 0);
    pthread_create(&detached, &attributes, returns, 0);
    pthread_detach(made(exits));
    made(returns);
    pthread_cancel(made(waits));
    after(0.3);
  }
  if (!strcmp(mode, "twice")) {
    first = made(returns);
    pthread_t other = made(waits);
    printf("%d ", pthread_join(first, 0));
    printf("%s ", strerrorname_np(pthread_join(first, 0)));
    pthread_detach(other);
    printf("%s\n", strerrorname_np(pthread_join(other, 0)));
  }
  if (!strcmp(mode, "itself")) {
    pthread_join(made(joins_itself), &value);
    printf("%s\n", strerrorname_np((int)(long)value));
  }
  if (!strcmp(mode, "forgotten")) {
    for (int index = 0; index < 100; index++) made(returns);
    after(0.3);
  }
  if (!strcmp(mode, "space")) {
    struct rlimit limit = {64 << 20, 64 << 20};
    setrlimit(RLIMIT_AS, &limit);
    for (;;) made(waits);
  }
  if (!strcmp(mode, "mappings")) for (;;) made(returns);
  if (!strcmp(mode, "attributes")) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)1 << 46);
    printf("%s\n", strerrorname_np(pthread_create(&first, &attributes, returns, 0)));
  }
  if (!strcmp(mode, "stacks")) {
    // Stacks of the program's own, the smallest there are, and none too small.
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    size_t size = 65536;
    void *stack = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_setstack(&attributes, stack, size);
    for (int round = 0; round < 3; round++) {
      int error = pthread_create(&first, &attributes, returns, &size);
      printf("%d ", error ? error : pthread_join(first, &value));
    }
    pthread_attr_init(&attributes);
    printf("%d ", pthread_attr_setstacksize(&attributes, 16384));
    int error = pthread_create(&first, &attributes, returns, &size);
    printf("%d %d ", error, error ? 0 : pthread_join(first, &value));
    pthread_attr_getstacksize(&attributes, &size);
    printf("%zu\n", size);
  }
  if (!strcmp(mode, "storm")) {
    // Births and ends from several threads at once, with a fork now and then.
    long rounds = atol(arguments[2]);
    for (long round = 0; round < rounds; round++) {
      pthread_t threads[16];
      for (int index = 0; index < 16; index++) threads[index] = made(index % 4 == 1 ? exits : index % 4 == 2 ? detaches : returns);
      if (round % 16 == 0 && fork() == 0) {
        pthread_join(made(returns), &value);
        _exit(value == (void *)7 ? 0 : 1);
      }
      for (int index = 0; index < 16; index++)
        if (index % 4 != 2 && (pthread_join(threads[index], &value) != 0 || value != (void *)7)) return 1;
      int status = 0;
      while (waitpid(-1, &status, round % 16 ? WNOHANG : 0) > 0)
        if (status != 0) return 2;
    }
    puts("well");
  }
  if (!strcmp(mode, "cost")) {
    int rounds = atoi(arguments[2]);
    double best = 1e9;
    for (int part = 0; part < 10; part++) {
      double start = now();
      for (int round = 0; round < rounds / 10; round++) pthread_join(made(returns), 0);
      double took = (now() - start) / (rounds / 10);
      if (took < best) best = took;
    }
    printf("%.2f us\n", best);
  }
  return 0;
}
