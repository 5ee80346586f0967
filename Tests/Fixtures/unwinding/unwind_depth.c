// Shows a crash some frames deep, below a function with a variable-length array and one in a qsort callback.
#include <stdlib.h>
#include <string.h>

volatile int *nowhere;
volatile int sink;

__attribute__((noinline)) int innermost(int n) { return *nowhere + n; }

__attribute__((noinline)) int with_array(int n) {
  volatile char array[n];
  memset((char *)array, n, n);
  int r = innermost(array[0]);
  sink = array[n - 1];
  return r + 1;
}

__attribute__((noinline)) int compare(const void *a, const void *b) {
  return with_array(*(const int *)a + *(const int *)b) + 1;
}

__attribute__((noinline)) int sorted(int n) {
  int numbers[3] = {n + 20, n + 30, n + 10};
  qsort(numbers, 3, sizeof *numbers, compare);
  return numbers[0];
}

int main(int argc, char **argv) { return sorted(argc) + 1; }
