#define _GNU_SOURCE
#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct task {
  void (*body)(void *context);
  void *context;
};

static void *run(void *argument) {
  struct task task = *(struct task *)argument;
  free(argument);
  task.body(task.context);
  return NULL;
}

int64_t inquest_worker_start(void (*body)(void *context), void *context, uint64_t *worker) {
  struct task *task = malloc(sizeof *task);
  if (task == NULL) return -ENOMEM;
  *task = (struct task){body, context};
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  int error = pthread_create(&thread, NULL, run, task);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error != 0) {
    free(task);
    return -error;
  }
  *worker = (uint64_t)thread;
  return 0;
}

void inquest_worker_join(uint64_t worker) { pthread_join((pthread_t)worker, NULL); }

int32_t inquest_bell_make(void) {
  int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return bell < 0 ? -errno : bell;
}

void inquest_bell_ring(int32_t bell) {
  uint64_t one = 1;
  ssize_t done;
  do {
    done = write(bell, &one, sizeof one);
  } while (done < 0 && errno == EINTR);
}

int32_t inquest_bell_wait(int32_t bell, int32_t milliseconds) {
  struct pollfd waited = {.fd = bell, .events = POLLIN};
  if (poll(&waited, 1, milliseconds) <= 0) return 0;
  uint64_t count;
  return read(bell, &count, sizeof count) == (ssize_t)sizeof count;
}
