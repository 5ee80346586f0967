// A thread in getenv while another replaces the array of the environment: the classic race.
// setenv of a new name makes glibc (up to 2.40) reallocate the array that getenv walks without a lock.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *reader(void *unused) {
  (void)unused;
  for (;;) {
    if (getenv("SSL_CERT_FILE_THAT_NOBODY_SET")) puts("found");
  }
}

static void *allocator(void *unused) {
  (void)unused;
  // What the array's old place is given to next: other people's data.
  for (;;) {
    void *blocks[64];
    for (int i = 0; i < 64; i++) {
      long *words = blocks[i] = malloc(64 + 16 * (size_t)i);
      if (words)
        for (int word = 0; word < 8 + 2 * i; word++) words[word] = 0x220;
    }
    for (int i = 0; i < 64; i++) free(blocks[i]);
  }
}

int main(void) {
  pthread_t thread;
  alarm(20);
  for (int i = 0; i < 3; i++) pthread_create(&thread, 0, reader, 0);
  char name[32], padding[64];
  for (int round = 0;; round++) {
    snprintf(name, sizeof name, "INQUEST_DEMO_%d", round % 400);
    snprintf(padding, sizeof padding, "/usr/share/%d", round);
    setenv(name, padding, 1);
    if (round == 40) pthread_create(&thread, 0, allocator, 0);
    if (round % 400 == 399)
      for (int i = 0; i < 400; i++) {
        snprintf(name, sizeof name, "INQUEST_DEMO_%d", i);
        unsetenv(name);
      }
  }
}
