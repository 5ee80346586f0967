// Stacks of every kind that run out: main, thread, alternate, mapped segment, fiber; by recursion, by one huge
// frame, by alloca. MODE is the only argument.
#define _GNU_SOURCE
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

volatile int sink;
volatile int never;

__attribute__((noinline)) int odd(int n);
__attribute__((noinline)) int even(int n) { return never ? 0 : odd(n + 1) + sink; }
__attribute__((noinline)) int odd(int n) { return never ? 0 : even(n + 1) + sink; }

__attribute__((noinline)) int big_frames(int n) {
  volatile char buffer[3000];
  buffer[n % 3000] = (char)n;
  return never ? 0 : big_frames(n + 1) + buffer[0];
}

__attribute__((noinline)) int one_huge_frame(void) {
  volatile char buffer[16 << 20];
  buffer[0] = 1;
  buffer[sizeof buffer - 1] = 2;
  return buffer[sink];
}

__attribute__((noinline)) int small_recursion(int n) {
  return n == 0 ? one_huge_frame() : small_recursion(n - 1) + sink;
}

__attribute__((noinline)) int huge_alloca(size_t size) {
  volatile char *buffer = alloca(size);
  buffer[0] = 1;
  return buffer[sink];
}

__attribute__((noinline)) int huge_array(size_t size) {
  volatile char buffer[size];
  memset((char *)buffer, 1, size);
  return buffer[sink];
}

static void *thread_recursion(void *unused) { return (void *)(long)even((int)(long)unused); }
static void *thread_huge(void *unused) { return (void *)(long)(one_huge_frame() + (int)(long)unused); }

static void in_thread(void *(*body)(void *), size_t size) {
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, size);
  pthread_create(&thread, &attributes, body, 0);
  pthread_join(thread, 0);
}

static void *guarded(size_t size) {
  char *whole = mmap(0, size + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(whole + 4096, size, PROT_READ | PROT_WRITE);
  return whole + 4096;
}

static void alternate(size_t size, void (*handler)(int), int signal) {
  stack_t stack = {.ss_sp = guarded(size), .ss_size = size};
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
  sigaltstack(&stack, 0);
  sigaction(signal, &action, 0);
}

static void recursing_handler(int signal) { sink = even(signal); }
static void dying_handler(int signal) { (void)signal; abort(); }
static void raising_handler(int number) {
  signal(number, SIG_DFL);
  raise(number);
}

static ucontext_t here, there;
static void fiber(void) { sink = even(0); }

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "main";
  struct rlimit limit;
  getrlimit(RLIMIT_STACK, &limit);
  if (limit.rlim_cur == RLIM_INFINITY) return 3;
  if (!strcmp(mode, "main")) return even(0);
  if (!strcmp(mode, "main-big-frames")) return big_frames(0);
  if (!strcmp(mode, "main-huge-frame")) return one_huge_frame();
  if (!strcmp(mode, "main-small-recursion")) sink = small_recursion(20);
  if (!strcmp(mode, "main-alloca")) return huge_alloca(64 << 20);
  if (!strcmp(mode, "main-array")) return huge_array(64 << 20);
  if (!strcmp(mode, "thread")) in_thread(thread_recursion, 256 << 10);
  if (!strcmp(mode, "thread-huge-frame")) in_thread(thread_huge, 256 << 10);
  if (!strcmp(mode, "alternate")) {
    alternate(64 << 10, recursing_handler, SIGUSR1);
    raise(SIGUSR1);
  }
  if (!strcmp(mode, "handler-aborts")) {
    alternate(64 << 10, dying_handler, SIGSEGV);
    return even(0);
  }
  if (!strcmp(mode, "handler-raises")) {
    alternate(64 << 10, raising_handler, SIGSEGV);
    return even(0);
  }
  if (!strcmp(mode, "undeliverable")) {
    // A handler without an alternate stack: the kernel has nowhere to write the signal frame.
    signal(SIGSEGV, dying_handler);
    return even(0);
  }
  if (!strcmp(mode, "fiber")) {
    getcontext(&there);
    there.uc_stack.ss_sp = guarded(128 << 10);
    there.uc_stack.ss_size = 128 << 10;
    there.uc_link = &here;
    makecontext(&there, fiber, 0);
    swapcontext(&here, &there);
  }
  return 2;
}
