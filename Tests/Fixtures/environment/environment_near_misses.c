// Crashes in code that reads the environment, none of them a race between threads, one a MODE.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;
volatile long sink;

static void *idle(void *unused) {
  (void)unused;
  for (;;) pause();
}

int main(int count, char **arguments, char **envp) {
  const char *mode = count > 1 ? arguments[1] : "";
  pthread_t thread;
  if (strcmp(mode, "single-threaded-overwritten")) pthread_create(&thread, 0, idle, 0);
  // The environment has moved to the heap once, in peace.
  setenv("INQUEST_ONE", "1", 1);
  if (!strcmp(mode, "null-name")) sink = (long)getenv((char *)(void *volatile){0});
  if (!strcmp(mode, "wild-name")) sink = (long)getenv((char *)(void *volatile){(void *)0x123456789000});
  if (!strcmp(mode, "bad-entry")) {
    environ[3] = (char *)0x123456789000;
    sink = (long)getenv("INQUEST_ABSENT");
  }
  if (!strcmp(mode, "environ-overwritten")) {
    environ = (char **)0x123456789000;
    sink = (long)getenv("INQUEST_ABSENT");
  }
  if (!strcmp(mode, "single-threaded-overwritten")) {
    environ[2] = (char *)0x4141414141414141;
    sink = (long)getenv("INQUEST_ABSENT");
  }
  if (!strcmp(mode, "envp-in-register")) {
    // The first, old array is still at hand: not what faulted.
    char **old = envp;
    sink = *(volatile long *)0 + (long)old[0];
  }
  if (!strcmp(mode, "kernel-array-overwritten")) {
    // The array that the kernel made, which nobody frees, and an entry that the program spoilt itself.
    envp[1] = (char *)0x123456789000;
    for (char **entry = envp; *entry; entry++) sink += **(char *volatile *)entry;
  }
  if (!strcmp(mode, "kept-old-array")) {
    // A pointer to an array that setenv has moved away from: this thread's own doing.
    char **volatile old = environ;
    char name[32] = "INQUEST_A";
    for (int i = 0; i < 100; i++) {
      name[8] = (char)('A' + i % 26);
      name[9] = (char)('a' + i / 26);
      setenv(name, "1", 1);
    }
    old[0] = (char *)0x123456789000;
    for (char **entry = old; *entry; entry++) sink += **(char *volatile *)entry;
  }
  return 2;
}
