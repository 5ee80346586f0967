// Shows faults by way of the heap, one a MODE: pointers read from freed blocks, writes past the ends of blocks, frees
// of what was freed; and near misses that look alike.
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct node {
  struct node *next;
  struct node *other;
  void (*call)(struct node *);
  long value;
};

volatile long sink;
struct node *volatile shared;
volatile size_t far = 1ul << 40, million = 1 << 20;

__attribute__((noinline)) static void nothing(struct node *node) { sink = node->value; }

__attribute__((noinline)) static struct node *make(size_t size) {
  struct node *node = malloc(size);
  memset(node, 0, size);
  node->call = nothing;
  return node;
}

__attribute__((noinline)) static long next_value(struct node *node) { return node->next->value; }
__attribute__((noinline)) static long other_value(struct node *node) { return node->other->value; }
__attribute__((noinline)) static void call(struct node *node) { node->call(node); }
__attribute__((noinline)) static long element(long *array, size_t index) { return array[index]; }
__attribute__((noinline)) static void fill(volatile char *block, char byte) {
  for (size_t i = 0;; i++) block[i] = byte;
}
__attribute__((noinline)) static size_t named_length(struct node *node) { return strlen((char *)node->next); }

static void *in_thread(void *mode) {
  struct node *node = make(sizeof *node), *keeper = make(sizeof *node);
  free(node);
  sink = next_value(node);
  free(keeper);
  return mode;
}

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  struct node *before = make(sizeof *before), *node = make(sizeof *node), *behind = make(sizeof *behind);
  struct node *large = make(2000), *keeper = make(40);
  shared = before;
  if (!strcmp(mode, "tcache-link")) {
    free(behind);
    free(node);
    sink = next_value(node);
  }
  if (!strcmp(mode, "tcache-key")) {
    free(node);
    sink = other_value(node);
  }
  if (!strcmp(mode, "bin-call")) {
    large->call = 0;
    free(large);
    call(large);
  }
  if (!strcmp(mode, "stale-null")) {
    large->call = 0;
    ((struct node **)large)[20] = 0;
    free(large);
    sink = ((struct node **)large)[20]->value;
  }
  if (!strcmp(mode, "fastbin")) {
    // The thread's cache takes seven of them, the next ones go to a fastbin.
    struct node *all[9];
    for (int i = 0; i < 9; i++) all[i] = make(sizeof *node);
    for (int i = 0; i < 9; i++) free(all[i]);
    sink = next_value(all[8]);
  }
  if (!strcmp(mode, "top")) {
    struct node *last = make(3000);
    last->other = 0;
    ((struct node *volatile *)last)[30] = 0;
    free(last);
    sink = ((struct node *volatile *)last)[30]->value;
  }
  if (!strcmp(mode, "in-library")) {
    free(behind);
    free(node);
    sink = named_length(node);
  }
  if (!strcmp(mode, "thread")) {
    pthread_t thread;
    pthread_create(&thread, NULL, in_thread, NULL);
    pthread_join(thread, NULL);
  }
  if (!strcmp(mode, "index")) sink = element((long *)large, far);
  if (!strcmp(mode, "run")) fill((char *)node, 'r');
  if (!strcmp(mode, "mapped-run")) {
    // The kernel puts the block right below what may not be accessed.
    mmap(0, million, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fill(malloc(million), 'm');
  }
  if (!strcmp(mode, "overflow-abort")) {
    strcpy((char *)node, "a name that is longer than its block is.........\x41\x42");
    free(behind);
    free(malloc(5000));
    free(large);
    free(malloc(100000));
  }
  if (!strcmp(mode, "top-size")) {
    char *last = malloc(24);
    memset(last, 'T', 40);
    sink = (long)malloc(200000);
    sink = (long)malloc(100000);
  }
  if (!strcmp(mode, "double-free")) {
    free(node);
    free(node);
  }
  if (!strcmp(mode, "double-free-fastbin")) {
    struct node *all[9];
    for (int i = 0; i < 9; i++) all[i] = make(sizeof *node);
    for (int i = 0; i < 9; i++) free(all[i]);
    free(all[8]);
  }
  if (!strcmp(mode, "poisoned-cache")) {
    free(behind);
    free(node);
    /* Mangled as malloc does it (glibc 2.32): by chance it would lead to an aligned address, and to another end. */
    *(uintptr_t volatile *)node = (uintptr_t)node >> 12 ^ 0x4141414141414141;
    sink = (long)make(sizeof *node);
    sink = (long)make(sizeof *node);
    sink = (long)make(sizeof *node);
  }
  if (!strcmp(mode, "tcache-cycle")) {
    free(behind);
    free(node);
    *(uintptr_t volatile *)node = (uintptr_t)node ^ (uintptr_t)node >> 12;
    abort();
  }
  if (!strcmp(mode, "fastbin-cycle")) {
    struct node *all[9];
    for (int i = 0; i < 9; i++) all[i] = make(sizeof *node);
    for (int i = 0; i < 9; i++) free(all[i]);
    *(uintptr_t volatile *)all[7] = ((uintptr_t)all[8] - 16) ^ (uintptr_t)all[7] >> 12;
    abort();
  }
  if (!strcmp(mode, "bin-links")) {
    free(large);
    *(uintptr_t volatile *)large = (uintptr_t)node;
    abort();
  }
  if (!strcmp(mode, "one-byte")) {
    // The byte behind a block is the lowest of the next one's size: its flag that this block is used goes with it.
    volatile char *exact = malloc(0x18), *victim = malloc(0xf8);
    exact[0x18] = 0;
    sink = (long)victim;
    abort();
  }
  // Near misses: the block that the pointer is read from is in use.
  if (!strcmp(mode, "live-null")) {
    free(before);
    free(behind);
    sink = next_value(node);
  }
  if (!strcmp(mode, "live-link")) {
    // What looks like a link of the cache, in a block that is not freed.
    free(before);
    node->next = (struct node *)((uintptr_t)node >> 12);
    sink = next_value(node);
  }
  if (!strcmp(mode, "live-key")) {
    free(before);
    node->other = (struct node *)0x5a5a1234deadbee1;
    sink = other_value(node);
  }
  if (!strcmp(mode, "reused")) {
    free(node);
    node = make(sizeof *node);
    sink = next_value(node);
  }
  if (!strcmp(mode, "pool")) {
    // A pool of the program's own within one block, which keeps a list of free objects as malloc would.
    struct node *pool = malloc(64 * sizeof *pool);
    memset(pool, 0, 64 * sizeof *pool);
    pool[3].next = (struct node *)((uintptr_t)&pool[3] >> 12);
    sink = next_value(&pool[3]);
  }
  if (!strcmp(mode, "on-stack")) {
    struct node local = {.next = (struct node *)0x1234567890};
    free(node);
    shared = &local;
    sink = next_value(shared);
  }
  if (!strcmp(mode, "unmapped")) {
    struct node *mapped = make(million);
    mapped->next = mapped;
    free(mapped);
    sink = next_value(mapped);
  }
  printf("%p\n", (void *)keeper);
  return 2;
}
