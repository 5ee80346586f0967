// Shows a program that is attached to while it works: threads come and go, others sleep in calls that an interruption would end. Writes its id when it is ready; SIGTERM ends it with 7, or 8 where a thread noticed something.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/sem.h>
#include <time.h>
#include <unistd.h>

static atomic_int noticed;

static void *wait_for_events(void *x) {
  int epoll = epoll_create1(0);
  struct epoll_event event;
  for (;;)
    if (epoll_wait(epoll, &event, 1, 100000) != 0) noticed++;
  return x;
}
static void *wait_for_a_signal(void *x) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  for (;;)
    if (sigwaitinfo(&set, NULL) != SIGRTMIN) noticed++;
  return x;
}
static void *wait_for_a_semaphore(void *x) {
  int semaphores = semget(IPC_PRIVATE, 1, 0600);
  struct sembuf down = {0, -1, 0};
  for (;;)
    if (semop(semaphores, &down, 1) != 0) noticed++;
  return x;
}
static void *sleep_long(void *x) {
  struct timespec time = {100000, 0};
  for (;;)
    if (nanosleep(&time, NULL) != 0) noticed++;
  return x;
}
static void *idle(void *x) { return x; }
static void *make_threads(void *x) {
  pthread_t threads[8];
  for (;;) {
    for (int i = 0; i < 8; i++)
      if (pthread_create(&threads[i], NULL, idle, NULL) != 0) _exit(9);
    for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
  }
  return x;
}

int main(int argc, char **argv) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &set, NULL);
  static void *(*const runs[])(void *) = {wait_for_events, wait_for_a_signal, wait_for_a_semaphore, sleep_long, make_threads};
  int count = argc > 1 ? atoi(argv[1]) : 1;
  pthread_t thread;
  for (int i = 0; i < 5 * count; i++)
    if (i % 5 != 4 || i == 4) pthread_create(&thread, NULL, runs[i % 5], NULL);
  sigdelset(&set, SIGRTMIN);
  if (dprintf(1, "%07d\n", getpid()) != 8) return 1;
  int number;
  sigwait(&set, &number);
  return noticed == 0 ? 7 : 8;
}
