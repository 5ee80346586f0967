// Shows a walk of an environment that has been freed and not yet replaced: "replacing" holds the writer inside realloc.
// "unmapped" has an array with a mapping of its own, which goes while it is walked.
// "freed-by-program" is no race: the program freed the array itself.
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern char **environ;
volatile long sink;
static volatile int armed, freed, walking, replaced;
static char *page;

/* Stands for libc's, and makes the moment last at which the old array is free and environ still points to it. */
__attribute__((noinline)) void *realloc(void *old, size_t size) {
  char *new = malloc(size);
  if (old == 0 || new == 0) return new;
  memcpy(new, old, size < malloc_usable_size(old) ? size : malloc_usable_size(old));
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

/* The walk has come to the string in the page that cannot be read: it goes on when the array has been replaced. */
static void at_page(int number) {
  (void)number;
  if (walking) {
    /* The thread that replaces it compares all names first. */
    mprotect(page, 4096, PROT_READ);
    return;
  }
  walking = 1;
  while (!replaced) usleep(1000);
  signal(SIGSEGV, SIG_DFL);
}

static void *replacer(void *unused) {
  (void)unused;
  while (!walking) usleep(1000);
  setenv("INQUEST_LATE", "1", 1);
  replaced = 1;
  for (;;) pause();
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
  if (!strcmp(mode, "unmapped")) {
    mallopt(M_MMAP_THRESHOLD, 4096);
    page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    strcpy(page, "AAA=1");
    for (int i = 0; i < 900; i++) {
      char text[32];
      snprintf(text, sizeof text, "INQUEST_%d", i);
      if (i == 600) putenv(page);
      setenv(text, "1", 1);
    }
    pthread_create(&thread, 0, replacer, 0);
    signal(SIGSEGV, at_page);
    mprotect(page, 4096, PROT_NONE);
  }
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
