// A program that is looked at while it waits, one way a MODE, and tells what of that it noticed: each prints "ready" when
// it waits, and ends with status 0 where nothing was lost or broken off, by SIGUSR1 or by what it waits for.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../until_asleep.h"

static volatile sig_atomic_t signals;
static int pipes[2];

static void count(int number) {
  (void)number;
  signals++;
}

static void ready(void) {
  puts("ready");
  fflush(stdout);
}

// A byte for whoever waits, after a second and a half.
static void *waker(void *unused) {
  usleep(1500 * 1000);
  return write(pipes[1], "x", 1) == 1 ? unused : NULL;
}

static int in_nanosleep(void) {
  struct timespec start, end, time = {1, 500000000};
  clock_gettime(CLOCK_MONOTONIC, &start);
  ready();
  if (nanosleep(&time, NULL) != 0) return 1;
  clock_gettime(CLOCK_MONOTONIC, &end);
  double slept = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
  // Begun anew at each look, it would last as long as it is looked at; a busy machine takes its time, too.
  return slept >= 1.5 && slept < 15 ? 0 : 2;
}

static int in_epoll(void) {
  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN}, got;
  epoll_ctl(epoll, EPOLL_CTL_ADD, pipes[0], &event);
  ready();
  return epoll_wait(epoll, &got, 1, -1) == 1 ? 0 : 1;
}

static int in_read(void) {
  char byte;
  ready();
  return read(pipes[0], &byte, 1) == 1 ? 0 : 1;
}

static int in_poll(void) {
  struct pollfd input = {pipes[0], POLLIN, 0};
  ready();
  return poll(&input, 1, 10000) == 1 ? 0 : 1;
}

static void *poster(void *number) {
  usleep(1500 * 1000);
  struct sembuf up = {0, 1, 0};
  semop(*(int *)number, &up, 1);
  return NULL;
}

static int in_semop(void) {
  int number = semget(IPC_PRIVATE, 1, 0600);
  pthread_t thread;
  pthread_create(&thread, NULL, poster, &number);
  struct sembuf down = {0, -1, 0};
  ready();
  int result = semop(number, &down, 1);
  int error = errno;
  pthread_join(thread, NULL);
  semctl(number, 0, IPC_RMID);
  if (result != 0) fprintf(stderr, "semop: %s\n", strerror(error));
  return result == 0 ? 0 : 1;
}

// A child queues signals that none may be lost of.
static int with_signals(void) {
  enum { most = 400 };
  struct sigaction action = {.sa_handler = count};
  sigaction(SIGRTMIN, &action, NULL);
  pid_t parent = getpid();
  ready();
  pid_t child = fork();
  if (child == 0) {
    for (int sent = 0; sent < most;) {
      union sigval value = {sent};
      if (sigqueue(parent, SIGRTMIN, value) == 0) sent++;
      usleep(3000);
    }
    _exit(0);
  }
  int status;
  while (waitpid(child, &status, 0) != child) {}
  usleep(100000);
  fprintf(stderr, "%d of %d signals\n", (int)signals, (int)most);
  return signals == most ? 0 : 1;
}

// Threads are born and end all the time.
static void *nothing(void *argument) { return argument; }

static void *maker(void *unused) {
  for (int left = 4000; left > 0; left--) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0) abort();
  }
  return unused;
}

static int with_births(void) {
  pthread_t makers[4];
  ready();
  for (int index = 0; index < 4; index++) pthread_create(&makers[index], NULL, maker, NULL);
  for (int index = 0; index < 4; index++) pthread_join(makers[index], NULL);
  return 0;
}

// The first thread ends, the others stay.
static void *survivor(void *unused) {
  char path[64], text[256];
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", getpid());
  while (text_of(path, text, sizeof text) <= 0 || strstr(text, ") Z ") == NULL) usleep(1000);
  ready();
  usleep(10000 * 1000);
  exit(0);
  return unused;
}

static int without_leader(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, survivor, NULL);
  pthread_exit(NULL);
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  pthread_t thread;
  if (pipe(pipes) != 0) return 9;
  if (strcmp(mode, "epoll") == 0 || strcmp(mode, "read") == 0 || strcmp(mode, "poll") == 0)
    pthread_create(&thread, NULL, waker, argv);
  if (strcmp(mode, "nanosleep") == 0) return in_nanosleep();
  if (strcmp(mode, "epoll") == 0) return in_epoll();
  if (strcmp(mode, "read") == 0) return in_read();
  if (strcmp(mode, "poll") == 0) return in_poll();
  if (strcmp(mode, "semop") == 0) return in_semop();
  if (strcmp(mode, "signals") == 0) return with_signals();
  if (strcmp(mode, "births") == 0) return with_births();
  if (strcmp(mode, "leaderless") == 0) return without_leader();
  return 8;
}
