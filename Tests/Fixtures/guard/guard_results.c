// What each function of the environment returns, with errno, and what the environment then is; to be compared with and
// without the guard. Entries are sorted: in which order they stand is nobody's business.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static int compare(const void *one, const void *other) { return strcmp(*(char *const *)one, *(char *const *)other); }

static void show(const char *what, int result) {
  int error = errno;
  printf("%s: %d, errno %d, environ %s:", what, result, error, environ ? "is" : "null");
  char *entries[64];
  size_t count = 0;
  for (char **entry = environ; entry && *entry && count < 64; entry++) entries[count++] = *entry;
  qsort(entries, count, sizeof *entries, compare);
  for (size_t index = 0; index < count; index++)
    if (strncmp(entries[index], "LD_", 3) && strncmp(entries[index], "INQUEST_", 8)) printf(" [%s]", entries[index]);
  printf("\n");
  errno = 0;
}

static void look(const char *name) {
  const char *value = getenv(name);
  printf("getenv(\"%s\"): %s, errno %d\n", name, value ? value : "(null)", errno);
  errno = 0;
}

#define SHOW(call) show(#call, call)

int main(void) {
  errno = 0;
  SHOW(clearenv());
  look("A");
  SHOW(unsetenv("A"));
  SHOW(setenv("A", "1", 0));
  SHOW(setenv("A", "2", 0));
  look("A");
  SHOW(setenv("A", "2", 1));
  look("A");
  SHOW(setenv("A", "", 1));
  look("A");
  SHOW(setenv("", "x", 1));
  SHOW(setenv("A=B", "x", 1));
  SHOW(setenv("=", "x", 1));
  SHOW(setenv("AB", "=x=", 1));
  look("AB");
  look("AB=");
  look("A=");
  look("");
  look("=");
  look("B");
  look("ABC");
  SHOW(unsetenv(""));
  SHOW(unsetenv("A=B"));
  SHOW(unsetenv("NONE"));
#ifdef __GLIBC__
  /* musl does not look for these. */
  char *volatile null = NULL;
  SHOW(unsetenv(null));
  SHOW(setenv(null, "1", 1));
#endif
  SHOW(unsetenv("A"));
  SHOW(putenv("AB"));
  SHOW(putenv(""));
  SHOW(putenv("NONE"));
  static char mine[] = "P=one";
  SHOW(putenv(mine));
  mine[2] = 'O';
  look("P");
  printf("putenv keeps the text itself: %d\n", getenv("P") == mine + 2);
  SHOW(setenv("P", "two", 1));
  printf("and setenv leaves it alone: %s\n", mine);
  SHOW(putenv("EMPTY="));
  look("EMPTY");
  static char unnamed[] = "=value";
  SHOW(putenv(unnamed));
  SHOW(clearenv());
  SHOW(putenv("X=1"));
  /* Lists of the program's own. */
  char *own[] = {"ONE=1", "TWO=2", "ONE=again", NULL};
  environ = own;
  look("ONE");
  SHOW(unsetenv("ONE"));
  SHOW(setenv("TWO", "two", 1));
  SHOW(setenv("THREE", "3", 1));
  environ[0] = NULL;
  look("TWO");
  show("environ[0] = NULL", 0);
  SHOW(setenv("AFTER", "1", 1));
  SHOW(setenv("AFTER2", "1", 1));
  char *none[] = {NULL};
  environ = none;
  SHOW(unsetenv("AFTER"));
  SHOW(setenv("FROM_NONE", "1", 1));
  environ = NULL;
  look("FROM_NONE");
  SHOW(unsetenv("FROM_NONE"));
  SHOW(setenv("FROM_NULL", "1", 1));
  char **saved = environ;
  SHOW(setenv("LATER", "1", 1));
  (void)saved;
  for (int index = 0; index < 40; index++) {
    char name[16];
    snprintf(name, sizeof name, "V%d", index);
    setenv(name, "v", 1);
  }
  show("forty", 0);
  for (int index = 0; index < 40; index += 3) {
    char name[16];
    snprintf(name, sizeof name, "V%d", index);
    unsetenv(name);
  }
  show("fewer", 0);
  SHOW(clearenv());
  printf("secure_getenv: %s\n", secure_getenv("X") ? "is" : "(null)");
  return 0;
}
