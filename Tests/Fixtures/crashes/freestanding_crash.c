// Shows a crash in a few kilobytes of core: no libc, a chain of calls, and a null write; or, with -DRECURSION, calls
// without end. To be compiled with -nostdlib -static.
struct node {
  struct node *next;
  int value;
};

__attribute__((noinline)) static int follow(struct node *node, int depth) {
#ifdef RECURSION
  volatile char room[256] = {(char)depth};
  return follow(node, depth + 1) + room[0];
#else
  if (depth == 0) {
    node->value = 1; // the crash
    return node->value;
  }
  return follow(node->next, depth - 1) + 1;
#endif
}

void _start(void) {
  struct node last = {0, 0}, first = {&last, 0};
  follow(&first, 2);
  for (;;)
    ;
}
