// stat_calls COUNT: asks COUNT times what /usr is.
#include <stdlib.h>
#include <sys/stat.h>

int main(int argc, char **argv) {
  struct stat status;
  for (long left = argc > 1 ? atol(argv[1]) : 200000; left > 0; left--)
    if (stat("/usr", &status) != 0) return 1;
  return 0;
}
