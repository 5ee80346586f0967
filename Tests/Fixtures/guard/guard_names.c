/* Prints each argument as the guard shows the name of a function. */
#include <stdio.h>

#include "../../../Guard/common/plain_name.c"

int main(int argc, char **argv) {
  char name[40];
  for (int index = 1; index < argc; index++) puts(plain_name(argv[index], name, sizeof name));
  return 0;
}
