// Shows a crash in a signal handler that runs on an alternate stack, below a first crash (null dereference).
// With an argument the handler runs on the ordinary stack; with ALTSTACK_LOW the alternate stack is static.
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

volatile int *nowhere;
volatile int sink;
static char low_stack[65536];

__attribute__((noinline)) void crash_again(int n) {
  sink = n;
  *(volatile int *)16 = n;
}

void handler(int signal, siginfo_t *info, void *context) {
  crash_again(signal);
  sink = 2;
}

__attribute__((noinline)) int crash(int n) { return *nowhere + n; }

__attribute__((noinline)) int middle(int n) { return crash(n + 1) + 1; }

int main(int argc, char **argv) {
  stack_t stack = {0};
  stack.ss_size = sizeof low_stack;
  stack.ss_sp = low_stack;
#ifndef ALTSTACK_LOW
  stack.ss_sp = mmap(0, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#endif
  sigaltstack(&stack, 0);
  struct sigaction action = {0};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESETHAND | (argc > 1 ? 0 : SA_ONSTACK);
  sigaction(SIGSEGV, &action, 0);
  return middle(argc) + 1;
}
