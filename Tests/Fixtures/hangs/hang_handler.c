// A signal handler that calls malloc interrupts malloc, within its lock: the thread waits for itself. A second thread sees
// that nothing goes on, and sends SIGQUIT. Compile without optimisation of malloc (-fno-builtin).
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

static volatile unsigned long beats;

static void tick(int signal) {
  (void)signal;
  free(malloc(5000));
  beats++;
}

static void *watch(void *unused) {
  unsigned long last = 0;
  for (;;) {
    usleep(300 * 1000);
    if (beats == last) kill(getpid(), SIGQUIT);
    last = beats;
  }
  return unused;
}

int main(void) {
  pthread_t thread;
  sigset_t alarms;
  sigemptyset(&alarms);
  sigaddset(&alarms, SIGALRM);
  // Only this thread is to take the alarms.
  pthread_sigmask(SIG_BLOCK, &alarms, NULL);
  if (pthread_create(&thread, NULL, watch, NULL) != 0) return 3;
  pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
  struct sigaction action = {0};
  action.sa_handler = tick;
  sigaction(SIGALRM, &action, NULL);
  struct itimerval often = {{0, 200}, {0, 200}};
  setitimer(ITIMER_REAL, &often, NULL);
  // Thousands of free blocks, which malloc sorts within its lock before it hands out the next one.
  enum { count = 4000 };
  static void *blocks[count], *between[count];
  for (;;) {
    for (int i = 0; i < count; i++) {
      blocks[i] = malloc(2000 + i % 512);
      between[i] = malloc(1500);
    }
    for (int i = 0; i < count; i++) free(blocks[i]);
    free(malloc(8000));
    for (int i = 0; i < count; i++) free(between[i]);
  }
}
