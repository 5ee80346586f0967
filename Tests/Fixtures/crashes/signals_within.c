// Signals that a process brought upon itself without raise or abort, and ends that a handler hides, one a MODE.
#define _GNU_SOURCE
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../until_asleep.h"

volatile int zero;
volatile double sink;

static void *wait_for_ever(void *unused) {
  for (;;) pause();
  return unused;
}

__attribute__((noinline)) void report_and_abort(int number) {
  (void)number;
  (void)!write(2, "bye\n", 4);
  abort();
}

__attribute__((noinline)) void report_and_kill(int number) {
  (void)number;
  kill(getpid(), SIGQUIT);
}

static void report_details_and_abort(int number, siginfo_t *information, void *context) {
  (void)information, (void)context;
  report_and_abort(number);
}

static void read_null(int number, siginfo_t *information, void *context) {
  (void)number, (void)information, (void)context;
  sink = *(volatile int *)(long)zero;
}

__attribute__((noinline)) void checks_and_may_abort(int value) {
  if (value == 0) abort();
}
__attribute__((noinline)) void my_abort(int value) {
  checks_and_may_abort(value);
  sink += value;
}

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  if (!strcmp(mode, "timer")) {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGQUIT};
    timer_t timer;
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    struct itimerspec soon = {.it_value = {.tv_nsec = 10000000}};
    timer_settime(timer, 0, &soon, 0);
    for (;;) pause();
  }
  if (!strcmp(mode, "other-thread")) {
    pthread_t thread;
    pthread_create(&thread, 0, wait_for_ever, 0);
    until_all_asleep();
    pthread_kill(thread, SIGQUIT);
    pthread_join(thread, 0);
  }
  if (!strcmp(mode, "handler-aborts")) {
    // No SA_SIGINFO: the kernel leaves on the stack what lay there.
    char old[2048];
    memset(old, 0x5b, sizeof old);
    sink = old[zero + 5];
    signal(SIGSEGV, report_and_abort);
    *(volatile int *)(long)zero = 1;
  }
  if (!strcmp(mode, "outside-handled")) {
    struct sigaction action = {.sa_sigaction = report_details_and_abort, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, 0);
    pid_t parent = getpid();
    if (fork() == 0) {
      kill(parent, SIGSEGV);
      _exit(0);
    }
    for (;;) pause();
  }
  if (!strcmp(mode, "handler-raises")) {
    signal(SIGUSR1, report_and_kill);
    raise(SIGUSR1);
  }
  if (!strcmp(mode, "own-handled")) {
    struct sigaction action = {.sa_sigaction = read_null, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, 0);
    kill(getpid(), SIGSEGV);
  }
  if (!strcmp(mode, "my-abort")) my_abort(zero);
#ifdef __x86_64__
  if (!strcmp(mode, "float")) {
    feenableexcept(FE_DIVBYZERO);
    sink = 1.0 / (double)zero;
  }
  if (!strcmp(mode, "int-3")) __asm__ volatile(".byte 0xcd, 3");
  if (!strcmp(mode, "int-1")) __asm__ volatile(".byte 0xf1");
  if (!strcmp(mode, "int-0x42")) __asm__ volatile("int $0x42");
#endif
  return 2;
}
