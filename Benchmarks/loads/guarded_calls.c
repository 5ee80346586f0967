// guarded_calls read|getenv|threads COUNT [VARIABLES]: what one call takes, in nanoseconds, by the best of ten parts. getenv asks
// for each of so many variables in turn; threads makes and joins one after another.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void *returns(void *argument) { return argument; }

int main(int argc, char **argv) {
  if (argc < 3) return 64;
  long count = atol(argv[2]) / 10;
  static char names[1000][32];
  int variables = argc > 3 ? atoi(argv[3]) : 1;
  if (variables < 1 || variables > 1000) return 64;
  int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
  if (argc > 3) clearenv();
  for (int index = 0; index < variables; index++) {
    snprintf(names[index], sizeof names[index], "VARIABLE_NUMBER_%d", index);
    setenv(names[index], "value", 1);
  }
  double best = 1e18;
  for (int part = 0; part < 10; part++) {
    double start = now();
    for (long call = 0; call < count; call++) {
      char byte;
      pthread_t thread;
      if (!strcmp(argv[1], "read")) {
        if (read(zero, &byte, 1) != 1) return 1;
      } else if (!strcmp(argv[1], "getenv")) {
        if (getenv(names[call % variables]) == NULL) return 1;
      } else if (pthread_create(&thread, NULL, returns, NULL) != 0 || pthread_join(thread, NULL) != 0) {
        return 1;
      }
    }
    double took = (now() - start) / (double)count;
    if (took < best) best = took;
  }
  printf("%.3f\n", best);
  return 0;
}
