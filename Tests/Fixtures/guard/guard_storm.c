// Everything that happens to an environment at once: writers, readers, walkers and programs being started, for so long.
//
//   guard_storm MILLISECONDS [WRITERS READERS]
//
// Prints how much of each was done, and what went wrong: a value that nobody set, a variable that was there all the time
// and was not found, an entry that is none, a posix_spawn that failed.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
static atomic_bool ends;
static atomic_long sets, gets, walks, spawns, wrong;

static void complain(const char *what, const char *text) {
  if (atomic_fetch_add(&wrong, 1) < 5) printf("wrong: %s: %s\n", what, text ? text : "(none)");
}

/* A value is one digit many times: a mix of two shows. */
static int is_uniform(const char *value) {
  for (const char *next = value; *next; next++)
    if (*next != *value) return 0;
  return 1;
}

static void *write_it(void *number) {
  unsigned seed = (unsigned)(size_t)number;
  static char mine[2][8][32];
  while (!ends) {
    char name[16], value[40];
    unsigned which = rand_r(&seed) % 8, length = rand_r(&seed) % 31;
    snprintf(name, sizeof name, "S%u", which);
    memset(value, '0' + (int)(rand_r(&seed) % 10), length);
    value[length] = 0;
    switch (rand_r(&seed) % 8) {
      case 0: unsetenv(name); break;
      case 1: snprintf(name, sizeof name, "N%u", rand_r(&seed) % 300); setenv(name, "1", 1); break;
      case 2: snprintf(name, sizeof name, "N%u", rand_r(&seed) % 300); unsetenv(name); break;
      case 3: {
        char *text = mine[(size_t)number % 2][which];
        if (!*text) snprintf(text, 32, "P%u=000", which);
        putenv(text);
        break;
      }
      default: setenv(name, value, 1);
    }
    sets++;
  }
  return NULL;
}

static void *read_it(void *number) {
  unsigned seed = (unsigned)(size_t)number + 100;
  while (!ends) {
    char name[16];
    snprintf(name, sizeof name, "S%u", rand_r(&seed) % 8);
    const char *value = getenv(name);
    if (value && !is_uniform(value)) complain("a mixed value", value);
    value = getenv("ALWAYS");
    if (!value || strcmp(value, "here")) complain("ALWAYS", value);
    tzset(); /* libc's own getenv */
    gets += 2;
  }
  return NULL;
}

static void *walk_it(void *number) {
  (void)number;
  while (!ends) {
    int has = 0;
    /* Each entry is read once: it may be another's place the next moment. */
    char *text;
    for (char **entry = environ; entry && (text = *(char *volatile *)entry); entry++) {
      char copy[256];
      size_t length = strlen(text);
      if (length >= sizeof copy) continue;
      memcpy(copy, text, length);
      copy[length] = 0;
      if (length && !strchr(copy, '=')) complain("an entry without a name", copy);
      has |= !strcmp(copy, "ALWAYS=here");
    }
    if (!has) complain("a walk without ALWAYS", NULL);
    walks++;
  }
  return NULL;
}

static void *spawn_it(void *number) {
  (void)number;
  char *words[] = {"true", NULL};
  while (!ends) {
    pid_t child;
    int error = posix_spawn(&child, "/bin/true", NULL, NULL, words, environ);
    if (error) complain("posix_spawn", strerror(error));
    else waitpid(child, NULL, 0);
    spawns++;
  }
  return NULL;
}

int main(int count, char **words) {
  long milliseconds = count > 1 ? atol(words[1]) : 1000;
  int writers = count > 2 ? atoi(words[2]) : 2, readers = count > 3 ? atoi(words[3]) : 6;
  setenv("ALWAYS", "here", 1);
  pthread_t threads[64];
  int made = 0;
  for (int index = 0; index < writers; index++) pthread_create(&threads[made++], NULL, write_it, (void *)(size_t)index);
  for (int index = 0; index < readers; index++) pthread_create(&threads[made++], NULL, read_it, (void *)(size_t)index);
  pthread_create(&threads[made++], NULL, walk_it, NULL);
  pthread_create(&threads[made++], NULL, spawn_it, NULL);
  struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  nanosleep(&pause, NULL);
  ends = 1;
  while (made > 0) pthread_join(threads[--made], NULL);
  printf("%ld sets, %ld gets, %ld walks, %ld spawns, %ld wrong\n", (long)sets, (long)gets, (long)walks, (long)spawns,
         (long)wrong);
  return wrong != 0;
}
