// Shows where malloc's chunks lie: of the main arena, of a thread's arena and its second heap, mapped, aligned, freed.
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

char *small, *large, *freed, *cached, *behind, *last, *mapped, *aligned, *top, *other;
char *thread_small, *thread_freed, *thread_header, *thread_second_heap;

static void *in_thread(void *unused) {
  thread_small = malloc(100);
  thread_freed = malloc(3000);
  char *keeper = malloc(40);
  free(thread_freed);
  // An arena's heap is 64 MiB at most: the next chunks lie in another.
  for (int i = 0; i < 700; i++) thread_second_heap = malloc(100 << 10);
  thread_header = (char *)(((uintptr_t)thread_small & ~((64ul << 20) - 1)) + 100);
  *keeper = 1;
  return unused;
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "whole";
  small = malloc(24);
  large = malloc(1000);
  freed = malloc(2000);
  behind = malloc(200);
  cached = malloc(56);
  last = malloc(300);
  mapped = malloc(1 << 20);
  aligned = memalign(1 << 16, 1 << 20);
  // Memory of nobody's, whose first words are nearly a mapped chunk's header.
  size_t *words =
      mmap((void *)0x1000000000, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  words[1] = 4096 | 2;
  other = (char *)words;
  pthread_t thread;
  pthread_create(&thread, NULL, in_thread, NULL);
  pthread_join(thread, NULL);
  free(freed);
  free(cached);
  top = (char *)sbrk(0) - 64;
  memset(small, 'x', malloc_usable_size(small));
  if (!strcmp(mode, "overwritten")) memset(large, 'A', malloc_usable_size(large) + 16);
  printf("%p %p %p %p %p %p %p %p\n", small, large, freed, cached, mapped, aligned, thread_small, thread_second_heap);
  fflush(stdout);
  abort();
}
