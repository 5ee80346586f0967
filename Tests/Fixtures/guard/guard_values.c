// What changing a few variables for ever costs.
//
//   guard_values sets N      N calls of setenv for three variables, each time with a value that never was there
//   guard_values cycle N     the same with a hundred values, each asked for after it was set
//   guard_values held N      a value that getenv returned must stay what it was, however often others are set
//   guard_values get N M     N calls of getenv for the last of M variables, and of one that is not there
//
// Prints nanoseconds a call, and how much the program's memory has grown, in KiB.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

extern char **environ;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static long peak(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

static long set(long calls, int cycles, int asks) {
  static const char *const names[] = {"COUNTER", "TZ", "PROGRESS"};
  long wrong = 0;
  for (long call = 0; call < calls; call++) {
    char value[24];
    snprintf(value, sizeof value, "%010ld", cycles ? call % 100 : call);
    setenv(names[call % 3], value, 1);
    if (asks && strcmp(getenv(names[call % 3]), value)) wrong++;
  }
  return wrong;
}

int main(int count, char **words) {
  if (count < 3) return 64;
  long calls = atol(words[2]), wrong = 0, before = peak();
  double start = now();
  if (!strcmp(words[1], "sets")) {
    wrong = set(calls, 0, 0);
  } else if (!strcmp(words[1], "cycle")) {
    wrong = set(calls, 1, 1);
  } else if (!strcmp(words[1], "held")) {
    setenv("COUNTER", "9999999999", 1);
    const char *held = getenv("COUNTER");
    wrong = set(calls, 0, 0);
    wrong += strcmp(held, "9999999999") != 0;
  } else if (!strcmp(words[1], "get") && count > 3) {
    clearenv();
    for (int index = 0; index < atoi(words[3]); index++) {
      char *text = malloc(64);
      snprintf(text, 64, "VARIABLE_NUMBER_%d=value", index);
      putenv(text);
    }
    /* The list as the kernel makes it, in the order in which it was put together, whoever keeps it. */
    char **list = calloc((size_t)atoi(words[3]) + 1, sizeof *list);
    for (int index = 0; index < atoi(words[3]); index++) {
      list[index] = malloc(64);
      snprintf(list[index], 64, "VARIABLE_NUMBER_%d=value", index);
    }
    environ = list;
    char last[64];
    snprintf(last, sizeof last, "VARIABLE_NUMBER_%d", atoi(words[3]) - 1);
    start = now();
    for (long call = 0; call < calls; call++) {
      wrong += getenv(last) == NULL;
      wrong += getenv("NOT_THERE") != NULL;
    }
    calls *= 2;
  } else {
    return 64;
  }
  printf("%.1f ns a call, %ld KiB more, %ld wrong\n", (now() - start) / calls, peak() - before, wrong);
  return wrong != 0;
}
