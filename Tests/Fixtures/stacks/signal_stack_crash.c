/* A handler on an alternate signal stack crashes: argument 1 says whether that stack is mapped or an array. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static volatile int *nowhere;
static _Alignas(16) char array[65536];

static void handler(int number) {
  (void)number;
  *nowhere = 1;
}

int main(int count, char **arguments) {
  (void)count;
  stack_t stack = {.ss_size = sizeof array};
  if (strcmp(arguments[1], "mapped") == 0) {
    char *pages = mmap(NULL, sizeof array + 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(pages + 4096, sizeof array, PROT_READ | PROT_WRITE);
    stack.ss_sp = pages + 4096;
  } else {
    stack.ss_sp = array;
  }
  sigaltstack(&stack, NULL);
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
  return 0;
}
