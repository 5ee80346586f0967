/* Four threads wait, and a fifth reads through a null pointer: argument 1 is how many wait, argument 3 how many
   seconds pass first (1). */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static volatile int *nowhere;
char *volatile kept_on_heap;

static void *wait_for_ever(void *argument) {
  pause();
  return argument;
}

static void *read_null(void *argument) {
  sleep(*(unsigned *)argument);
  return (void *)(long)*nowhere;
}

int main(int count, char **arguments) {
  pthread_t thread;
  unsigned seconds = count > 3 ? (unsigned)atoi(arguments[3]) : 1;
  int waiting = count > 1 ? atoi(arguments[1]) : 4;
  kept_on_heap = malloc(100);
  for (int i = 0; i < waiting; i++) pthread_create(&thread, NULL, wait_for_ever, NULL);
  pthread_create(&thread, NULL, read_null, &seconds);
  pthread_join(thread, NULL);
  return 0;
}
