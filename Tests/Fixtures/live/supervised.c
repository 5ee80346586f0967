// Shows what `inquest run` tells of: threads that are lost or joined wrongly, crashes of children, hangs; MODE is the argument.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include "../until_asleep.h"

static void *worker(void *x) { return x; }
static void *sleeper(void *x) {
  usleep(100000);
  return x;
}
// Lives until somebody takes a step, or the process ends.
static void *lasting(void *x) {
  until_steps(1);
  return x;
}
static void *leaver(void *x) { pthread_exit(x); }
static void *waiter(void *x) {
  pause();
  return x;
}
static void *gone(void *x) {
  syscall(SYS_exit, 0);
  return x;
}
static int joiner_id;
static void *join_it(void *x) {
  __atomic_store_n(&joiner_id, (int)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
  pthread_join((pthread_t)x, NULL);
  return NULL;
}
// Cancels one that waits in its join of a thread.
static void cancel_joiner(pthread_t thread) {
  pthread_t joiner;
  if (pthread_create(&joiner, NULL, join_it, (void *)thread) != 0) exit(1);
  while (__atomic_load_n(&joiner_id, __ATOMIC_SEQ_CST) == 0) usleep(1000);
  until_asleep(getpid(), __atomic_load_n(&joiner_id, __ATOMIC_SEQ_CST));
  pthread_cancel(joiner);
  pthread_join(joiner, NULL);
}
static __attribute__((noinline)) int join_last(pthread_t thread) { return pthread_join(thread, NULL); }
static void handle(int number) {
  (void)number;
  signal(SIGSEGV, SIG_DFL);
}
static volatile int *volatile nowhere = (volatile int *)8;

static pthread_t made(void *(*function)(void *)) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, function, NULL) != 0) _exit(99);
  return thread;
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  pthread_t thread;
  char byte;
  int ends[2], others[2], status;
  if (!strcmp(mode, "never-joined")) {
    for (int i = 0; i < 5; i++) made(worker);
    until_alone();
    // Who ends in the very last moment is not called lost.
    usleep(200000);
  } else if (!strcmp(mode, "all-joined")) {
    for (int i = 0; i < 100; i++) pthread_join(made(i % 2 ? worker : leaver), NULL);
  } else if (!strcmp(mode, "forgotten")) {
    // For forgetful_join.c: the 33rd join and all after it fail.
    for (int i = 0; i < 40; i++) {
      thread = made(worker);
      usleep(1000);
      status = pthread_join(thread, NULL);
    }
    return status;
  } else if (!strcmp(mode, "joined-by-others")) {
    // Joins that are called at the end of a function (a jump, not a call), by address, and before another call.
    int (*volatile join)(pthread_t, void **) = pthread_join;
    for (int i = 0; i < 10; i++) {
      pthread_join(made(worker), NULL);
      getpid();
      if (join(made(leaver), NULL) != 0) return 1;
      if (join_last(made(worker)) != 0) return 1;
      if (thrd_join((thrd_t)made(worker), NULL) != thrd_success) return 1;
    }
    usleep(100000);
    return 7;
  } else if (!strcmp(mode, "joiner-cancelled")) {
    // Its join has begun and never ends; then another one joins the thread.
    thread = made(lasting);
    cancel_joiner(thread);
    step();
    return pthread_join(thread, NULL);
  } else if (!strcmp(mode, "join-left")) {
    // A join of it begins and is cancelled; then it ends, and nobody joins it.
    thread = made(lasting);
    cancel_joiner(thread);
    step();
    until_alone();
    usleep(300000);
    pthread_join(made(worker), NULL);
    return 7;
  } else if (!strcmp(mode, "left-by-call")) {
    // Threads that end by the system call alone.
    for (int i = 0; i < 5; i++) pthread_join(made(gone), NULL);
    return 7;
  } else if (!strcmp(mode, "many-at-exit")) {
    // They end with the process, and it takes a while until all have.
    for (int i = 0; i < 2000; i++) made(waiter);
    usleep(300000);
    return 7;
  } else if (!strcmp(mode, "too-large-at-once")) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)1 << 46);
    return pthread_create(&thread, &attributes, worker, NULL);
  } else if (!strcmp(mode, "made-detached")) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < 3; i++) pthread_create(&thread, &attributes, worker, NULL);
    usleep(200000);
  } else if (!strcmp(mode, "running-at-exit")) {
    for (int i = 0; i < 3; i++) made(lasting);
  } else if (!strcmp(mode, "joined-twice")) {
    pthread_t other = made(sleeper);
    thread = made(worker);
    pthread_join(thread, NULL);
    status = pthread_join(thread, NULL);
    pthread_join(other, NULL);
    return status;
  } else if (!strcmp(mode, "joined-detached")) {
    thread = made(lasting);
    pthread_detach(thread);
    return pthread_join(thread, NULL);
  } else if (!strcmp(mode, "joined-self")) {
    pthread_join(made(worker), NULL);
    return pthread_join(pthread_self(), NULL);
  } else if (!strcmp(mode, "tried")) {
    thread = made(lasting);
    if (pthread_tryjoin_np(thread, NULL) != EBUSY) return 1;
    step();
    return pthread_join(thread, NULL);
  } else if (!strcmp(mode, "cancelled")) {
    thread = made(sleeper);
    pthread_cancel(thread);
    return pthread_join(thread, NULL);
  } else if (!strcmp(mode, "too-large")) {
    pthread_attr_t attributes;
    pthread_join(made(worker), NULL);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)1 << 46);
    return pthread_create(&thread, &attributes, worker, NULL);
  } else if (!strcmp(mode, "many")) {
    while ((status = pthread_create(&thread, NULL, worker, NULL)) == 0) continue;
    return status;
  } else if (!strcmp(mode, "forked")) {
    // The child has its parent's breakpoints in its copy of the code.
    pthread_join(made(worker), NULL);
    for (int i = 0; i < 5; i++)
      if (fork() == 0) {
        for (int k = 0; k < 20; k++) pthread_join(made(worker), NULL);
        _exit(7);
      }
    for (int i = 0; i < 5; i++)
      if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 7) return 1;
    return 7;
  } else if (!strcmp(mode, "side-by-side")) {
    // Many threads at the same breakpoints at once.
    pthread_t threads[16];
    for (int round = 0; round < 20; round++) {
      for (int i = 0; i < 16; i++) threads[i] = made(i % 2 ? worker : leaver);
      for (int i = 0; i < 16; i++)
        if (pthread_join(threads[i], NULL) != 0) return 1;
    }
    return 7;
  } else if (!strcmp(mode, "crash")) {
    made(waiter);
    *nowhere = 1;
  } else if (!strcmp(mode, "child-crash")) {
    if (fork() == 0) *nowhere = 1;
    wait(&status);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV ? 7 : 1;
  } else if (!strcmp(mode, "handled")) {
    // A handler for a null dereference, as a Java virtual machine has one: no crash. It ends by exit.
    signal(SIGSEGV, SIG_IGN);
    raise(SIGSEGV);
    return 7;
  } else if (!strcmp(mode, "raised-again")) {
    signal(SIGSEGV, handle);
    *nowhere = 1;
  } else if (!strcmp(mode, "pipes")) {
    if (pipe(ends) != 0 || pipe(others) != 0) return 1;
    if (fork() == 0) {
      close(ends[1]);
      close(others[0]);
      if (read(ends[0], &byte, 1) == 1) _exit(write(others[1], &byte, 1) == 1);
      _exit(0);
    }
    close(ends[0]);
    close(others[1]);
    if (read(others[0], &byte, 1) == 1) return write(ends[1], &byte, 1) == 1;
  } else if (!strcmp(mode, "own-pipe")) {
    if (pipe(ends) != 0) return 1;
    return (int)read(ends[0], &byte, 1);
  } else if (!strcmp(mode, "slow-but-alive")) {
    for (int i = 0; i < 30; i++) usleep(100000);
    return 7;
  } else if (!strcmp(mode, "waits-for-term")) {
    puts("ready");
    fflush(stdout);
    for (;;) pause();
  }
  return 0;
}
