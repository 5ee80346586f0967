/* A thread blocks in a read that is begun anew after a signal, and is cancelled while its handler for that signal runs: the
   read must be cancelled when the handler returns. What the handler does meanwhile is an argument. Exit status 0 if every
   cancellation acted.
   usage: guard_redelivery plain|nested|calls|disables|types|masks|itself|no-restart|nodefer|jumps COUNT */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *how;
static int never[2];
static atomic_int is_in_handler, may_leave, reached;
static sigjmp_buf out;

static int is(const char *name) { return strcmp(how, name) == 0; }

static void pass(long milliseconds) {
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  do clock_gettime(CLOCK_MONOTONIC, &now);
  while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < milliseconds);
}

static void inner(int number) {
  (void)number;
  atomic_store(&is_in_handler, 1);
  while (!atomic_load(&may_leave)) continue;
  pass(3);
}

static void handler(int number) {
  int state, type;
  (void)number;
  if (is("nested")) {
    raise(SIGUSR2);
    return;
  }
  if (is("disables")) pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
  atomic_store(&is_in_handler, 1);
  if (is("itself")) pthread_cancel(pthread_self());
  while (!atomic_load(&may_leave)) continue;
  pass(3);
  if (is("disables")) {
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
    pass(2);
  }
  if (is("types")) pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type);
  if (is("masks")) {
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
  }
  if (is("calls")) {
    /* A cancellation point within the handler: it may act here. */
    char byte;
    int descriptor = open("/dev/zero", O_RDONLY);
    if (read(descriptor, &byte, 1) != 1) abort();
  }
  if (is("jumps")) siglongjmp(out, 1);
  atomic_store(&reached, 1);
}

static void *reads(void *unused) {
  char byte;
  (void)unused;
  if (is("jumps") && sigsetjmp(out, 1)) {
    for (;;) pause();
  }
  for (;;) (void)!read(never[0], &byte, 1);
  return NULL;
}

static int is_asleep(pid_t thread) {
  char path[64], text[256] = "";
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  (void)!read(file, text, sizeof text - 1);
  close(file);
  char *state = strrchr(text, ')');
  return state != NULL && state[1] == ' ' && state[2] == 'S';
}

static atomic_int thread_id;
static void *begins(void *unused) {
  atomic_store(&thread_id, (int)syscall(SYS_gettid));
  return reads(unused);
}

int main(int argc, char **argv) {
  if (argc < 3) return 64;
  how = argv[1];
  struct sigaction action = {.sa_handler = handler, .sa_flags = is("no-restart") ? 0 : SA_RESTART};
  if (is("nodefer")) action.sa_flags |= SA_NODEFER;
  sigaction(SIGUSR1, &action, NULL);
  action.sa_handler = inner;
  sigaction(SIGUSR2, &action, NULL);
  if (pipe(never) != 0) return 2;
  int lost = 0, early = 0, count = atoi(argv[2]);
  for (int done = 0; done < count && lost == 0; done++) {
    pthread_t thread;
    void *result = NULL;
    thread_id = is_in_handler = may_leave = reached = 0;
    if (pthread_create(&thread, NULL, begins, NULL) != 0) return 3;
    while (atomic_load(&thread_id) == 0 || !is_asleep(atomic_load(&thread_id))) sched_yield();
    pthread_kill(thread, SIGUSR1);
    while (!atomic_load(&is_in_handler)) sched_yield();
    if (!is("itself")) pthread_cancel(thread);
    atomic_store(&may_leave, 1);
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 3;
    if (pthread_timedjoin_np(thread, &result, &deadline) != 0) lost++;
    /* Nothing is a cancellation point within these handlers. */
    else if (!is("calls") && !is("jumps") && !is("nested") && !atomic_load(&reached)) early++;
  }
  printf("%s: %d cancellations, %d lost, %d acted within the handler\n", how, count, lost, early);
  fflush(stdout);
  _exit(lost != 0 || early != 0);
}
