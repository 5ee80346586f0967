// Undefined behaviour, one kind a MODE, for clang's -fsanitize-trap: each ends in a trap with a number of its own.
#include <limits.h>
#include <string.h>

volatile int largest = INT_MAX, five = 5, forty = 40;
volatile int sink;
int *volatile nothing;

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  int items[3] = {1, 2, 3};
  if (!strcmp(mode, "add")) sink = largest + five;
  if (!strcmp(mode, "bounds")) sink = items[five];
  if (!strcmp(mode, "shift")) sink = five << forty;
  if (!strcmp(mode, "null")) sink = *nothing;
  return 2;
}
