// Shows what `inquest run` tells of: threads that are lost or joined wrongly, crashes of children, hangs; MODE is the argument.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *worker(void *x) { return x; }
static void *sleeper(void *x) {
  usleep(100000);
  return x;
}
static void *leaver(void *x) { pthread_exit(x); }
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
    usleep(200000);
  } else if (!strcmp(mode, "all-joined")) {
    for (int i = 0; i < 100; i++) pthread_join(made(i % 2 ? worker : leaver), NULL);
  } else if (!strcmp(mode, "made-detached")) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < 3; i++) pthread_create(&thread, &attributes, worker, NULL);
    usleep(200000);
  } else if (!strcmp(mode, "running-at-exit")) {
    for (int i = 0; i < 3; i++) made(sleeper);
  } else if (!strcmp(mode, "joined-twice")) {
    pthread_t other = made(sleeper);
    thread = made(worker);
    pthread_join(thread, NULL);
    status = pthread_join(thread, NULL);
    pthread_join(other, NULL);
    return status;
  } else if (!strcmp(mode, "joined-detached")) {
    thread = made(sleeper);
    pthread_detach(thread);
    return pthread_join(thread, NULL);
  } else if (!strcmp(mode, "joined-self")) {
    pthread_join(made(worker), NULL);
    return pthread_join(pthread_self(), NULL);
  } else if (!strcmp(mode, "tried")) {
    thread = made(sleeper);
    if (pthread_tryjoin_np(thread, NULL) != EBUSY) return 1;
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
    made(sleeper);
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
