// Shows a walk of an environment that has been freed and not yet replaced: "replacing" holds the writer inside realloc.
// "freed-by-program" is no race: the program freed the array itself.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;
volatile long sink;
static volatile int armed, freed;

/* Stands for libc's, and makes the moment last at which the old array is free and environ still points to it. */
__attribute__((noinline)) void *realloc(void *old, size_t size) {
  char *new = malloc(size);
  if (old == 0 || new == 0) return new;
  memcpy(new, old, size < 900 ? size : 900);
  free(old);
  if (armed) {
    freed = 1;
    for (;;) pause();
  }
  return new;
}

static void *writer(void *unused) {
  (void)unused;
  armed = 1;
  setenv("INQUEST_TWO", "2", 1);
  return 0;
}

static void *idle(void *unused) {
  (void)unused;
  for (;;) pause();
}

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  pthread_t thread;
  clearenv();
  char name[] = "INQUEST_A";
  for (; name[8] < 'M'; name[8]++) setenv(name, "1", 1);
  if (!strcmp(mode, "replacing")) {
    pthread_create(&thread, 0, writer, 0);
    while (!freed) usleep(1000);
  }
  if (!strcmp(mode, "freed-by-program")) {
    pthread_create(&thread, 0, idle, 0);
    usleep(1000);
    free(environ);
  }
  sink = (long)getenv("INQUEST_ABSENT");
  return 2;
}
