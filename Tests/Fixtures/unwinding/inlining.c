// Calls inlined three deep, a function in cold and hot parts, and one called through the linkage table.
#include <stdlib.h>
#include <string.h>

static inline int innermost(const char *text, int by) {
  int sum = by;
  for (const char *at = text; *at; at++) sum = sum * 31 + *at;
  return sum;
}

static inline int middle(const char *text, int by) {
  if (by > 3) return innermost(text, by - 1) ^ 5;
  return innermost(text, by + 2);
}

__attribute__((noinline)) int outer(const char *text, int by) {
  if (!text) abort();
  return middle(text, by) + middle(text + 1, by * 2);
}

__attribute__((noinline)) int other(int x) {
  char copy[64];
  memset(copy, x, sizeof copy);
  copy[x & 63] = 0;
  return outer(copy, x);
}

int last_value = 3;
static int private_value __attribute__((used)) = 4;

int main(int count, char **arguments) {
  last_value = other(count) + outer(arguments[0], count);
  return last_value == 12345;
}
