// The library of hang_gil.py: a lock that is held while Python is called back, and wanted by who holds the interpreter.
// Sends SIGABRT to the process when nothing moves any more, or one thread runs for long: a watchdog.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "../until_asleep.h"

static pthread_mutex_t extension_lock = PTHREAD_MUTEX_INITIALIZER;

static void *watch(void *unused) {
  until_steps(2);
  until_all_asleep();
  kill(getpid(), SIGABRT);
  return unused;
}

void hold_and_call(void (*callback)(void)) {
  pthread_t watchdog;
  pthread_create(&watchdog, NULL, watch, NULL);
  pthread_mutex_lock(&extension_lock);
  step();
  until_steps(2);
  callback();
  pthread_mutex_unlock(&extension_lock);
}

int held(void) { return steps_done; }

void want(void) {
  until_steps(1);
  step();
  pthread_mutex_lock(&extension_lock);
}

void run(void) {
  step();
  for (volatile unsigned long count = 0;; count++) {
  }
}
