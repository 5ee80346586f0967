/* What POSIX says of cancelability, each checked by itself: deferred and asynchronous type, disabled state, clean-up handlers
   that reach cancellation points, threads that end meanwhile, a fork, a thread's program executed. Prints a line for each. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int pipe_ends[2], failures;
static atomic_int is_ready, may_go, cleaned, reached;

static void check(const char *what, int holds) {
  printf("%s: %s\n", what, holds ? "yes" : "NO");
  fflush(stdout);
  if (!holds) failures++;
}

static void rest(void) {
  struct timespec moment = {0, 2000000};
  nanosleep(&moment, NULL);
}

static int is_canceled(pthread_t thread) {
  void *result = NULL;
  return pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED;
}

static pthread_t started(void *(*body)(void *)) {
  pthread_t thread;
  is_ready = may_go = cleaned = reached = 0;
  if (pthread_create(&thread, NULL, body, NULL) != 0) exit(3);
  while (!is_ready) sched_yield();
  return thread;
}

static void *computes(void *unused) {
  (void)unused;
  is_ready = 1;
  while (!may_go) continue;
  reached = 1;
  pthread_testcancel();
  reached = 2;
  return NULL;
}

static void *disabled_blocks(void *unused) {
  char byte;
  int before;
  (void)unused;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
  is_ready = 1;
  long result = read(pipe_ends[0], &byte, 1);
  reached = result == 1 && before == PTHREAD_CANCEL_ENABLE;
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &before);
  if (before != PTHREAD_CANCEL_DISABLE) reached = 3;
  pthread_testcancel();
  reached = 2;
  return NULL;
}

static void *asynchronous(void *unused) {
  int before;
  (void)unused;
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
  if (before != PTHREAD_CANCEL_DEFERRED) exit(4);
  is_ready = 1;
  for (volatile unsigned long turns = 0;; turns++) continue;
}

static void *deferred_again(void *unused) {
  int before;
  (void)unused;
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &before);
  if (before != PTHREAD_CANCEL_ASYNCHRONOUS) exit(4);
  return computes(unused);
}

static void reaches_points(void *unused) {
  struct timespec moment = {0, 1000000};
  char byte;
  (void)unused;
  int descriptor = open("/dev/zero", O_RDONLY);
  pthread_testcancel();
  nanosleep(&moment, NULL);
  if (read(descriptor, &byte, 1) == 1) cleaned = 1;
  close(descriptor);
}

static void *blocks(void *unused) {
  char byte;
  pthread_cleanup_push(reaches_points, unused);
  is_ready = 1;
  (void)!read(pipe_ends[0], &byte, 1);
  pthread_cleanup_pop(1);
  return NULL;
}

static void *ends(void *unused) {
  is_ready = 1;
  while (!may_go) continue;
  return unused;
}

static void *cancels_itself(void *unused) {
  (void)unused;
  is_ready = 1;
  int result = pthread_cancel(pthread_self());
  reached = result == 0;
  pthread_testcancel();
  reached = 2;
  return NULL;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static void unlocks(void *unused) {
  (void)unused;
  /* The mutex is held again in the handler. */
  cleaned = pthread_mutex_unlock(&mutex) == 0;
}
static void *waits(void *unused) {
  (void)unused;
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(unlocks, NULL);
  is_ready = 1;
  for (;;) pthread_cond_wait(&condition, &mutex);
  pthread_cleanup_pop(1);
  return NULL;
}

/* A thread with a cancellation that did not act yet starts a program: that has nothing of it. */
static void *marked_starts(void *unused) {
  (void)unused;
  is_ready = 1;
  while (!may_go) continue;
  pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", "sleep 0.01; exit 7", (char *)NULL);
    _exit(1);
  }
  int status, state;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
  reached = waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7;
  pthread_setcancelstate(state, NULL);
  pthread_testcancel();
  return NULL;
}

int main(void) {
  if (pipe(pipe_ends) != 0) return 2;
  pthread_t thread = started(computes);
  pthread_cancel(thread);
  rest();
  int was_reached = reached;
  may_go = 1;
  check("a deferred cancellation waits for a cancellation point", is_canceled(thread) && was_reached == 0 && reached == 1);

  thread = started(disabled_blocks);
  rest();
  pthread_cancel(thread);
  rest();
  (void)!write(pipe_ends[1], "x", 1);
  check("a disabled one waits until it is enabled, and the call returns what it read", is_canceled(thread) && reached == 1);

  thread = started(asynchronous);
  pthread_cancel(thread);
  check("an asynchronous one acts at any instruction", is_canceled(thread));

  thread = started(deferred_again);
  pthread_cancel(thread);
  rest();
  was_reached = reached;
  may_go = 1;
  check("a type that was asynchronous is deferred again", is_canceled(thread) && was_reached == 0 && reached == 1);

  thread = started(blocks);
  rest();
  pthread_cancel(thread);
  pthread_cancel(thread);
  check("a clean-up handler reaches cancellation points unharmed", is_canceled(thread) && cleaned);

  int wrong = 0;
  for (int round = 0; round < 300; round++) {
    thread = started(ends);
    may_go = 1;
    for (volatile int wait = round * 20; wait > 0; wait--) continue;
    int result = pthread_cancel(thread);
    void *value = NULL;
    if ((result != 0 && result != ESRCH) || pthread_join(thread, &value) != 0 || (value != NULL && value != PTHREAD_CANCELED))
      wrong++;
  }
  check("a thread that ends meanwhile may be cancelled", wrong == 0);

  thread = started(cancels_itself);
  check("a thread may cancel itself", is_canceled(thread) && reached == 1);

  thread = started(waits);
  rest();
  pthread_cancel(thread);
  check("who waits for a condition has its mutex in the handler", is_canceled(thread) && cleaned);

  thread = started(marked_starts);
  pthread_cancel(thread);
  may_go = 1;
  check("a program that a marked thread starts runs as any other", is_canceled(thread) && reached == 1);

  pid_t child = fork();
  if (child == 0) {
    thread = started(blocks);
    rest();
    pthread_cancel(thread);
    _exit(is_canceled(thread) && cleaned ? 0 : 1);
  }
  int status;
  check("the child of a fork cancels its threads", waitpid(child, &status, 0) == child && status == 0);
  return failures != 0;
}
