// Shows a program that is attached to while it runs: a file that it opened before, four bytes of it read, and then a
// system call and a library call again and again, for a minute.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int main(int count, char **arguments) {
  char bytes[4];
  int file = count > 1 ? open(arguments[1], O_RDONLY) : -1;
  if (file < 0 || read(file, bytes, sizeof bytes) != sizeof bytes) return 1;
  for (int i = 0; i < 6000; i++) {
    if (getenv("TRACED") != NULL || getppid() < 0) return 2;
    usleep(10000);
  }
  return 0;
}
