// A thread in getenv while another replaces the array of the environment: the classic race.
// setenv of a new name makes glibc (up to 2.40) move the array that getenv walks without a lock, and free the old.
#define _DEFAULT_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *reader(void *unused) {
  (void)unused;
  for (;;) {
    if (getenv("SSL_CERT_FILE")) puts("found");
  }
}

int main(void) {
  pthread_t thread;
  alarm(20);
  for (int i = 0; i < 3; i++) pthread_create(&thread, 0, reader, 0);
  char name[32];
  for (;;) {
    for (int i = 0; i < 100; i++) {
      snprintf(name, sizeof name, "PROXY_SETTING_%d", i);
      setenv(name, "/usr/share/ca-certificates", 1);
    }
    clearenv();
  }
}
