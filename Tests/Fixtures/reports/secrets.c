// Shows what a redacted bundle must not hold: a secret in the environment, the arguments, the heap, a stack buffer, .data,
// .bss, a constant and a thread's name, in a program that then dies of a null write, of recursion or of abort.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "Xq7Zk3VwT9sBn2Lc"

static char in_data[] = "data:" SECRET ":data";
static char in_bss[64];
static const char *volatile constant = "constant:" SECRET;

__attribute__((noinline)) static long recurse(long depth, const char *text) {
  char buffer[64];
  snprintf(buffer, sizeof buffer, "%s %ld", text, depth);
  return recurse(depth + 1, buffer) + buffer[depth & 63];
}

static void *waiting(void *argument) {
  pthread_setname_np(pthread_self(), SECRET + 1);
  char on_stack[64];
  strcpy(on_stack, (char *)argument);
  pthread_barrier_t *barrier = (pthread_barrier_t *)((char *)argument + 128);
  pthread_barrier_wait(barrier);
  pthread_barrier_wait(barrier);
  return (void *)(size_t)on_stack[0];
}

int main(int argc, char **argv) {
  char on_stack[64];
  strcpy(on_stack, "stack:");
  strcat(on_stack, argc > 2 ? argv[2] : SECRET);
  char *on_heap = calloc(1, 512);
  snprintf(on_heap, 100, "heap:%s:%s", constant, getenv("SECRET_TOKEN") ? getenv("SECRET_TOKEN") : "");
  strcpy(in_bss, on_stack);
  in_data[0] = 'D';
  pthread_barrier_init((pthread_barrier_t *)(on_heap + 128), NULL, 2);
  pthread_t thread;
  pthread_create(&thread, NULL, waiting, on_heap);
  pthread_barrier_wait((pthread_barrier_t *)(on_heap + 128));
  pthread_setname_np(pthread_self(), SECRET + 1);
  const char *how = argc > 1 ? argv[1] : "null";
  if (strcmp(how, "recursion") == 0) return (int)recurse(0, on_stack);
  if (strcmp(how, "abort") == 0) abort();
  *(volatile int *)(size_t)(argc > 100) = on_stack[3];
  return 0;
}
