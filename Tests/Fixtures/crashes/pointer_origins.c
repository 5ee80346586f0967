// Pointers whose last value did not come from the instruction that stands before their use: loops, branches, and
// values that were handed on, one a MODE.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct node {
  struct node *next;
  long value;
};
volatile long sink, zero;
struct node *volatile shared;

/// The argument is not what faults: an element further on is.
__attribute__((noinline)) long sum(struct node *node) {
  long total = 0;
  for (; node; node = node->next) total += node->value;
  return total;
}

/// What malloc returned is not what faults.
__attribute__((noinline)) void fill(void) {
  volatile char *block = malloc(100);
  for (long i = 0;; i++) block[i] = 1;
}

__attribute__((noinline)) long either(struct node *first, int choice) {
  struct node *node = choice ? shared : first;
  return node->value;
}

__attribute__((noinline)) struct node *find(void) { return shared; }

__attribute__((noinline)) void freed(void) {
  struct node *volatile block = malloc(sizeof *block), *volatile other = malloc(sizeof *block);
  free(other);
  free(block);
  sink = block->next->value;
}

__attribute__((noinline)) void freed_large(void) {
  struct node *volatile nodes = calloc(200, sizeof *nodes), *volatile keeper = malloc(16);
  memcpy(&nodes[100].next, "hello wo", 8);
  free(nodes);
  sink = nodes[100].next->value + keeper->value;
}

/// Neither node has a next one; which of them was asked is not to be told from the slot any more.
__attribute__((noinline)) void changed(struct node *begin, struct node *end) {
  struct node *volatile slot = begin;
  begin->next = 0;
  struct node *first = slot;
  slot = end;
  sink = first->next->value;
}

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  static struct node end, begin = {.next = &end};
  if (!strcmp(mode, "list")) {
    memcpy(&end.next, "hello wo", 8);
    sink = sum(&begin);
  }
  if (!strcmp(mode, "heap-end")) fill();
  if (!strcmp(mode, "branch")) sink = either(&begin, count);
  if (!strcmp(mode, "returned")) sink = find()->value;
  if (!strcmp(mode, "failed-mmap")) {
    struct node *mapped = mmap(0, (size_t)zero, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sink = mapped->value;
  }
  if (!strcmp(mode, "freed")) freed();
  if (!strcmp(mode, "freed-large")) freed_large();
  if (!strcmp(mode, "changed")) changed(&begin, &end);
  if (!strcmp(mode, "known-null")) sink = *(volatile long *)16;
  if (!strcmp(mode, "library")) sink = (long)strchr((char *)zero, 'x');
  if (!strcmp(mode, "kernel")) sink = *(volatile long *)0xffff888000000000;
  if (!strcmp(mode, "reserve")) {
    char *space = mmap(0, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(space, 4096, PROT_READ | PROT_WRITE);
    sink = *(volatile long *)(space + 20000);
  }
  if (!strcmp(mode, "no-permissions"))
    sink = *(volatile long *)mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return 2;
}
