// Stacks in places that programs choose for them, one a MODE, each run over by a recursion: arrays, blocks of the heap,
// mappings side by side, an alternate signal stack without a guard, threads' stacks without guards between them.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

volatile int sink;
static ucontext_t outside, inside;
static char array[65536] __attribute__((aligned(4096)));
static char guarded_array[4096 + 65536] __attribute__((aligned(4096)));

__attribute__((noinline)) int recurse(int n) {
  volatile char local[200];
  local[n % 200] = (char)n;
  return recurse(n + 1) + local[(n * 7) % 200];
}

static void begin(void) { sink = recurse(0); }

static void run_on(void *stack, size_t size) {
  getcontext(&inside);
  inside.uc_stack.ss_sp = stack;
  inside.uc_stack.ss_size = size;
  inside.uc_link = &outside;
  makecontext(&inside, begin, 0);
  swapcontext(&outside, &inside);
}

static void on_signal(int number) {
  (void)number;
  sink = recurse(0);
}

static void *in_thread(void *runs_over) {
  if (runs_over) sink = recurse(0);
  pause();
  return 0;
}

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  if (!strcmp(mode, "array")) run_on(array, sizeof array);
  if (!strcmp(mode, "guarded-array")) {
    mprotect(guarded_array, 4096, PROT_NONE);
    run_on(guarded_array + 4096, 65536);
  }
  if (!strcmp(mode, "heap")) {
    sink = malloc(100) != 0;
    run_on(malloc(65536), 65536);
  }
  if (!strcmp(mode, "mapping")) {
    // Directly below what was mapped before: the kernel makes one mapping of both.
    char *above = mmap(0, 262144, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *stack = mmap(above - 65536, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mmap(above - 65536 - 4096, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == above - 65536) run_on(stack, 65536);
  }
  if (!strcmp(mode, "alternate")) {
    char *below = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(below, 4096, PROT_NONE);
    stack_t stack = {.ss_sp = below + 32768, .ss_size = 32768};
    sigaltstack(&stack, 0);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    sigaction(SIGUSR1, &action, 0);
    raise(SIGUSR1);
  }
  if (!strcmp(mode, "threads")) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setguardsize(&attributes, 0);
    pthread_attr_setstacksize(&attributes, 65536);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], &attributes, in_thread, i == 3 ? &sink : 0);
    pthread_join(threads[3], 0);
  }
  return 2;
}
