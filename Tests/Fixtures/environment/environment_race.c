// A thread in getenv while another replaces the array of the environment: the classic race.
// setenv of a new name makes glibc (up to 2.40) move the array that getenv walks without a lock, and free the old.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef OWN_ENVIRON
// A variable of the same name that is the program's alone: libc never looks at it.
static char *own[] = {"ONE=1", "TWO=2", "THREE=3", "FOUR=4", "FIVE=5", 0};
__attribute__((visibility("hidden"), used)) char **environ = own;
#endif

static void *worker(void *unused) {
  (void)unused;
  for (;;) {
    if (getenv("SSL_CERT_FILE")) puts("found");
  }
}

static void set(int first, int last) {
  char name[32];
  for (int i = first; i < last; i++) {
    snprintf(name, sizeof name, "PROXY_SETTING_%d", i);
    setenv(name, "/usr/share/ca-certificates", 1);
  }
}

// Workers start while the main thread still sets what it read from its settings. Most starts end in the race; one
// that does not is followed by another, unless there is an argument.
int main(int count, char **arguments, char **environment) {
  pthread_t thread;
  char self[4096] = "";
  unsigned left = alarm(0);
  alarm(left ? left : 20);
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) return 1;
  set(0, 40);
  for (int i = 0; i < 3; i++) pthread_create(&thread, 0, worker, 0);
  set(40, count > 1 ? 4000 : 110);
  if (count > 1) return 0;
  return execve(self, arguments, environment);
}
